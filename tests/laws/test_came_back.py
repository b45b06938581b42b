"""Nobody who is employed by one source record is locked out by another record of theirs."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import predict
from oneway.core.records import Record, Snapshot
from oneway.planning.access import still_in
from oneway.planning.plan import Kind, Outcome, Plan, Verb
from oneway.planning.plan_inputs import Allowance
from worlds import World, planned

CODE = {"source": "code", "target": "ref", "compare": "exact"}
MAIL = {"source": "mail", "target": "email", "compare": "ignore_case"}
MAPPING: Mapping[str, Any] = {
    "oneway": 1,
    "name": "back",
    "label": "name",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
    "match": [CODE],
    "eligible": [],
    "fields": {
        "ref": {"from": "code", "write": "on_create"},
        "email": {"from": "mail", "compare": "ignore_case"},
        "fullName": "name",
    },
    "absent": "report",
    "joiners": {"create": True, "unless_taken": ["email"]},
    "leavers": {
        "when": "status == 'L'",
        "set": {"state": {"value": "off"}},
        "left": "state == 'off'",
    },
}
CONTRACTOR = {"code": "C12", "mail": "cy@example.com", "name": "Cy Thorn", "status": "L"}
EMPLOYEE = {"code": "33", "mail": "Cy@example.com", "name": "Cy Thorn-Hall", "status": "E"}
HELD = {"ref": "C12", "email": "cy@example.com", "fullName": "Cy Thorn", "state": "on"}


def world_of(
    people: list[dict[str, Any]], users: list[dict[str, Any]], parts: Mapping[str, Any]
) -> World:
    source = tuple(Record(f"s{n}", {"id": f"s{n}", **each}) for n, each in enumerate(people))
    target = tuple(Record(f"t{n}", {"id": f"t{n}", **each}) for n, each in enumerate(users))
    return World({**MAPPING, **parts}, Snapshot(source), Snapshot(target), Snapshot(()))


def outcomes(plan: Plan) -> dict[str, Outcome]:
    return {str(each.source_id or each.target_id): each for each in plan.outcomes}


CODES, NAMES = ["C12", "33", "44"], ["Cy Thorn", "thorn  CY", "Una Wren", None]
MAILS = ["cy@example.com", "CY@example.com", "una@example.com", None]
PEOPLE = st.fixed_dictionaries(
    {
        "code": st.sampled_from(CODES),
        "mail": st.sampled_from(MAILS),
        "name": st.sampled_from(NAMES),
        "status": st.sampled_from("LE"),
    }
)
USERS = st.fixed_dictionaries(
    {
        "ref": st.sampled_from(CODES),
        "email": st.sampled_from(MAILS),
        "fullName": st.sampled_from(NAMES),
        "state": st.sampled_from(["on", "on", "off"]),
    }
)
PARTS = st.fixed_dictionaries(
    {
        "match": st.sampled_from([[CODE], [CODE, MAIL]]),
        "joiners": st.builds(
            lambda create, taken: {"create": create, "unless_taken": taken},
            st.sampled_from([True, True, False]),
            st.sampled_from([["email"], []]),
        ),
        "absent": st.sampled_from(["report", "deactivate"]),
        "rehires": st.sampled_from(["report", "reactivate"]),
    }
)
WORLDS = st.builds(
    world_of, st.lists(PEOPLE, max_size=4), st.lists(USERS, max_size=3), PARTS
)  # fmt: skip


def words(*names: str | None) -> set[str]:
    return {word for each in names if each for word in each.casefold().split()}


@given(WORLDS)
def test_a_leave_locks_out_nobody_who_is_employed_without_a_record(world: World) -> None:
    """Where an email that may belong to one person only says that the two may be one."""
    alone = world.mapping["joiners"]["unless_taken"] or len(world.mapping["match"]) > 1
    plan, users = planned(world), {each.id: each.data for each in world.target.records}
    people = {each.id: each.data for each in world.source.records}
    matched = {each.source_id for each in plan.outcomes if each.target_id is not None}
    for outcome in plan.outcomes:
        if outcome.kind is not Kind.LEAVE or not alone:
            continue
        left, user = people[str(outcome.source_id)], users[str(outcome.target_id)]
        mails = {str(each).casefold() for each in (left["mail"], user["email"]) if each}
        for id, person in people.items():
            if person["status"] == "L" or id in matched or not person["mail"]:
                continue
            said, own = words(person["name"]), words(left["name"], user["fullName"])
            one = not said or not own or said & own
            other = any(each.code == "duplicate" for each in outcomes(plan)[id].reasons)
            assert person["mail"].casefold() not in mails or not one or other, (id, outcome)


@given(WORLDS)
def test_the_model_agrees_on_who_may_have_come_back(world: World) -> None:
    plan = planned(world)
    found = {id: each.kind.value for id, each in outcomes(plan).items() if each.source_id}
    assert found == predict(world).kinds
    for each in plan.outcomes:
        if each.kind is Kind.CONFLICT and each.reasons[0].code == "came_back":
            assert not each.actions


@pytest.mark.parametrize("match", [[CODE], [CODE, MAIL]])
@pytest.mark.parametrize("create", [True, False])
def test_a_contractor_who_becomes_an_employee_keeps_access(
    match: list[dict[str, Any]], create: bool
) -> None:
    parts = {"match": match, "joiners": {"create": create, "unless_taken": ["email"]}}
    plan = planned(world_of([CONTRACTOR, EMPLOYEE], [HELD], parts))
    found = outcomes(plan)
    assert [found[id].reasons[0].code for id in ("s0", "s1")] == ["came_back", "came_back"]
    assert not plan.actions
    assert found["t0"].reasons[0].code == "in_conflict"
    assert [each.source_id for each in still_in(plan, {}, planned=True)] == ["s0"]
    assert "the same email" in found["s0"].reasons[0].text
    remedy = found["s1"].reasons[0].text
    assert "source.one_per" in remedy
    assert "give record t0 the key 33 by hand" in remedy
    assert "--allow reused:33" in remedy


@pytest.mark.parametrize("let", ["C12", "33"])
def test_a_person_says_that_they_are_two_people(let: str) -> None:
    world = world_of([CONTRACTOR, EMPLOYEE], [HELD], {})
    plan = planned(world, allowed=(Allowance(f"reused:{let}", 1, "me"),))
    assert [each.verb for each in plan.actions] == [Verb.LEAVE]
    assert outcomes(plan)["s1"].reasons[0].code == "taken"


@pytest.mark.parametrize(
    "newcomer",
    [
        {"name": "Una Wren"},  # who was given the address of the leaver
        {"mail": "una@example.com"},  # a namesake
        {"status": "L"},  # and neither is employed
    ],
)
def test_of_two_people_the_leaver_leaves(newcomer: dict[str, Any]) -> None:
    plan = planned(world_of([CONTRACTOR, {**EMPLOYEE, **newcomer}], [HELD], {}))
    assert outcomes(plan)["s0"].kind is Kind.LEAVE


def test_who_has_a_record_of_their_own_holds_up_no_leave() -> None:
    own = {"ref": "33", "email": "cy@example.com", "fullName": "Cy Thorn-Hall", "state": "on"}
    plan = planned(world_of([CONTRACTOR, EMPLOYEE], [HELD, own], {}))
    assert outcomes(plan)["s0"].kind is Kind.LEAVE


def test_who_has_left_already_is_held_up_by_nobody() -> None:
    plan = planned(world_of([CONTRACTOR, EMPLOYEE], [{**HELD, "state": "off"}], {}))
    assert outcomes(plan)["s0"].kind is Kind.UNCHANGED
    assert outcomes(plan)["s1"].reasons[0].code == "taken"


def test_of_several_employed_records_each_waits() -> None:
    """Also where they are in conflict with each other over the leaver's record."""
    people = [CONTRACTOR, EMPLOYEE, {**EMPLOYEE, "code": "34"}]
    for match in ([CODE], [CODE, MAIL]):
        found = outcomes(planned(world_of(people, [HELD], {"match": match})))
        codes = {found[id].reasons[0].code for id in ("s0", "s1", "s2")}
        assert codes == {"came_back"}, match


def test_no_sensitive_value_is_shown() -> None:
    fields = {**MAPPING["fields"], "email": {"from": "mail", "sensitive": True}}
    found = outcomes(planned(world_of([CONTRACTOR, EMPLOYEE], [HELD], {"fields": fields})))
    for id in ("s0", "s1"):
        assert found[id].reasons[0].code == "came_back"
        assert "@" not in str(found[id].reasons)


DATED = {
    "fields": {**MAPPING["fields"], "leaveDate": {"from": "leave", "write": "on_create"}},
    "leavers": {"when": "leave", "set": {"leaveDate": "leave"}, "left": "is_past(leaveDate)"},
}
USER = {**HELD, "leaveDate": None}


@pytest.mark.parametrize("ends", ["2026-06-14", "2026-06-30"])
def test_who_has_a_last_day_to_come_is_employed_until_then(ends: str) -> None:
    """Whose new record names an end as well: a contract that is prolonged under another key."""
    old, new = {**CONTRACTOR, "leave": ends}, {**EMPLOYEE, "leave": "2027-03-31"}
    plan = planned(world_of([old, new], [USER], DATED))
    found = outcomes(plan)
    assert [found[id].reasons[0].code for id in ("s0", "s1")] == ["came_back", "came_back"]
    assert not plan.actions
    ended = planned(world_of([old, {**new, "leave": "2026-06-14"}], [USER], DATED))
    assert [each.verb for each in ended.actions] == [Verb.LEAVE]


def test_a_leaver_without_a_date_is_employed_on_no_day() -> None:
    """Who gets the day of the run has left today, and tomorrow as well: no leave waits for them."""
    leavers = {"when": "status == 'L'", "set": {"leaveDate": "leave || today()"}}
    parts = {**DATED, "leavers": {**leavers, "left": "is_past(leaveDate)"}}
    old = {**CONTRACTOR, "leave": "2026-06-14"}
    plan = planned(world_of([old, {**EMPLOYEE, "status": "L", "leave": None}], [USER], parts))
    assert [each.verb for each in plan.actions] == [Verb.LEAVE]


@given(
    st.sampled_from(["default", "initial", "value"]),
    st.sampled_from([None, "absent"]),
    st.sampled_from([None, "here"]),
    st.booleans(),
)
def test_a_constant_of_the_mapping_is_nobodys_own(
    key: str, blank: str | None, held: str | None, named: bool
) -> None:
    """Two people without a value both get the same one, and may have no name to tell them apart."""
    rule = {"value": "here"} if key == "value" else {"from": "nick", key: "here"}
    if key != "value":
        rule["write"] = "on_create"
    fields = {**MAPPING["fields"], "nick": rule}
    without = {"nick": None} if blank is None else {}
    name = {} if named else {"name": None}
    people = [{**each, **without, **name} for each in (CONTRACTOR, {**EMPLOYEE, "mail": None})]
    parts = {"fields": fields, "joiners": {"create": True, "unless_taken": ["email", "nick"]}}
    world = world_of(people, [{**HELD, "nick": held}], parts)
    plan = planned(world)
    assert outcomes(plan)["s0"].kind is Kind.LEAVE
    assert predict(world).kinds["s0"] == "leave"
