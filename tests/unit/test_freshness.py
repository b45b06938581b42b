"""Looking up what became of a create: neither the source nor a filter may hide it."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from memory import MemoryReader
from oneway.connector import ReadError
from oneway.diagnostics import Span
from oneway.freshness import Happened, Now, Stale
from oneway.plan import Action, Change, Claim, Sealed, Verb
from oneway.records import Compare, Record, Snapshot
from worlds import SEAL

HERE = Span("mapping.yaml", 1, 1)
SEALED = Sealed("0" * 64)


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


def now(*, complete: bool = True, **user: Any) -> Now:
    users = {"u1": user} if user else {}
    program = SimpleNamespace(policy=None)
    return Now(program, MemoryReader({}), Exact(users, complete=complete), SEAL)  # type: ignore[arg-type]


EMAIL = Claim("email", "Ana@example.com", Compare.IGNORE_CASE)
REF = Claim("ref", "A1", Compare.EXACT)


def test_a_create_has_happened_though_the_target_stores_its_email_in_lower_case() -> None:
    action = create(REF, EMAIL, ref="A1", email="Ana@example.com")
    assert now(ref="A1", email="ana@example.com").happened(action) == (Happened.YES, "u1")


def test_it_is_found_by_its_email_alone() -> None:
    action = create(EMAIL, email="Ana@example.com")
    assert now(email="ana@example.com").happened(action) == (Happened.YES, "u1")
    assert now(email="bo@example.com").happened(action) == (Happened.NO, None)


def test_a_target_that_is_not_read_to_the_end_leaves_it_unknown() -> None:
    with pytest.raises(ReadError, match="not read to the end"):
        now(email="bo@example.com", complete=False).happened(create(EMAIL, email="Ana@example.com"))


def test_it_has_happened_though_the_source_record_is_gone() -> None:
    action = create(REF, ref="A1", iban=SEALED)
    assert now(ref="A1", iban="x").happened(action) == (Happened.YES, "u1")


def test_without_any_value_to_look_it_up_by_nobody_says_that_it_did_not_happen() -> None:
    with pytest.raises(Stale, match="source record is gone"):
        now(ref="A1").happened(create(Claim("iban", SEALED, Compare.EXACT), iban=SEALED))


def test_what_is_half_there_is_left_to_a_person() -> None:
    action = create(REF, EMAIL, ref="A1", email="Ana@example.com")
    with pytest.raises(Stale, match="u1"):
        now(ref="B2", email="Ana@example.com").happened(action)
