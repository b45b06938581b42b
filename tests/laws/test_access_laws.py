"""Access comes first, and nobody who has left is forgotten: laws 18 and 19."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from memory import Applied, applied, systems_of
from oneway.core.compare import same
from oneway.core.connector_errors import Rejected
from oneway.core.records import Record, Snapshot
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning.access import still_in
from oneway.planning.diff import KEEP, perhaps_left, present, wanted
from oneway.planning.endings import Ending
from oneway.planning.links import Link, LinkEvidence
from oneway.planning.match import match
from oneway.planning.plan import Kind, Plan, Verb
from strategies import LEAVING, ODD, accepted, leaving_worlds, oddly_leaving_worlds, worlds
from worlds import World, bound, planned

WORLDS = worlds()
LEAVING_WORLDS = leaving_worlds().filter(accepted)
DECIDING = {"id", "status", "leave", "flag"}
"""What the drawn mappings say of leaving; all else of a record is any other field."""


PLAIN: Mapping[str, Any] = {
    "oneway": 1,
    "name": "plain",
    "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {"ref": {"from": "code", "write": "on_create"}},
}


def world_of(
    mapping: Mapping[str, Any], source: list[dict[str, Any]], target: Mapping[str, dict[str, Any]]
) -> World:
    return World(
        mapping,
        Snapshot(tuple(Record(f"s{n}", {"id": f"s{n}"} | row) for n, row in enumerate(source))),
        Snapshot(tuple(Record(id, {"id": id} | row) for id, row in target.items())),
        Snapshot(()),
    )


def leaves(plan: Plan) -> Mapping[str | None, dict[str, Any]]:
    """Return what is written to take access away, by source record."""
    return {
        action.source_id: {change.field: change.after for change in action.changes}
        for action in plan.actions
        if action.verb.writes_leave
    }


def without_rules_for_leavers(world: World) -> World:
    rules = [
        {**rule, "for": [whom for whom in rule["for"] if whom != "leavers"] or ["joiners"]}
        if "for" in rule
        else rule
        for rule in world.mapping["eligible"]
    ]
    return replace(world, mapping={**world.mapping, "eligible": rules})


# 18. Access does not wait


@given(LEAVING_WORLDS, st.data())
def test_law_18_no_fault_of_any_other_field_keeps_a_leaver_in(
    world: World, data: st.DataObject
) -> None:
    world = without_rules_for_leavers(world)
    assume(accepted(world))
    before = leaves(planned(world))
    assume(before)
    keys = {key["source"] for key in world.mapping["match"]}
    matching = {name for name in ("code", "mail", "nick", "bank") if name in f"{keys}"}
    records = []
    for record in world.source.records:
        other = sorted(record.data.keys() - DECIDING - matching)
        if record.id in before and other:
            broken = data.draw(st.dictionaries(st.sampled_from(other), st.sampled_from(ODD)))
            record = Record(record.id, {**record.data, **broken})
        records.append(record)
    after = planned(replace(world, source=replace(world.source, records=tuple(records))))
    assert leaves(after) == before


def spoilt(world: World, id: str, lost: set[str]) -> World:
    """Return a world in which some values of a source record cannot be read."""

    def torn(record: Record) -> Record:
        data = {key: value for key, value in record.data.items() if key not in lost}
        paths = tuple((key,) for key in sorted(lost))
        return Record(record.id, data, problem="column 'x' holds #N/A", lost=paths)

    records = tuple(torn(each) if each.id == id else each for each in world.source.records)
    return replace(world, source=replace(world.source, records=records))


@given(LEAVING_WORLDS, st.data())
@settings(max_examples=15)
def test_law_18_nor_does_a_value_that_cannot_be_read(world: World, data: st.DataObject) -> None:
    """The record is an error, and all but the leave waits until it is corrected."""
    world = without_rules_for_leavers(world)
    assume(accepted(world))
    before = leaves(planned(world))
    assume(before)
    keys = {key["source"] for key in world.mapping["match"]}
    id = data.draw(st.sampled_from(sorted(filter(None, before))))
    record = next(each for each in world.source.records if each.id == id)
    others = sorted(record.data.keys() - DECIDING - {"code", "mail", "nick", "bank", *keys})
    assume(others)
    torn = spoilt(world, id, data.draw(st.sets(st.sampled_from(others), min_size=1)))
    after = planned(torn)
    assert leaves(after) == before
    (action,) = (each for each in after.actions if each.source_id == id)
    assert action.verb.writes_leave
    assert any(each.source_id == id and each.reasons for each in after.outcomes)


@given(LEAVING_WORLDS, st.data())
@settings(max_examples=15)
def test_law_18_and_no_leave_hangs_on_what_cannot_be_read(
    world: World, data: st.DataObject
) -> None:
    """Whatever stood there, the same leave would be written; if not, none is."""
    before = [id for id in leaves(planned(world)) if id] if accepted(world) else []
    assume(before)
    id = data.draw(st.sampled_from(sorted(before)))
    record = next(each for each in world.source.records if each.id == id)
    lost = data.draw(st.sets(st.sampled_from(sorted(record.data.keys() - {"id"})), min_size=1))
    torn = planned(spoilt(world, id, lost))
    said = {key: data.draw(st.sampled_from([record.data[key], *ODD])) for key in sorted(lost)}
    records = tuple(
        replace(each, data={**each.data, **said}) if each.id == id else each
        for each in world.source.records
    )
    whole = planned(replace(world, source=replace(world.source, records=records)))
    if id in leaves(torn) and leaves(whole).get(id) != leaves(torn)[id]:
        # Only if there is nothing to write to anybody: another record is theirs as well.
        (outcome,) = [each for each in whole.outcomes if each.source_id == id]
        assert outcome.kind is Kind.CONFLICT


@given(oddly_leaving_worlds().filter(accepted), st.data())
@settings(max_examples=60)
def test_law_19_who_is_in_doubt_stays_in_the_list(world: World, data: st.DataObject) -> None:
    """Unless the target says that they have left, or a leave is written; nobody else changes.

    A target record that cannot be read is listed once anybody may have left: it may be theirs.
    """
    ids = [each.id for each in world.source.records]
    doubted = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    evidence = LinkEvidence(doubted=dict.fromkeys(doubted, "values are gone"))
    plan = planned(world, evidence=evidence)
    listed = {each.source_id for each in still_in(plan, {}, planned=True)}
    program = bound(world)
    rows = [program.target_row(each) for each in world.target.records]
    left = {each.target_id for each in rows if each.left}
    unread = {each.target_id for each in rows if each.evaluation_error is not None}
    aside = {each.source_id for each in planned(world).outcomes if each.target_id in left}
    for before, outcome in zip(planned(world).outcomes, plan.outcomes, strict=True):
        leaves_now = any(each.verb.takes_access for each in outcome.actions)
        if outcome.source_id in doubted - aside and not leaves_now:
            assert outcome.source_id in listed
        assert outcome.actions == before.actions
        anybodys = outcome.source_id is None and outcome.target_id in unread and outcome.has_access
        if outcome.source_id not in doubted and not anybodys:
            assert outcome == before


@given(LEAVING_WORLDS, st.data())
def test_law_18_nor_does_the_targets_refusal_of_another_field(
    world: World, data: st.DataObject
) -> None:
    """Whatever the target refuses of a leaver's other fields, the leaving is written."""
    plan = planned(world)
    leaving = [action for action in plan.actions if action.verb.writes_leave]
    assume(leaving)
    systems = systems_of(world)
    refusing = data.draw(st.sets(st.sampled_from([str(a.target_id) for a in leaving])))
    update = systems.writer.update

    def refused(id: str, values: Mapping[str, Any], token: str) -> None:
        if id in refusing:
            raise Rejected("W1", "not this field")
        update(id, values, token)

    systems.writer.update = refused  # type: ignore[method-assign]
    done = applied(world, plan, systems=systems)
    ends = {result.action.id: result.ending.value for result in done.results}
    assert {ends[action.id] for action in leaving} == {"done"}


# 19. Nobody is forgotten


def test_law_19_names_whom_somebody_elses_return_would_let_in() -> None:
    """A record that has left is brought back for one person, and may be a leaver's as well."""
    back = ("A", "x@example.com", "E", None)
    gone = ("B", "x@example.com", "L", "2026-01-31")
    keys = ("code", "mail", "status", "leave")
    source = [dict(zip(keys, row, strict=True)) for row in (back, gone)]
    held = {"ref": "A", "email": "x@example.com", "leaveDate": "2026-01-31"}
    mapping = {
        **PLAIN,
        "match": [{"source": "code", "target": "ref"}, {"source": "mail", "target": "email"}],
        "leavers": LEAVING[1] | {"when": "status == 'L'"},
        "rehires": "reactivate",
    }
    plan = planned(world_of(mapping, source, {"t0": held}))
    assert [action.verb for action in plan.actions] == [Verb.REACTIVATE]
    assert [each.source_id for each in still_in(plan, {}, planned=True)] == ["s1"]


@pytest.mark.parametrize("held", ["2026-01-31", "2999-01-01", None])
def test_law_19_a_blank_leave_date_lets_nobody_back_in(held: str | None) -> None:
    person = {"code": "A", "status": "L", "leave": ""}
    leave = {"from": "leave", "on_blank": "clear"}
    leavers = {"when": "status == 'L'", "set": {"leaveDate": leave}, "left": "is_past(leaveDate)"}
    mapping = {**PLAIN, "leavers": {**leavers, "scheduled": "is_future(leaveDate)"}}
    plan = planned(world_of(mapping, [person], {"t0": {"ref": "A", "leaveDate": held}}))
    assert plan.actions == ()
    named = [each.source_id for each in still_in(plan, {}, planned=True)]
    assert named == ([] if held else ["s0"])


@given(WORLDS, st.data())
def test_law_19_every_leaver_who_can_still_get_in_is_named(
    world: World, data: st.DataObject
) -> None:
    """A record that may be a leaver's, and leaves as another one's, is listed with that person."""
    plan = planned(world)
    done = partly_applied(world, plan, data)
    ends = {result.action.id: result for result in done.results}
    listed = still_in(plan, ends)
    named = {each.source_id for each in listed}
    leaving = {each.target_id for each in plan.actions if each.verb.takes_access}
    with_others = leaving & {each.target_id for each in listed}
    program = bound(world)
    rows = [program.source_row(record) for record in world.source.records]
    now = [program.target_row(record) for record in done.target.records]
    policy, then = program.policy, [program.target_row(r) for r in world.target.records]
    matches = match(rows, then, policy.match_paths)
    current = {each.target_id: each for each in now}
    for row in rows:
        found = matches.of(row)
        maybe = [found.target] if found.target is not None else list(found.candidates)
        possible = [current[each.target_id] for each in maybe if each is not None]
        left = perhaps_left(policy, row)
        open_to_them = [
            each
            for each in possible
            if can_get_in(world, row, each)
            and (found.target is not None or each.target_id not in with_others)
        ]
        if row.leaver and left and open_to_them:
            assert row.source_id in named, (row, possible, found, plan.outcomes, ends)
        elif (row.leaver and found.target is not None and possible[0].left) or (
            not left and (found.target is None or not row.leaver)
        ):
            assert row.source_id not in named


WRONG = ["the record is cut off", "lines 2 and 3 have the same 'id'"]


@given(WORLDS, st.data())
def test_law_19_no_fault_of_a_record_takes_its_person_off_the_list(
    world: World, data: st.DataObject
) -> None:
    """Whose row cannot be read, is there twice or does not say who left, is named all the same."""
    named = [each.source_id for each in still_in(planned(world), {}) if each.source_id]
    assume(named)
    id = data.draw(st.sampled_from(sorted(named)))
    record = next(each for each in world.source.records if each.id == id)
    spoilt = [Record(id, record.data, problem=why) for why in WRONG]
    spoilt += [Record(id, {}, problem=WRONG[0]), Record(id, record.data, damage="letters are lost")]
    program = bound(world)
    rows = [program.source_row(each) for each in world.source.records]
    users = [program.target_row(each) for each in world.target.records]
    found_by = match(rows, users, program.policy.match_paths).by_source.get(id)
    if not world.leaves_out_nulls and found_by is not None:  # and by no other value of the record
        spoilt.append(replace(record, data={k: v for k, v in record.data.items() if k != "status"}))
    found = [data.draw(st.sampled_from(spoilt))]
    if found[0].problem:
        twin = {**record.data, **data.draw(st.dictionaries(st.just("name"), st.just("Twin")))}
        found += data.draw(st.sampled_from([[], [Record("line 9", twin, found[0].problem)]]))
    others = [each for each in world.source.records if each.id != id]
    after = planned(replace(world, source=replace(world.source, records=(*others, *found))))
    still = {each.source_id: each for each in still_in(after, {}, planned=True)}
    assert id in still, (found, after.notable)
    acted = [each.source_id for each in after.actions]
    assert id not in acted


@st.composite
def leaving_by_code(draw: st.DrawFn) -> World:
    """Draw a world that matches by code alone, in which the first person leaves and has access."""
    world = draw(WORLDS)
    parts = {
        "match": [{"source": "code", "target": "ref", "compare": "exact"}],
        "fields": {**world.mapping["fields"], "ref": "code"},
        "leavers": {"when": "status == 'L'", **draw(st.sampled_from(LEAVING))},
    }
    first, *others = world.source.records or [Record("s0", {"id": "s0", "code": "A1"})]
    leaver = replace(first, data={**first.data, "status": "L"})
    targets = [
        replace(each, data={**each.data, "state": "on", "leaveDate": None})
        if each.data.get("ref") == leaver.data.get("code")
        else each
        for each in world.target.records
    ]
    source = replace(world.source, records=(leaver, *others))
    changed = replace(world, mapping={**world.mapping, **parts}, source=source)
    return changed.with_target(targets)


@given(leaving_by_code().filter(accepted), st.data())
def test_law_19_a_leaver_whose_key_is_written_otherwise_is_named(
    world: World, data: st.DataObject
) -> None:
    """A space or a zero in a leaver's code does not take the leaver off the list."""
    program = bound(world)
    named = {each.source_id for each in still_in(planned(world), {})}
    rows = {each.id: program.source_row(each) for each in world.source.records}
    matches = match([*rows.values()], [*map(program.target_row, world.target.records)], ("ref",))
    certain = [id for id in named if id in rows and matches.of(rows[id]).target is not None]
    certain = [id for id in certain if isinstance(rows[id].keys[0], str) and rows[id].leaver]
    assume(certain)
    id = data.draw(st.sampled_from(sorted(certain)))
    records = [
        replace(each, data={**each.data, "code": f"{each.data['code']} "})
        if each.id == id
        else each
        for each in world.source.records
    ]
    after = planned(replace(world, source=replace(world.source, records=tuple(records))))
    assert id in {each.source_id for each in still_in(after, {}, planned=True)}


@pytest.mark.parametrize(
    ("held", "named"),
    [
        ({"ref": "042", "email": "other@example.com"}, True),
        ({"ref": "X", "email": "A@example.com"}, True),
        ({"ref": None, "email": "a@example.com"}, True),
        ({"ref": "X", "email": "a@example.com", "leaveDate": "2026-01-31"}, False),
        ({"ref": "X", "email": "other@example.com"}, True),  # by the name, which needs no label
        ({"ref": "X", "email": "other@example.com", "fullName": "Bo"}, False),
    ],
)
def test_law_19_names_a_leaver_who_has_a_record_in_all_likelihood(
    held: dict[str, Any], named: bool
) -> None:
    person = {"code": "42", "mail": "a@example.com", "name": "Ann", "status": "L"}
    mapping = {
        **PLAIN,
        "fields": {**PLAIN["fields"], "email": "mail", "fullName": "name"},
        "joiners": {"unless_taken": ["email"]},
        "leavers": LEAVING[0] | {"when": "status == 'L'"},
    }
    user = {"fullName": "Ann", "leaveDate": None, **held}
    plan = planned(world_of(mapping, [person], {"t0": user}))
    assert [each.source_id for each in still_in(plan, {}, planned=True)] == ["s0"] * named
    assert plan.actions == ()


def test_law_19_asks_an_unreadable_row_whose_it_is() -> None:
    """Only whom a target record may let in is named, as far as the row tells that."""
    statuses = {"s0": "L", "s1": "L", "s2": "E", "s3": None}
    source = [{"code": id.upper(), "status": status} for id, status in statuses.items()]
    held = {"t0": {"ref": "S0", "leaveDate": None}, "t1": {"ref": "S1", "leaveDate": "2026-01-31"}}
    held |= {"t2": {"ref": "S2", "leaveDate": None}, "t3": {"ref": "S3", "leaveDate": None}}
    leavers = {"when": "status == 'L'", **LEAVING[0]}
    world = world_of({**PLAIN, "leavers": leavers}, source, held)
    torn = [
        replace(each, data={k: v for k, v in each.data.items() if v is not None}, problem="torn")
        for each in world.source.records
    ]
    torn.append(Record("line 5", {}, "it is not JSON"))
    plan = planned(replace(world, source=replace(world.source, records=tuple(torn))))
    found = {each.source_id: each.may_have_left for each in still_in(plan, {}, planned=True)}
    assert found == {"s0": False, "s3": True, "line 5": True}
    assert plan.actions == ()


@given(oddly_leaving_worlds())
def test_law_19_whoever_leaves_is_seen_to_have_left_or_is_named(world: World) -> None:
    """Whatever is written of a leaver, it is `left` that says afterwards who has left."""
    assume(accepted(world))
    plan = planned(world)
    done = applied(world, plan)
    ends = {result.action.id: result for result in done.results}
    named = {each.source_id for each in still_in(plan, ends)}
    program, later = bound(world), bound(world.later(36_525))
    now = {record.id: record for record in done.target.records}
    for outcome in plan.outcomes:
        record = now.get(outcome.target_id or "")
        source = next((r for r in world.source.records if r.id == outcome.source_id), None)
        if record is None or source is None:
            continue
        row, target = program.source_row(source), program.target_row(record)
        due = target.scheduled or later.target_row(record).left or row.leaves_later
        if row.leaver and not (target.left or due):
            assert row.source_id in named, (row, target, outcome)
        if outcome.kind is Kind.UNCHANGED and not row.leaver and not outcome.reasons:
            assert not target.left, (row, target, outcome)
        returned = [each for each in outcome.actions if each.verb is Verb.REACTIVATE]
        if returned and ends[returned[0].id].ending is Ending.DONE:
            assert not target.left, (row, target, outcome)


IN_VAIN: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"set": {"state": "nick"}, "left": "state == 'off'"}, {"state": "on"}, "leave_in_vain"),
    ({"set": {"state": "nick"}, "left": "state == 'off'"}, {"state": "gone"}, "leave_in_vain"),
    ({"set": {"leaveDate": "leave"}, "left": "seq == 'A2'"}, {"seq": "A1"}, "leave_unsaid"),
]


@pytest.mark.parametrize(
    ("scope", "named"), [("ignore", {"s0", "s2"}), ("leave", {"s0", "s1", "s2"})]
)
def test_law_19_asks_an_unreadable_row_whom_the_sync_is_for(scope: str, named: set[str]) -> None:
    """Who is outside certainly is no leaver of this sync's, or is one, whatever else is wrong."""
    source = [{"code": "S0", "kind": "staff"}, {"code": "S1", "kind": "other"}, {"code": "S2"}]
    source = [{"status": "L" if each["code"] != "S1" else "E", **each} for each in source]
    only = [{"id": "staff", "when": "kind == 'staff'", "otherwise": "is no staff"}]
    leavers = {"when": "status == 'L'", **LEAVING[0]}
    mapping = {**PLAIN, "leavers": leavers, "only": only, "out_of_scope": scope}
    world = world_of(mapping, source, {"t1": {"ref": "S1", "leaveDate": None}})
    torn = tuple(replace(each, problem="torn") for each in world.source.records)
    plan = planned(
        replace(world, source=replace(world.source, records=torn), leaves_out_nulls=True)
    )
    assert {each.source_id for each in still_in(plan, {}, planned=True)} == named


@pytest.mark.parametrize(("leaving", "held", "code"), IN_VAIN)
def test_a_leave_that_left_does_not_see_is_no_leave(
    leaving: dict[str, Any], held: dict[str, Any], code: str
) -> None:
    person = {"code": "A", "status": "L", "leave": "2026-01-31", "nick": "gone"}
    mapping = {**PLAIN, "leavers": {"when": "status == 'L'", **leaving}}
    world = world_of(mapping, [person], {"t0": {"ref": "A", "leaveDate": None, **held}})
    plan = planned(world)
    ends = {r.action.id: r for r in applied(world, plan).results}
    (still,) = still_in(plan, ends)
    (outcome,) = plan.outcomes
    assert [each.code for each in outcome.reasons] == [code]
    assert still.source_id == "s0"
    assert [a.verb for a in plan.actions] == ([Verb.LEAVE] if code == "leave_unsaid" else [])


def test_an_error_of_a_leave_in_vain_says_what_is_compared_with_what() -> None:
    person = {"code": "A", "status": "L", "nick": "gone"}
    leavers = {"when": "status == 'L'", "set": {"state": "nick"}, "left": "state == 'off'"}
    mapping = {**PLAIN, "leavers": leavers}
    (outcome,) = planned(world_of(mapping, [person], {"t0": {"ref": "A", "state": "on"}})).outcomes
    (reason,) = outcome.reasons
    assert outcome.kind is Kind.ERROR
    assert reason.place is not None
    assert "state would be the text 'gone'" in reason.text
    assert "asks for state == 'off', which compares with the text 'off'" in reason.text


def test_a_return_that_left_does_not_see_is_no_return() -> None:
    person = {"code": "A", "status": "E", "flag": True}
    leavers = {"when": "status == 'L'", "set": {"state": "flag"}, "left": "!state"}
    mapping = {**PLAIN, "leavers": leavers, "rehires": "reactivate"}
    plan = planned(world_of(mapping, [person], {"t0": {"ref": "A", "state": False}}))
    (outcome,) = plan.outcomes
    assert (outcome.kind, plan.actions) == (Kind.ERROR, ())
    assert outcome.reasons[-1].code == "return_in_vain"


def partly_applied(world: World, plan: Plan, data: st.DataObject) -> Applied:
    """Apply a plan of which guards hold some actions, and the target refuses others."""
    ids = [action.id for action in plan.actions]
    held = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    targets = sorted({str(action.target_id) for action in plan.actions if action.target_id})
    refusing = data.draw(st.sets(st.sampled_from(targets))) if targets else set()
    systems = systems_of(world)
    leave = systems.writer.leave

    def refused(id: str, values: Mapping[str, Any], token: str) -> None:
        if id in refusing:
            raise Rejected("W1", "not now")
        leave(id, values, token)

    systems.writer.leave = refused  # type: ignore[method-assign]
    return applied(world, plan, held=held, systems=systems)


def can_get_in(world: World, row: SourceRow, target: TargetRow) -> bool:
    """Return whether a record lets in somebody who has left, seen from the record alone."""
    if target.left or row.leaves_later:
        return False
    if not row.leaving:
        return True
    rules = bound(world).policy.leaving
    fields = [
        (rule, wanted(rule, cell), present(value))
        for rule, cell, value in zip(rules, row.leaving, target.leaving, strict=True)
    ]
    said = [
        (rule, after, value)
        for rule, after, value in fields
        if after is not KEEP and (after is not None or row.leaves_left is True)
    ]
    left = str(world.mapping["leavers"].get("left"))
    told = {rule.path for rule, _, _ in said}
    untold = any(rule.path in left and rule.path not in told for rule in rules)
    if (not said or untold) and not target.scheduled:
        return True
    return any(not same(value, after, rule.compare) for rule, after, value in said)


def test_what_a_return_writes_is_shown_with_where_rehires_gives_it() -> None:
    leavers = {
        "when": "status == 'L'",
        "set": {"state": {"value": "off"}},
        "left": "state == 'off'",
    }
    mapping = {**PLAIN, "leavers": leavers, "rehires": {"reactivate": {"state": "on"}}}
    held = {"ref": "A", "state": "off"}
    world = world_of(mapping, [{"code": "A", "status": "E"}], {"t0": held})
    (change,) = planned(world).actions[0].changes
    line = world.text.splitlines()[change.place.line - 1]
    assert (change.before, change.after, change.expression) == ("off", "on", "on")
    assert "reactivate" in line


def test_a_leave_in_vain_writes_nothing_else_either_where_the_key_is_another_one() -> None:
    person = {"code": "B", "status": "L", "nick": "gone"}
    leavers = {"when": "status == 'L'", "set": {"state": "nick"}, "left": "state == 'off'"}
    mapping = {**PLAIN, "fields": {"ref": "code"}, "leavers": leavers, "rekey": "write"}
    world = world_of(mapping, [person], {"t0": {"ref": "A", "state": "on"}})
    link = Link("s0", "t0", "A", "2026-06-01", "2026-06-14")
    (outcome,) = planned(world, evidence=LinkEvidence((link,))).outcomes
    assert (outcome.kind, outcome.actions, outcome.has_access) == (Kind.ERROR, (), True)


def test_law_19_names_a_leaver_whose_record_is_equal_and_does_not_say_so() -> None:
    """What is written is there already, and the target has not set what `left` reads."""
    person = {"code": "A", "status": "L", "leave": "2026-01-31"}
    leavers = {"when": "status == 'L'", "set": {"leaveDate": "leave"}, "left": "seq == 'A2'"}
    held = {"ref": "A", "leaveDate": "2026-01-31", "seq": "A1"}
    plan = planned(world_of({**PLAIN, "leavers": leavers}, [person], {"t0": held}))
    assert plan.actions == ()
    assert [each.source_id for each in still_in(plan, {}, planned=True)] == ["s0"]
