"""Looking up what became of a create: neither the source nor a filter may hide it."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import MemoryReader
from oneway.applying.live_target import BATCH
from oneway.applying.preconditions import Happened, LiveState, Stale
from oneway.applying.unknown_writes import Inquiry, Sent, TargetMemory
from oneway.core.compare import Compare
from oneway.core.connector_errors import ReadError
from oneway.core.diagnostics import Span
from oneway.core.records import Record, Snapshot
from oneway.core.seal import Sealed
from oneway.planning.plan import Action, Change, Claim, Verb
from worlds import SEAL

HERE = Span("mapping.yaml", 1, 1)
SEALED = Sealed("0" * 64)
POLICY = SimpleNamespace(one_per=None, fields=(), leaving=(), left=None)


@dataclass
class Exact(MemoryReader):
    """A target that finds a value exactly as it is stored, and may not be read to the end."""

    complete: bool = True

    def find(self, path: str, value: object) -> tuple[Record, ...]:
        return tuple(r for r in super().read().records if r.data.get(path) == value)

    def read(self, *_: Any) -> Snapshot:
        return Snapshot(super().read().records, self.complete)


def create(*claims: Claim, **values: Any) -> Action:
    changes = tuple(Change(name, None, value, name, HERE) for name, value in values.items())
    return Action("a1", Verb.CREATE, "e1", None, changes, claims)


def update(id: str, **values: tuple[Any, Any]) -> Action:
    changes = (Change(name, old, new, name, HERE) for name, (old, new) in values.items())
    return Action("a2", Verb.UPDATE, "e1", id, tuple(changes), ())


def now(*, complete: bool = True, **user: Any) -> LiveState:
    users = {"u1": user} if user else {}
    program = SimpleNamespace(policy=POLICY)
    return SameSource(program, MemoryReader({}), Exact(users, complete=complete), SEAL)  # type: ignore[arg-type]


EMAIL = Claim("email", "Ana@example.com", Compare.IGNORE_CASE)
REF = Claim("ref", "A1", Compare.EXACT)


def test_a_create_has_happened_though_the_target_stores_its_email_in_lower_case() -> None:
    action = create(REF, EMAIL, ref="A1", email="Ana@example.com")
    assert now(ref="A1", email="ana@example.com").happened(action) == (Happened.YES, "u1")


def test_it_is_found_by_its_email_alone() -> None:
    action = create(EMAIL, email="Ana@example.com")
    assert now(email="ana@example.com").happened(action) == (Happened.YES, "u1")
    assert now(email="bo@example.com").happened(action) == (Happened.NO, None)


@pytest.mark.parametrize(("sent", "stored"), [("E\u0301-2", "\u00c9-2"), ("\u00c9-2", "E\u0301-2")])
def test_a_create_has_happened_though_the_target_stores_another_unicode_form(
    sent: str, stored: str
) -> None:
    action = create(Claim("ref", sent, Compare.EXACT), ref=sent)
    assert now(ref=stored).happened(action) == (Happened.YES, "u1")
    with pytest.raises(Stale, match="ref now belongs to target record u1"):
        now(ref=stored).refuse_stale(action)


def test_a_target_that_is_not_read_to_the_end_leaves_it_unknown() -> None:
    with pytest.raises(ReadError, match="not read to the end"):
        now(email="bo@example.com", complete=False).happened(create(EMAIL, email="Ana@example.com"))


def test_it_has_happened_though_the_source_record_is_gone() -> None:
    action = create(REF, ref="A1", iban=SEALED)
    assert now(ref="A1", iban="x").happened(action) == (Happened.YES, "u1")


def test_what_another_run_created_does_not_tell_what_became_of_a_create() -> None:
    action, writer = create(REF, ref="A1"), SimpleNamespace()
    of_another = TargetMemory(created=frozenset({"u1"}))
    assert Inquiry(now(ref="A1"), writer).of(action, Sent()).target_id == "u1"  # type: ignore[arg-type]
    with pytest.raises(Stale, match="u1, which another run created"):
        Inquiry(now(ref="A1"), writer, of_another).of(action, Sent())  # type: ignore[arg-type]


def test_without_any_value_to_look_it_up_by_nobody_says_that_it_did_not_happen() -> None:
    with pytest.raises(Stale, match="source record is gone"):
        now(ref="A1").happened(create(Claim("iban", SEALED, Compare.EXACT), iban=SEALED))


def test_what_is_half_there_is_left_to_a_person() -> None:
    action = create(REF, EMAIL, ref="A1", email="Ana@example.com")
    with pytest.raises(Stale, match="u1"):
        now(ref="B2", email="Ana@example.com").happened(action)


@dataclass
class Amiss(MemoryReader):
    """A target that answers every question with one and the same person; reads are counted."""

    reads: int = 0
    asked: int = 0
    gets: int = 0
    by_id: bool = True
    finds: tuple[str, ...] | None = None

    def get(self, id: str) -> Record | None:
        self.gets += 1
        return super().get(id)

    def find(self, path: str, value: object) -> tuple[Record, ...]:
        self.asked += 1
        return super().read().records[:1]

    def read(self, *_: Any) -> Snapshot:
        self.reads += 1
        return super().read()


class SameSource(LiveState):
    """A source that still says what it said: these tests are about the target alone."""

    def _refuse_source(self, action: Action, target: object) -> None:
        pass


def amiss(*users: dict[str, Any]) -> tuple[LiveState, Amiss]:
    target = Amiss({f"u{number}": user for number, user in enumerate(users)})
    program = SimpleNamespace(policy=POLICY, target_row=lambda record: None)
    return SameSource(program, MemoryReader({}), target, SEAL), target  # type: ignore[arg-type]


BO = {"ref": "B2", "email": "bo@example.com"}
ANA = {"ref": "A1", "email": "ana@example.com"}


def test_an_answer_with_the_wrong_person_does_not_hide_that_a_create_has_happened() -> None:
    seen, _ = amiss(BO, ANA)
    action = create(REF, EMAIL, ref="A1", email="Ana@example.com")
    assert seen.happened(action) == (Happened.YES, "u1")


def test_an_answer_with_the_wrong_person_does_not_hide_who_holds_a_value() -> None:
    seen, _ = amiss(BO, ANA)
    with pytest.raises(Stale, match="ref now belongs to target record u1"):
        seen.refuse_stale(create(REF, ref="A1"))


def test_a_filter_that_is_ignored_is_asked_once_and_a_wide_one_always() -> None:
    for user, asked in ((BO, 1), ({"ref": "a12"}, 3)):
        seen, target = amiss(user)
        for _ in range(3):
            seen.forget(renew=True)
            seen.refuse_stale(create(REF, ref="A1"))
        assert (target.asked, target.reads) == (asked, 3)


def test_a_filter_that_is_ignored_and_shows_more_than_the_list_is_asked_each_time() -> None:
    class Leaky(Amiss):
        """A list that leaves somebody out, beside a filter that answers with everybody."""

        def find(self, path: str, value: object) -> tuple[Record, ...]:
            return MemoryReader.read(self).records

        def read(self, *_: Any) -> Snapshot:
            return Snapshot(super().read().records[:1])

    target = Leaky({"u0": BO, "u1": ANA})
    program = SimpleNamespace(policy=POLICY, target_row=lambda record: None)
    seen = SameSource(program, MemoryReader({}), target, SEAL)  # type: ignore[arg-type]
    other = create(Claim("ref", "C3", Compare.EXACT), ref="C3")
    assert seen.happened(other) == (Happened.NO, None)
    for _ in range(2):
        seen.forget(renew=True)
        assert seen.happened(create(REF, ref="A1")) == (Happened.YES, "u1")
        with pytest.raises(Stale, match="ref now belongs to target record u1"):
            seen.refuse_stale(create(REF, ref="A1"))


def test_one_list_serves_the_looks_of_a_batch_and_no_more() -> None:
    seen, target = amiss(BO)
    for looks in range(1, 2 * BATCH + 2):
        seen.forget()
        seen.refuse_stale(create(REF, ref="A1"))
        assert target.reads == -(-looks // BATCH)


def test_where_no_record_can_be_asked_for_thirty_looks_take_one_list() -> None:
    seen, target = amiss(*({"ref": f"R{number}"} for number in range(30)))
    target.by_id, target.finds = False, ()
    for number in range(30):
        seen.forget()
        seen.refuse_stale(update(f"u{number}", ref=(f"R{number}", "new")))
    assert (target.reads, target.asked) == (1, 0)


def test_one_look_asks_for_a_record_once_and_the_next_one_again() -> None:
    seen, target = amiss(BO)
    for looks in (1, 2):
        seen.forget()
        for _ in range(2):
            seen.refuse_stale(update("u0", ref=("B2", "new")))
        assert target.gets == looks


@given(
    others=st.lists(st.sampled_from(["A1", "a1", "A12", "B2", None]), max_size=4),
    answer=st.integers(0, 4),
)
def test_whatever_part_of_the_target_answers_a_holder_is_never_missed(
    others: list[str | None], answer: int
) -> None:
    users = {f"u{number}": {"ref": ref} for number, ref in enumerate(others)}

    class Partly(MemoryReader):
        def find(self, path: str, value: object) -> tuple[Record, ...]:
            # Nobody at all is an answer that is believed; some people and not the one is not.
            found = super().read().records[:answer]
            return found or Exact(users).find(path, value)

    program = SimpleNamespace(policy=None)
    seen = SameSource(program, MemoryReader({}), Partly(users), SEAL)  # type: ignore[arg-type]
    if "A1" in others:
        with pytest.raises(Stale, match="belongs to"):
            seen.refuse_stale(create(REF, ref="A1"))
    else:
        seen.refuse_stale(create(REF, ref="A1"))
