"""Which of several records of one person counts: the current one, else the latest."""

import random
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from memory import all_done, applied
from oneway.applying.source_keys import PlannedKeys, SourceKeys
from oneway.core.diagnostics import Span
from oneway.core.records import Record, Snapshot
from oneway.mapping.generated import GeneratedProgram
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.rows import EvaluationFailure, RecordRank, SourceRow
from oneway.mapping.short_rows import whole
from oneway.planning.one_per_person import ChosenRows, one_per_person
from strategies import accepted, worlds
from worlds import World, bound, planned

UNKNOWN = "?"


@dataclass(frozen=True)
class Employment:
    """One record, as plainly as it goes: UNKNOWN stands for what it does not say."""

    id: str
    person: str | None
    current: bool | str
    day: str
    outside: bool = False

    @property
    def row(self) -> SourceRow:
        why = EvaluationFailure(f"{self.id} does not say", "x", Span("m.yaml"), "unsaid")
        rank = RecordRank(
            None if self.person == UNKNOWN else self.person,
            self.current is True,
            "" if self.day == UNKNOWN else self.day,
            why if self.person == UNKNOWN else None,
            why if self.current == UNKNOWN else None,
            why if self.day == UNKNOWN else None,
        )
        outside = (0,) if self.outside else ()
        leaver = self.current is False
        return SourceRow(self.id, self.id, "", ("k",), leaver=leaver, outside=outside, rank=rank)


SIMPLE = World(
    {
        "oneway": 1,
        "name": "simple",
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "match": [{"source": "code", "target": "ref"}],
        "fields": {"ref": "code"},
    },
    Snapshot(()),
    Snapshot(()),
    Snapshot(()),
)


def picked(chosen: ChosenRows) -> dict[str, str]:
    """Return what becomes of each record: counts, aside, tied or error."""
    found = {row.source_id: "aside" for row, _ in chosen.aside}
    for row in map(whole, chosen.rows):
        tied = row.rank is not None and row.rank.tied
        assert tied == (row.source_id in chosen.tied)
        found[row.source_id] = "tied" if tied else "error" if row.evaluation_error else "counts"
    return found


def model(records: list[Employment]) -> dict[str, str]:
    """Return the same as the specification says it, person by person."""
    found: dict[str, str] = {}
    nameless = [each for each in records if each.person == UNKNOWN and not each.outside]
    for each in records:
        mine = [r for r in records if r.person == each.person and not r.outside]
        if each.outside or each.person is None:
            found[each.id] = "counts"
        elif each.person == UNKNOWN:
            found[each.id] = "error"
        else:
            found[each.id] = _of_person(each, mine, bool(nameless))
    return found


def _of_person(each: Employment, mine: list[Employment], nameless: bool) -> str:
    current = [r for r in mine if r.current is True]
    if len(mine) > 1 and any(r.current == UNKNOWN for r in mine):
        return "error"
    if not current and (nameless or (len(mine) > 1 and any(r.day == UNKNOWN for r in mine))):
        return "error"
    best = current or [r for r in mine if r.day == max(r.day for r in mine)]
    if each not in best:
        return "aside"
    return "counts" if len(best) == 1 else "tied"


EMPLOYMENTS = st.lists(
    st.tuples(
        st.sampled_from(["A", "A", "A", "B", "B", None, UNKNOWN]),
        st.sampled_from([True, False, False, False, UNKNOWN]),
        st.sampled_from(["2023-05-31", "2024-05-31", "2026-05-31", "2026-05-31", UNKNOWN]),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=7,
).map(lambda found: [Employment(f"e{n}", *each) for n, each in enumerate(found)])


def chosen_of(records: list[Employment]) -> ChosenRows:
    policy = replace(bound(SIMPLE).policy, one_per=True)
    return one_per_person(policy, [each.row for each in records])


@given(EMPLOYMENTS)
def test_the_model_agrees(records: list[Employment]) -> None:
    assert picked(chosen_of(records)) == model(records)


@given(EMPLOYMENTS, st.randoms(use_true_random=False))
def test_order_decides_nothing(records: list[Employment], chance: random.Random) -> None:
    chosen = chosen_of(records)
    again = list(records)
    chance.shuffle(again)
    other = chosen_of(again)
    assert sorted(chosen.rows, key=str) == sorted(other.rows, key=str)
    assert chosen.tied == other.tied


@given(EMPLOYMENTS)
def test_every_record_is_told_of_once_and_the_one_that_counts_is_named(
    records: list[Employment],
) -> None:
    chosen = chosen_of(records)
    told = [row.source_id for row in chosen.rows] + [row.source_id for row, _ in chosen.aside]
    assert sorted(told) == sorted(each.id for each in records)
    by_id = {each.id: each for each in records}
    for row, other in chosen.aside:
        assert by_id[row.source_id].person == by_id[other.source_id].person
        assert row.source_id != other.source_id
    for id, reason in chosen.tied.items():
        assert id in reason.candidates
        assert len(reason.candidates) > 1
        assert {by_id[each].person for each in reason.candidates} == {by_id[id].person}


@given(EMPLOYMENTS, st.data())
def test_nobody_leaves_by_what_is_not_said(records: list[Employment], data: st.DataObject) -> None:
    """Where a record says less, no former record counts that did not count before."""
    if not records:
        return
    at = data.draw(st.integers(0, len(records) - 1))
    what: dict[str, Any] = {data.draw(st.sampled_from(["person", "current", "day"])): UNKNOWN}
    less = [replace(each, **what) if n == at else each for n, each in enumerate(records)]
    assert _leaving(less) <= _leaving(records)


def _leaving(records: list[Employment]) -> set[str]:
    rows = map(whole, chosen_of(records).rows)
    return {row.source_id for row in rows if row.leaver and _acts(row)}


def _acts(row: SourceRow) -> bool:
    tied = row.rank is not None and row.rank.tied
    return row.evaluation_error is None and not tied and not row.outside


@given(EMPLOYMENTS)
def test_who_has_left_for_certain_is_known_to_have_left_though_not_when(
    records: list[Employment],
) -> None:
    for row in map(whole, chosen_of(records).rows):
        if row.evaluation_error is not None:
            mine = [each for each in records if each.id == row.source_id]
            person = mine[0].person
            if person not in (None, UNKNOWN):
                mine = [r for r in records if r.person == person and not r.outside]
            assert row.leaver == all(each.current is False for each in mine)
            assert row.leaving == ()


ONE_PER = {"person": "code", "current": "status == 'E'", "latest_by": "leave"}


@st.composite
def several(draw: st.DrawFn) -> World:
    """Draw a world whose source may have several records of one person."""
    world = draw(worlds(due=False))
    source = {**world.mapping["source"], "one_per": ONE_PER}
    found = replace(world, mapping={**world.mapping, "source": source})
    assume(accepted(found))
    return found


@given(several())
@settings(max_examples=50)
def test_the_second_plan_is_empty_and_outcomes_add_up(world: World) -> None:
    plan = planned(world)
    told = [each.source_id for each in plan.outcomes if each.source_id is not None]
    assert sorted(told) == sorted(each.id for each in world.source.records)
    done = applied(world, plan)
    assert all_done(done)
    assert not planned(world.with_target(done.target.records)).actions


@given(several())
@settings(max_examples=50)
def test_generated_code_says_the_same_of_each_record(world: World) -> None:
    program = bound(world)
    fast = GeneratedProgram(program.code, program.context, program.tables, worth_it=0, worth_more=1)
    for record in (*world.source.records, *world.source.records):
        assert fast.source_row(record) == Interpreted.source_row(program, record)


DATED: dict[str, Any] = SIMPLE.mapping | {
    "source": {**SIMPLE.mapping["source"], "one_per": {"person": "who", "latest_by": "leave"}},
    "leavers": {
        "when": "leave",
        "set": {"leaveDate": "leave || '2026-01-01'"},
        "left": "is_past(leaveDate)",
    },
    "absent": "deactivate",
}


def of_two_jobs(first: str, second: str | None) -> World:
    """Return a world in which one person has two jobs that end, and a record for each."""
    jobs = [("s1", "A", first), ("s2", "B", second)]
    source = [Record(id, {"id": id, "code": c, "who": "w", "leave": d}) for id, c, d in jobs]
    target = [
        Record(id, {"id": id, "ref": ref, "leaveDate": None})
        for id, ref in (("t1", "A"), ("t2", "B"))
    ]
    return replace(
        SIMPLE, mapping=DATED, source=Snapshot(tuple(source)), target=Snapshot(tuple(target))
    )


def deactivated(world: World) -> list[str | None]:
    return [each.target_id for each in planned(world).actions if each.source_id is None]


def test_who_has_a_last_day_to_come_by_all_records_has_not_left() -> None:
    """Their other record is deactivated only once all of their days have passed."""
    assert deactivated(of_two_jobs("2026-06-14", "2026-06-13")) == ["t2"]
    for first, second in [("2026-06-30", "2026-07-31"), ("2026-06-14", "2026-06-30")]:
        world = of_two_jobs(first, second)
        assert deactivated(world) == []
        rows = [bound(world).source_row(each) for each in world.source.records]
        chosen = one_per_person(bound(world).policy, rows)
        (row, picked), policy = chosen.aside[0], bound(world).policy
        keys = SourceKeys(
            policy, [whole(each) for each in chosen.rows], chosen.aside, PlannedKeys()
        )
        target = bound(world).target_row(world.target.records[int(row.source_id[1]) - 1])
        assert keys.owner(target) is row, picked


def test_whose_record_is_not_known_has_not_left_while_a_day_is_to_come() -> None:
    world = of_two_jobs("2026-06-30", "soon")
    rows = [bound(world).source_row(each) for each in world.source.records]
    for row in map(whole, one_per_person(bound(world).policy, rows).rows):
        assert row.evaluation_error is not None
        assert (row.leaver, row.may_have_left) == (False, True)


WRITTEN = ("AB12C", "ab12c", " A b12 C", "AB\u200b12C", "ＡＢ12C")
"""One number of a person, as people and programs write it."""


@given(st.sampled_from(WRITTEN), st.sampled_from(WRITTEN))
def test_who_is_named_in_another_form_is_one_person(one: str, other: str) -> None:
    """The former record alone would lock out somebody who is employed."""
    person = {"name": "Ada Quill", "kind": "staff"}
    former = {**person, "id": "s0", "code": "100", "nino": one, "status": "L", "day": "2026-01-31"}
    current = {**person, "id": "s1", "code": "200", "nino": other, "status": "E", "day": ""}
    held = {"id": "t0", "ref": "100", "state": "on"}
    mapping = {
        **SIMPLE.mapping,
        "source": {
            **SIMPLE.mapping["source"],
            "one_per": {"person": "nino", "current": "status == 'E'", "latest_by": "day"},
        },
        "leavers": {
            "when": "status == 'L'",
            "set": {"state": {"value": "off"}},
            "left": "state == 'off'",
        },
    }
    source = Snapshot(tuple(Record(str(each["id"]), each) for each in (former, current)))
    world = replace(SIMPLE, mapping=mapping, source=source, target=Snapshot((Record("t0", held),)))
    plan = planned(world)
    assert {each.verb.value for each in plan.actions} == {"create"}
    assert [each.source_id for each in plan.outcomes if each.kind.value == "ignored"] == ["s0"]


@given(st.sampled_from(["042", "420", "42a", 43]))
def test_who_is_named_by_another_value_is_somebody_else(other: str | int) -> None:
    mapping = {**SIMPLE.mapping}
    mapping["source"] = {
        **mapping["source"],
        "one_per": {"person": "nino", "current": "status == 'E'", "latest_by": "day"},
    }
    records = [Record("s0", {"nino": "42"}), Record("s1", {"nino": other})]
    program = bound(replace(SIMPLE, mapping=mapping))
    found = {rank.person for each in records if (rank := program.rank(each)) is not None}
    assert len(found) == 2
