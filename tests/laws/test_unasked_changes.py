"""A target that changes more than it is sent harms one person at most, and the run tells it.

Whatever form its answers take (blank, the record, part of it, no use, none at all), whoever is
written first, and whether or not the request after the write is answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from memory import MemorySystems, MemoryWriter, Recording, approval, merged, steps, systems_of
from oneway.applying.gates import Gates
from oneway.applying.result import Result
from oneway.core.connector_errors import ReadError, Unknown
from oneway.core.records import Record, Snapshot
from oneway.planning.endings import Ending
from side_by_side import scripted
from worlds import World, planned

MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "unasked",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {
        "ref": {"from": "code", "write": "on_create"},
        "name": "name",
        "phone": "phone",
        "title": "title",
    },
    "leavers": {
        "when": "status == 'L'",
        "set": {"state": {"value": "off"}, "until": {"value": "2026-01-01", "write": "never"}},
        "left": "state == 'off'",
    },
    "rehires": {"reactivate": {"state": "on"}},
}
ORDINARY = ("name", "phone", "title")
Data = dict[str, Any]
SIZES = st.sampled_from([1, 2, 4, 32])
FORMS = (
    "blank", "the record", "what was sent", "without what is blank", "no use", "202", "lost",
    "as it was",
)  # fmt: skip
HARMS = ("empties", "switches off", "lets in", "sets a day")


@dataclass
class Overwriting(MemoryWriter):
    """A target that changes more than it is sent, and answers in one form."""

    form: str = "blank"
    harm: str = ""
    emptied: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()
    harmed: set[str] = field(default_factory=set)

    def update(self, id: str, values: Mapping[str, Any], token: str) -> Record | None:  # type: ignore[override]
        """Write the fields, and more."""
        before = self.reader.records[id]
        after = merged(before, values)
        if id in self.spares:
            pass
        elif self.harm == "empties":
            after |= {each: None for each in self.emptied if each not in values}
        elif self.harm == "switches off" and "state" not in values:
            after["state"] = "off"
        elif self.harm == "lets in" and "state" not in values:
            after["state"] = "on"
        elif self.harm == "sets a day" and "state" not in values:
            after["until"] = "2026-02-02"
        self.reader.records[id] = after
        if any(
            after.get(e) != before.get(e) for e in (*ORDINARY, "state", "until") if e not in values
        ):
            self.harmed.add(id)
        return self._answer(id, before, values)

    reactivate = update  # type: ignore[assignment]

    def _answer(self, id: str, before: Data, values: Mapping[str, Any]) -> Record | None:
        after = self.reader.records[id]
        if self.form == "lost":
            raise Unknown("W107", "answers 500")
        if self.form in ("no use", "202"):
            raise Unknown("W108", "no use", accepted=True)
        shown = {
            "the record": after,
            "what was sent": dict(values),
            "without what is blank": {k: v for k, v in after.items() if v is not None},
            "as it was": before,
        }
        return Record(id, dict(shown[self.form])) if self.form in shown else None


@dataclass
class Night:
    """People of both systems, and what the target does with them."""

    people: tuple[Data, ...]
    users: tuple[Data, ...]
    form: str
    harm: str
    emptied: tuple[str, ...]
    bare: bool
    """Whether a record that is requested lacks what is blank."""
    size: int
    seed: int


@st.composite
def nights(draw: st.DrawFn, harms: tuple[str, ...] = HARMS) -> Night:
    """Draw a night on which some people change, some of whom have left or come back."""
    people, users = [], []
    for n in range(draw(st.integers(2, 7))):
        user = {e: draw(st.sampled_from([None, f"{e} {n}"])) for e in ORDINARY}
        left, leaver = draw(st.booleans()), draw(st.booleans())
        users.append({"ref": f"C{n}", "state": "off" if left else "on", "until": None, **user})
        said = {e: draw(st.sampled_from([None, user[e], f"new {e}"])) for e in ORDINARY}
        status = "L" if left and leaver else "A"
        people.append({"code": f"C{n}", "status": status, **said})
    some = st.lists(st.sampled_from(ORDINARY), unique=True, min_size=1).map(tuple)
    return Night(
        tuple(people), tuple(users), draw(st.sampled_from(FORMS)), draw(st.sampled_from(harms)),
        draw(some), draw(st.booleans()), draw(SIZES), draw(st.integers(0, 99)),
    )  # fmt: skip


def ended(
    night: Night, *spares: str, by_others: frozenset[str] = frozenset()
) -> tuple[Overwriting, list[Result]]:
    """Apply the plan of a night; return the target, and how its actions ended.

    `by_others` are fields that another connection has written meanwhile, of every record.
    """
    people = Snapshot(tuple(Record(f"s{n}", each) for n, each in enumerate(night.people)))
    users = Snapshot(tuple(Record(f"t{n}", each) for n, each in enumerate(night.users)))
    world = World(MAPPING, people, users, Snapshot(()))
    systems: MemorySystems = systems_of(world)
    writer = Overwriting(
        systems.target, form=night.form, harm=night.harm, emptied=night.emptied, spares=spares
    )
    writer.concurrency = systems.target.concurrency = systems.source.concurrency = night.size  # type: ignore[attr-defined]
    systems.writer = writer
    systems.by_others = {each.id: by_others for each in users.records}
    if night.bare:
        systems.target._record = lambda id: _bare(id, systems.target.records[id])
    plan = planned(world)
    with scripted(Random(night.seed)):
        return writer, list(steps(world, plan, approval(plan), systems, Recording()))


def _bare(id: str, data: Data) -> Record:
    return Record(id, {key: value for key, value in data.items() if value is not None})


@given(nights())
@settings(deadline=None)
def test_whatever_a_target_answers_it_harms_one_person_at_most_and_not_quietly(
    night: Night,
) -> None:
    writer, found = ended(night)
    assert len(writer.harmed) <= 1, found
    assert not writer.harmed or any(each.ending is not Ending.DONE for each in found)


@given(nights())
@settings(deadline=None)
def test_nor_where_no_request_shows_the_record_after_a_write(night: Night) -> None:
    night = replace(night, form="blank")
    with patch.object(Gates, "send", _unseen_after(Gates.send)):
        writer, found = ended(night)
    assert len(writer.harmed) <= 1, found
    assert not writer.harmed or any(each.ending is not Ending.DONE for each in found)


def _unseen_after(send: Any) -> Any:
    """Return `Gates.send` of a target that cannot be read from then on until the next check."""

    def sending(gates: Gates, ready: Any) -> Any:
        def refuse(id: str) -> Record:
            raise ReadError("R107", "answers 503")

        with patch.object(gates.live.target, "get", refuse):
            return send(gates, ready)

    return sending


@given(nights(("",)))
@settings(deadline=None)
def test_a_target_that_does_as_it_is_told_is_believed(night: Night) -> None:
    writer, found = ended(night)
    assert not writer.harmed
    if night.form != "lost":
        assert all(each.ending is Ending.DONE for each in found), found


@given(nights(("switches off",)))
@settings(deadline=None)
def test_what_another_connection_writes_meanwhile_is_no_harm_of_an_update(night: Night) -> None:
    """It writes a leave while an update of the same person is on its way."""
    _, found = ended(night, by_others=frozenset({"state"}))
    assert "W117" not in {each.code for each in found}, found
    _, found = ended(night, by_others=frozenset({"until"}))  # which explains nothing
    assert found == ended(night)[1]


def test_each_update_of_somebody_who_has_left_is_looked_at() -> None:
    """A system may let in whoever is edited, and others not."""
    codes = [f"C{n}" for n in range(4)]
    people = tuple({"code": code, "status": "L", "name": "new"} for code in codes)
    users = tuple({"ref": code, "state": "off", "name": "old"} for code in codes)
    night = Night(people, users, "blank", "lets in", (), False, 1, 0)
    writer, found = ended(night, "t0", "t1", "t2")
    assert writer.harmed == {"t3"}
    assert "W117" in {each.code for each in found}
    assert not ended(night, "t0", "t1", "t2", "t3")[0].harmed
