"""Whom the sync is not for: left alone, whatever else is said of them, and in nobody's way."""

from dataclasses import replace
from itertools import product
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from memory import applied, settled
from oneway.core.records import Record, Snapshot
from oneway.planning.access import still_in
from oneway.planning.plan import Kind, Plan, Verb
from oneway.planning.plan_file import dump
from strategies import accepted, worlds
from worlds import World, bound, planned

RULE = {"id": "flag", "when": "flag != `false`", "otherwise": "not for this sync"}


@st.composite
def scoped(draw: st.DrawFn) -> World:
    """Draw a world in which some are out of scope."""
    world = draw(worlds(due=False))
    scope = draw(st.sampled_from(["ignore", "leave"]))
    found = replace(world, mapping={**world.mapping, "only": [RULE], "out_of_scope": scope})
    assume(accepted(found))
    return found


def outside(world: World) -> set[str]:
    return {
        each.id
        for each in world.source.records
        if each.data.get("flag") is False and not (each.problem or each.damage)
    }


def by_source(plan: Plan) -> dict[str, Any]:
    return {each.source_id: each for each in plan.outcomes if each.source_id is not None}


@given(scoped())
def test_nobody_out_of_scope_is_among_what_is_wrong_or_written_but_to_leave(world: World) -> None:
    plan = planned(world)
    for source_id in outside(world):
        outcome = by_source(plan)[source_id]
        assert outcome.reasons[0].code == "only:flag"
        if world.mapping["out_of_scope"] == "ignore":
            assert (outcome.kind, outcome.actions) == (Kind.IGNORED, ())
        else:
            assert {each.verb for each in outcome.actions} <= {
                Verb.LEAVE,
                Verb.CORRECT,
                Verb.UPDATE,
            }
            written = {c.field for each in outcome.actions for c in each.changes}
            assert written <= world.mapping["leavers"]["set"].keys()


@given(scoped())
def test_who_is_outside_leaves_or_is_named(world: World) -> None:
    """Also where something is wrong with the leave, such as an impossible date."""
    assume(world.mapping["out_of_scope"] == "leave")
    plan = planned(world)
    done = applied(world, plan)
    named = {e.source_id for e in still_in(plan, {e.action.id: e for e in done.results})}
    today, later = bound(world), bound(world.later(36_525))
    now = {record.id: record for record in done.target.records}
    sources = {record.id: record for record in world.source.records}
    for id in outside(world):
        target_id = by_source(plan)[id].target_id
        if target_id is not None:
            shown = [program.target_row(now[target_id]) for program in (today, later)]
            due = shown[0].scheduled or shown[1].left or today.source_row(sources[id]).leaves_later
            assert shown[0].left or due or id in named, by_source(plan)[id]


def test_an_impossible_last_day_hides_nobody_who_is_outside() -> None:
    systems = ({"connector": "payroll", "resource": "people"},
               {"connector": "expenses", "resource": "users"})  # fmt: skip
    leavers = {"when": "status == 'L'", "set": {"leaveDate": "leave"}, "left": "is_past(leaveDate)"}
    mapping: dict[str, Any] = {"oneway": 1, "name": "scope"}
    mapping |= dict(zip(("source", "target"), systems, strict=True))
    mapping |= {"match": [{"source": "code", "target": "ref"}], "fields": {"ref": "code"}}
    mapping |= {"leavers": leavers, "only": [RULE], "out_of_scope": "leave"}
    person = {"code": "A1", "status": "L", "leave": "2026-02-30", "flag": False}
    user = {"ref": "A1", "leaveDate": None}
    sides = (Snapshot((Record("s0", person),)), Snapshot((Record("t0", user),)))
    (outcome,) = planned(World(mapping, *sides, Snapshot(()))).outcomes
    assert (outcome.kind, outcome.has_access) == (Kind.ERROR, True)
    assert [each.code for each in outcome.reasons] == ["only:flag", "failed"]


@given(scoped())
def test_what_is_not_said_decides_about_nobody(world: World) -> None:
    assume(not world.leaves_out_nulls)
    plan = planned(world)
    for record in world.source.records:
        if not (record.problem or record.damage) and "flag" not in record.data:
            outcome = by_source(plan)[record.id]
            assert (outcome.kind, outcome.actions) == (Kind.ERROR, ())


@given(scoped())
def test_a_second_plan_is_empty(world: World) -> None:
    assert not planned(settled(world)).actions


@given(scoped())
def test_they_stand_in_no_others_way(world: World) -> None:
    """Without them, what is done to the others is the same, but for who is absent."""
    assume(world.mapping["absent"] != "deactivate")
    away = outside(world)
    inside = tuple(each for each in world.source.records if each.id not in away)
    without = planned(replace(world, source=Snapshot(inside, world.source.complete)))
    with_them = by_source(planned(world))
    for source_id, outcome in by_source(without).items():
        assert with_them[source_id].actions == outcome.actions


@given(scoped(), st.randoms(use_true_random=False))
def test_their_order_decides_nothing(world: World, chance: Any) -> None:
    shuffled = chance.sample(world.source.records, len(world.source.records))
    other = replace(world, source=replace(world.source, records=tuple(shuffled)))
    assert dump(planned(other)) == dump(planned(world))


def test_nobody_out_of_scope_comes_back() -> None:
    """By whatever day the source says that they leave: a record that has left stays so."""
    days = ["2026-05-31", "2026-06-14", "2026-06-15", "2026-06-16", "2026-07-31", ""]
    when = {"leave": "leave", "status": "status == 'L'"}
    grace = {"leave": "leave", "status": "leave || add_days(today(), `14`)"}
    for rule, day, held, rehires, name in product(
        when, days, days, ["ignore", "report", "reactivate"], ["Ann", "Ben"]
    ):
        leavers = {
            "when": when[rule],
            "set": {"leaveDate": grace[rule]},
            "left": "is_past(leaveDate)",
            "scheduled": "is_future(leaveDate)",
        }
        person = {"id": "s0", "code": "A", "name": "Ann", "leave": day, "status": "L"}
        mapping = {
            "oneway": 1, "name": "scope", "label": "name",
            "match": [{"source": "code", "target": "ref"}],
            "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
            "source": {"connector": "payroll", "resource": "people"},
            "target": {"connector": "expenses", "resource": "users"},
            "only": [RULE], "out_of_scope": "leave", "rehires": rehires, "leavers": leavers,
            "fields": {"ref": {"from": "code", "write": "on_create"}, "fullName": "name"},
        }  # fmt: skip
        source = Snapshot((Record("s0", {**person, "flag": False}),))
        target = Snapshot(
            (Record("t0", {"id": "t0", "ref": "A", "fullName": name, "leaveDate": held or None}),)
        )
        world = World(mapping, source, target, Snapshot(()))
        plan, case = planned(world), (rule, day, held, rehires, name)
        if held and held < "2026-06-15":
            verbs = {each.verb for each in plan.actions}
            assert verbs <= {Verb.CORRECT}, case
            assert plan.outcomes[0].kind in (Kind.UNCHANGED, Kind.UPDATE), case
            assert not still_in(plan, {}, planned=True), case
        assert [e.reason for e in applied(world, plan).results if e.ending.value == "stale"] == []
