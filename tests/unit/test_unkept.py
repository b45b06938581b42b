"""A change of access that the target confirms and does not carry out is not done."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import MemorySystems, MemoryWriter, Recording, approval, systems_of
from oneway.applying.apply import apply
from oneway.applying.result import Result
from oneway.applying.unknown_writes import TargetMemory
from oneway.applying.write_check import WriteCheck
from oneway.core.records import Record, Snapshot
from oneway.planning.access import still_in
from oneway.planning.endings import Ending
from worlds import World, planned

MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "unkept",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {"ref": {"from": "code", "write": "on_create"}},
    "leavers": {
        "when": "status == 'L'",
        "set": {"state": {"value": "off"}, "note": {"value": "gone"}},
        "left": "state == 'off'",
    },
    "rehires": "reactivate",
}
IN = {"ref": "A", "state": "on", "note": "x"}
OUT = {"ref": "A", "state": "off", "note": "gone"}
HALF = {"ref": "A", "state": "on", "note": "gone"}

Shown = dict[str, Any] | None


@dataclass
class Careless(MemoryWriter):
    """A writer of a target that confirms what it is asked, and holds and shows what it likes."""

    holds: Shown = None
    shows: Shown = None

    def leave(self, id: str, values: Any, token: str) -> Record | None:
        """Confirm a leave."""
        if self.holds is not None:
            self.reader.records[id] = self.holds
        return None if self.shows is None else Record(id, self.shows)

    reactivate = update = leave  # type: ignore[assignment]


def world(status: str, user: dict[str, Any], **parts: Any) -> World:
    people = Snapshot((Record("s0", {"code": "A", "status": status}),))
    users = Snapshot((Record("t0", user),))
    return World(MAPPING | parts, people, users, Snapshot(()), leaves_out_nulls=True)


def ended(
    found: World, holds: Shown, shows: Shown, lag: float = 0, batch: int = 1
) -> tuple[Result, int]:
    """Apply a plan of one action; return how it ended, and how many can still get in."""
    systems: MemorySystems = systems_of(found)
    systems.writer = Careless(systems.target, batch=batch, holds=holds, shows=shows)
    plan = planned(found)
    memory = TargetMemory(lag=timedelta(seconds=lag))
    given = replace(systems.of(found), memory=memory)
    (result,) = apply(plan, approval(plan), given, Recording())
    return result, len(still_in(plan, {result.action.id: result}))


@pytest.mark.parametrize(
    ("holds", "shows", "lag", "ending"),
    [
        (OUT, None, 0, Ending.DONE),
        (OUT, OUT, 0, Ending.DONE),
        (IN, IN, 0, Ending.NOT_SENT),
        (IN, IN, 900, Ending.UNKNOWN),
        (IN, None, 0, Ending.NOT_SENT),
        (IN, None, 900, Ending.DONE),  # it may be shown late, so nobody looks
        (OUT, IN, 0, Ending.DONE),  # the answer showed the record before the write
        (IN, OUT, 0, Ending.NOT_SENT),  # the answer repeats what it was asked
        (IN, OUT, 900, Ending.DONE),  # as the answer says; the next night sees it
        (HALF, None, 0, Ending.UNKNOWN),
        (HALF, HALF, 900, Ending.UNKNOWN),
        (IN, {**OUT, "state": "OFF"}, 900, Ending.UNKNOWN),  # it is neither: it is looked at
        (OUT, {**OUT, "state": "OFF"}, 900, Ending.DONE),
        (IN, {"ref": "A"}, 900, Ending.UNKNOWN),  # an answer that shows nothing of it
        (IN, {"note": "x"}, 900, Ending.UNKNOWN),
        (OUT, {"ref": "A"}, 900, Ending.DONE),
    ],
)
def test_a_leave_is_done_only_where_nothing_shows_that_it_is_not(
    holds: Shown, shows: Shown, lag: float, ending: Ending
) -> None:
    result, inside = ended(world("L", IN), holds, shows, lag)
    assert result.ending is ending
    assert inside == (0 if ending is Ending.DONE else 1)
    assert result.code == ("" if ending is Ending.DONE else "W116")


@pytest.mark.parametrize("holds", [IN, OUT])
def test_an_answer_that_cannot_be_checked_leaves_it_unknown(
    monkeypatch: pytest.MonkeyPatch, holds: Shown
) -> None:
    """It may show the record as it was before its own write."""
    monkeypatch.setattr(WriteCheck, "look_at", lambda *_: None)
    result, inside = ended(world("L", IN), holds, IN)
    assert (result.ending, result.code, inside) == (Ending.UNKNOWN, "W116", 1)


def test_nobody_looks_before_a_flush() -> None:
    assert ended(world("L", IN), None, None, batch=50)[0].ending is Ending.DONE


def test_what_the_plan_cannot_tell_beforehand_is_not_unkept() -> None:
    """`left` reads what the target computes: the person is in the list all the same."""
    left = {**MAPPING["leavers"], "left": "seq == 'gone'"}
    result, inside = ended(world("L", {**IN, "seq": "on"}, leavers=left), IN, IN)
    assert (result.ending, inside) == (Ending.DONE, 1)


def test_without_left_the_written_fields_tell() -> None:
    bare = {"when": "status == 'L'", "set": MAPPING["leavers"]["set"]}
    assert ended(world("L", IN, leavers=bare), IN, IN)[0].ending is Ending.NOT_SENT
    assert ended(world("L", IN, leavers=bare), HALF, HALF)[0].ending is Ending.DONE


@pytest.mark.parametrize(
    ("holds", "shows", "ending"),
    [(OUT, OUT, Ending.NOT_SENT), (OUT, None, Ending.NOT_SENT), (IN, OUT, Ending.DONE)],
)
def test_who_is_brought_back_is_back_only_where_the_answer_does_not_deny_it(
    holds: Shown, shows: Shown, ending: Ending
) -> None:
    assert ended(world("A", OUT), holds, shows)[0].ending is ending


def test_a_record_to_be_deactivated_is_looked_at_too() -> None:
    nobody = replace(world("A", IN, absent="deactivate"), source=Snapshot(()))
    assert ended(nobody, IN, IN)[0].ending is Ending.NOT_SENT


@pytest.mark.parametrize(
    ("holds", "shows", "lag", "ending"),
    [
        ("old", "old", 0, Ending.NOT_SENT),
        ("old", "old", 900, Ending.UNKNOWN),
        ("new", "old", 0, Ending.DONE),  # the answer showed the record before the write
        ("New", "New", 0, Ending.DONE),  # the target has its own way to write it
        ("new", "new", 0, Ending.DONE),
        ("old", None, 0, Ending.NOT_SENT),
        ("old", None, 900, Ending.DONE),  # nothing denies it; the next night sees it
        ("old", "new", 0, Ending.NOT_SENT),  # the answer repeats what it was asked
        ("old", "new", 900, Ending.DONE),
        ("New", "new", 0, Ending.DONE),
    ],
)
def test_an_update_is_not_done_where_its_record_is_all_as_it_was(
    holds: str, shows: str | None, lag: float, ending: Ending
) -> None:
    fields = {**MAPPING["fields"], "title": "title"}
    found = world("A", {**IN, "title": "old"}, fields=fields)
    people = Snapshot((Record("s0", {"code": "A", "status": "A", "title": "new"}),))
    after = None if shows is None else {**IN, "title": shows}
    result, _ = ended(replace(found, source=people), {**IN, "title": holds}, after, lag)
    assert (result.ending, result.code) == (ending, "" if ending is Ending.DONE else "W116")


NAMES = ["title", "team", "site"]
FIELDS = {**MAPPING["fields"], **{name: name for name in NAMES}}
FORMS = {"kept": "new {}", "in its form": "NEW-{}", "not kept": "old {}", "ever so": "NEW-{}"}


def of(kept: list[str]) -> dict[str, str]:
    """Return what a record shows of each field, where this was kept of what was sent."""
    return {name: FORMS[each].format(name) for name, each in zip(NAMES, kept, strict=False)}


@given(
    st.lists(st.sampled_from(sorted(FORMS)), min_size=1, max_size=3),
    st.sampled_from(["repeats the request", "shows the record", "shows nothing"]),
)
def test_an_update_is_done_only_where_each_field_that_was_sent_was_kept(
    kept: list[str], answer: str
) -> None:
    before = of([each if each == "ever so" else "not kept" for each in kept])
    sent = of(["kept"] * len(kept))
    person = Record("s0", {"code": "A", "status": "A", **sent})
    found = world("A", {**IN, **before}, fields=FIELDS)
    held = {**IN, **of(kept)}
    shows = {"repeats the request": {**IN, **sent}, "shows the record": held}.get(answer)
    result, _ = ended(replace(found, source=Snapshot((person,))), held, shows)
    if "not kept" not in kept:
        assert (result.ending, result.code) == (Ending.DONE, "")
        return
    none = set(kept) <= {"not kept", "ever so"}
    assert result.code == "W116"
    assert result.ending is (Ending.NOT_SENT if none else Ending.UNKNOWN)
    old = [name for name, each in zip(NAMES, kept, strict=False) if each == "not kept"]
    assert none or f"shows {', '.join(old)} as before" in result.reason
