"""Law 4 where a lookup goes into the target's own records: a manager among the users."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import Recording, applied, approval, systems_of
from model import blank, get
from oneway.applying.apply import apply
from oneway.applying.result import Earlier
from oneway.applying.watch import Stopped, Watch
from oneway.core.records import Record, Snapshot
from oneway.planning.endings import Ending
from oneway.planning.plan import Kind, Plan, Verb
from oneway.planning.plan_file import dump, load
from worlds import World, planned

NAMES = ["Ann", "Bo", "Cy", "Di"]
KEYS = {"ref": "ref", "fullName": "fullName", "lower(fullName)": "fullName"}
VALUES = ["id", "ref"]
ON_MISS: list[Any] = [
    "keep",
    "clear",
    "ineligible",
    {"use": 99},
    {"look_up": "1"},
    {"look_up": "Bo"},
]


def mapping(key: str, value: str, rule: dict[str, Any], create: bool = True) -> dict[str, Any]:
    people = {"from": "target", "resource": "users", "key": key, "value": value}
    return {
        "oneway": 1,
        "name": "managers",
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "references": {"people": people},
        "match": [{"source": "code", "target": "ref"}],
        "eligible": [],
        "fields": {
            "ref": {"from": "code", "write": "on_create"},
            "fullName": "name",
            "boss": {"from": "boss", "lookup": "people", **rule},
        },
        "joiners": {"create": create, "unless_taken": []},
        "leavers": {
            "when": "status == 'L'",
            "set": {"state": {"value": "off"}},
            "left": "state == 'off'",
        },
    }


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw people who name each other, some of them not users yet, some under an old name."""
    key = draw(st.sampled_from(sorted(KEYS)))
    rule: dict[str, Any] = {"on_miss": draw(st.sampled_from(ON_MISS))}
    rule["write"] = draw(st.sampled_from(["overwrite", "overwrite", "if_empty", "on_create"]))
    codes = draw(st.lists(st.sampled_from("1234"), unique=True, min_size=1))
    named = {"ref": [*"1234", "9"], "fullName": [*NAMES, "Old"]}.get(KEYS[key], NAMES)
    named = [each.lower() for each in named] if key == "lower(fullName)" else named
    source = [
        {
            "id": f"s{code}",
            "code": code,
            "name": draw(st.sampled_from(NAMES)),
            "boss": draw(st.sampled_from([*named, *named, None])),
            "status": draw(st.sampled_from(["E", "E", "E", "L"])),
        }
        for code in codes
    ]
    target = [
        {
            "id": number,
            "ref": code,
            "fullName": draw(st.sampled_from([*NAMES, "Old"])),
            "boss": draw(st.sampled_from([None, 11, 12, "1", "gone"])),
            "state": draw(st.sampled_from(["on", "on", "off"])),
            "seq": f"q{code}",
        }
        for number, code in enumerate(draw(st.lists(st.sampled_from("12349"), unique=True)), 11)
    ]
    return World(
        mapping(
            key, draw(st.sampled_from(VALUES)), rule, draw(st.sampled_from([True, True, False]))
        ),
        Snapshot(tuple(Record(each["id"], each) for each in source)),
        Snapshot(tuple(Record(str(each["id"]), each) for each in target)),
        Snapshot(()),
    )


def all_done(results: Any) -> bool:
    return all(each.ending is Ending.DONE for each in results)


@given(worlds())
def test_one_run_is_enough(world: World) -> None:
    done = applied(world, planned(world))
    assert all_done(done.results)
    assert not planned(world.with_target(done.target.records)).actions


def test_a_number_that_is_its_own_value_is_not_written_again() -> None:
    people = [("1", "Ann", None), ("2", "Bo", "1"), ("3", "Cy", "1")]
    source = [
        {"id": f"s{code}", "code": code, "name": name, "boss": boss, "status": "E"}
        for code, name, boss in people
    ]
    there = [{"id": 12, "ref": "2", "fullName": "Bo", "boss": "1", "state": "on", "seq": "q2"}]
    world = World(
        mapping("ref", "ref", {"on_miss": "keep"}),
        Snapshot(tuple(Record(str(each["id"]), each) for each in source)),
        Snapshot(tuple(Record(str(each["id"]), each) for each in there)),
        Snapshot(()),
    )
    plan = planned(world)
    assert [each.target_id for each in plan.actions if each.target_id is not None] == []
    assert all_done((done := applied(world, plan)).results)
    assert {each.data["boss"] for each in done.target.records if "boss" in each.data} == {"1"}


@given(worlds())
def test_no_update_is_planned_of_what_a_record_holds_already(world: World) -> None:
    plan = planned(world)
    held = {record.id: record.data for record in world.target.records}
    after = {record.id: record.data for record in applied(world, plan).target.records}
    for action in (each for each in plan.actions if each.target_id is not None):
        before, then = held[action.target_id or ""], after[action.target_id or ""]
        assert any(
            get(before, each.field) != get(then, each.field)
            or blank(get(before, each.field)) != blank(get(then, each.field))
            for each in action.changes
        )


@given(worlds())
def test_whoever_is_referred_to_is_found_in_what_the_target_holds_afterwards(world: World) -> None:
    plan = planned(world)
    done = applied(world, plan)
    after = {record.id: dict(record.data) for record in done.target.records}
    by_code = {data["ref"]: data for data in after.values() if "ref" in data}
    before = {record.data["ref"]: record.data for record in world.target.records}
    table = world.mapping["references"]["people"]
    outcomes = {each.source_id: each for each in plan.outcomes}
    for record in world.source.records:
        sought, code = record.data["boss"], record.data["code"]
        rule = world.mapping["fields"]["boss"]
        aside = (Kind.INELIGIBLE, Kind.IGNORED, Kind.REHIRE)
        if outcomes[record.id].kind in aside or sought is None:
            continue
        if any(reason.code == "field:boss" for reason in outcomes[record.id].reasons):
            continue  # a leaver, of whom no other field is written

        def rows(sought: object) -> list[Any]:
            held = [each for each in after.values() if shown(table["key"], each) == sought]
            return [get(each, table["value"]) for each in held]

        found = [each for each in rows(sought) if not blank(each)]
        fallback = rule["on_miss"] if isinstance(rule["on_miss"], dict) else {}
        if fallback and after and not rows(sought):
            found = [fallback["use"]] if "use" in fallback else rows(fallback["look_up"])
        old = before.get(code)
        held = None if old is None else old["boss"]
        now = by_code[code].get("boss")
        once = rule["write"] == "on_create" and old is not None
        if once or (rule["write"] == "if_empty" and not blank(held)):
            assert now == held
        elif len(found) == 1:
            assert now == found[0]
        else:
            assert now == (None if rule["on_miss"] == "clear" and not rows(sought) else held)


def shown(key: str, data: dict[str, Any]) -> object:
    value = data.get(KEYS[key])
    return value.lower() if key.startswith("lower") and value else value


@given(worlds(), st.randoms(use_true_random=False))
def test_order_decides_nothing_and_the_file_holds_it_all(world: World, chance: Any) -> None:
    plan = planned(world)
    shuffled = replace(
        world,
        source=replace(
            world.source,
            records=tuple(chance.sample(world.source.records, len(world.source.records))),
        ),
        target=replace(
            world.target,
            records=tuple(chance.sample(world.target.records, len(world.target.records))),
        ),
    )
    assert dump(planned(shuffled)) == dump(plan)
    assert load(dump(plan).encode(), "plan.json") == plan


@given(worlds())
def test_a_reference_waits_and_nothing_else_does(world: World) -> None:
    plan = planned(world)
    creates = {each.id for each in plan.actions if each.verb is Verb.CREATE}
    for action in plan.actions:
        waits = [each for each in action.changes if each.awaits is not None]
        assert len(waits) in (0, len(action.changes))
        assert {each.awaits.action for each in waits if each.awaits} <= creates
        assert not waits or action.verb is Verb.UPDATE
        assert waits or not action.depends_on
        if action.target_id is None and action.verb is not Verb.CREATE:
            assert action.depends_on[0] in creates


@given(worlds(), st.integers(0, 8), st.booleans())
def test_an_apply_that_is_broken_off_is_gone_on_with(
    world: World, steps: int, forgotten: bool
) -> None:
    """Also where it is not known whether the last write happened."""
    plan = planned(world)
    whole = applied(world, plan)
    systems = systems_of(world)
    log = Recording()
    seen = begun(world, plan, systems, log, steps)
    ended = {each.action.id: each.ending for each in seen}
    sent = {}
    if forgotten and seen:
        last = seen[-1].action.id
        ended.pop(last)
        sent[last] = "token"
    approved = replace(approval(plan), earlier=Earlier(ended, sent))
    rest = tuple(apply(plan, approved, systems.of(world), log))
    assert {e.ending for e in rest} <= {Ending.DONE, Ending.STALE}
    assert targets(systems.target.read()) == targets(whole.target)


def targets(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    return {record.id: dict(record.data) for record in snapshot.records}


def begun(world: World, plan: Plan, systems: Any, log: Recording, steps: int) -> list[Any]:
    seen: list[Any] = []
    watch = Watch(stopping=lambda: len(seen) >= steps)
    parts = apply(plan, approval(plan), systems.of(world), log, watch)
    try:
        for result in parts:
            seen.append(result)
    except Stopped:
        pass
    return seen


def pair(*bosses: str | None, **rule: Any) -> World:
    """Return people 1, 2, ... with those bosses, by name, and an empty target."""
    source = tuple(
        Record(
            f"s{n}",
            {"id": f"s{n}", "code": str(n), "name": NAMES[n - 1], "boss": boss, "status": "E"},
        )
        for n, boss in enumerate(bosses, 1)
    )
    return World(mapping("fullName", "id", rule), Snapshot(source), Snapshot(()), Snapshot(()))


def requiring(world: World) -> World:
    """Return the same world with a target that requires a manager of each new record."""
    return replace(world, required=world.required | {"boss"})


@given(worlds())
def test_a_create_with_what_the_target_requires_waits_for_it(world: World) -> None:
    plan = planned(requiring(world))
    for action in plan.actions:
        if action.verb is Verb.CREATE:
            assert "boss" in {each.field for each in action.changes}
            made = {each.awaits.action for each in action.changes if each.awaits}
            assert made <= set(action.depends_on)
    assert load(dump(plan).encode(), "plan.json") == plan
    done = applied(requiring(world), plan)
    assert all_done(done.results)
    assert not planned(requiring(world).with_target(done.target.records)).actions


def test_who_would_wait_for_themselves_by_a_fallback_is_not_created() -> None:
    """Their manager is missing, and the one of the fallback is the new record itself."""
    people = ({"id": "s1", "code": "1", "name": "Ann", "boss": "2", "status": "E"},)
    source = Snapshot(tuple(Record(each["id"], each) for each in people))
    rule = {"on_miss": {"look_up": "1"}, "write": "overwrite"}
    world = World(mapping("ref", "id", rule), source, Snapshot(()), Snapshot(()))
    plan = planned(requiring(world))
    assert not plan.actions
    assert load(dump(plan).encode(), "plan.json") == plan
    assert not applied(requiring(world), plan).results


CHAIN = ("Bo", "Cy", None)


@pytest.mark.parametrize("on_miss", ["keep", "ineligible"])
@pytest.mark.parametrize("bosses", [(None, "Ann"), ("Bo", None), ("Bo", "Ann"), ("Ann",), CHAIN])
def test_a_manager_a_circle_and_oneself(bosses: tuple[str | None, ...], on_miss: str) -> None:
    world = pair(*bosses, on_miss=on_miss)
    plan = planned(world)
    assert [each.found for each in plan.misses] == []
    done = applied(world, plan)
    assert all_done(done.results)
    made = {data["fullName"]: (id, data.get("boss")) for id, data in targets(done.target).items()}
    for name, boss in zip(NAMES, bosses, strict=False):
        assert made[name][1] == (made[boss][0] if boss else None)
    assert not planned(world.with_target(done.target.records)).actions


def test_who_refers_to_somebody_that_is_not_created_is_created_all_the_same() -> None:
    world = pair("Bo", None)
    plan = planned(world)
    (held,) = [
        each.id for each in plan.actions if each.verb is Verb.CREATE and each.source_id == "s2"
    ]
    done = applied(world, plan, held=frozenset({held}))
    endings = {(each.action.source_id, each.action.verb): each.ending for each in done.results}
    assert endings == {
        ("s1", Verb.CREATE): Ending.DONE,
        ("s2", Verb.CREATE): Ending.HELD,
        ("s1", Verb.UPDATE): Ending.NOT_ATTEMPTED,
    }


@pytest.mark.parametrize("on_miss", ["keep", "ineligible"])
@pytest.mark.parametrize(
    ("bosses", "made"),
    [((None, "Ann", "Bo"), ""), (("Old", "Ann", "Bo"), "Ann Bo Cy"), (("Bo", "Ann", "Old"), "Cy")],
)
def test_the_manager_goes_first_where_the_target_requires_one(
    bosses: tuple[str | None, ...], made: str, on_miss: str
) -> None:
    """Those in a circle wait for each other, and are not created."""
    there = {"id": 11, "ref": "9", "fullName": "Old", "boss": 11, "state": "on", "seq": "q9"}
    world = requiring(pair(*bosses, on_miss=on_miss)).with_target([Record("11", there)])
    plan = planned(world)
    assert {each.verb for each in plan.actions} <= {Verb.CREATE}
    for each in plan.actions:
        made_before = {change.awaits.action for change in each.changes if change.awaits}
        assert made_before <= set(each.depends_on)
    assert any(each.depends_on for each in plan.actions) == (made == "Ann Bo Cy")
    reasons = {why.code for each in plan.outcomes for why in each.reasons}
    assert (made == "Ann Bo Cy") != bool(reasons & {"required:boss", "field:boss"}), reasons
    done = applied(world, plan)
    assert all_done(done.results)
    after = {each.data["fullName"]: each.data["boss"] for each in done.target.records}
    assert " ".join(sorted(after.keys() - {"Old"})) == made
    assert None not in after.values()
    circular = [each for each in plan.misses if "waits for this one" in each.why]
    assert len(circular) == (2 if made == "Cy" else 0)
