"""What tells who a person is does not depend on the shape or the secrecy of the field it is in."""

import gzip
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from laws.test_replay import again, kept
from oneway.core.records import Record, Snapshot
from oneway.mapping.spec import GuardsSpec
from oneway.planning.access import still_in
from oneway.planning.compare import differences
from oneway.planning.guards import judge
from oneway.planning.plan import Kind, Plan, Verb
from oneway.planning.plan_file import dump
from worlds import World, planned

ADA = {"code": "A1", "name": "Ada Quill", "mail": "ada@example.com", "status": "E"}
HELD = {"ref": "A1", "fullName": "Ada Quill", "mail": "ada@example.com"}
OTHERS = ("Paz Thorn", "Quin Moss", "Rae Fell", "Sol Birch", "Tam Ash", "Una Reed")
TYPES = "[{value: mail, type: 'work'}]"
BY_VALUE = {"by": "value", "each": "ignore_case"}
SHAPES: Mapping[str, tuple[Any, Any]] = {
    "text": ({"from": "mail", "compare": "ignore_case"}, lambda mail: mail),
    "secret": ({"from": "mail", "compare": "ignore_case", "sensitive": True}, lambda mail: mail),
    "list": ({"from": "[mail]"}, lambda mail: [mail]),
    "list of objects": (
        {"from": TYPES, "compare": BY_VALUE},
        lambda mail: [{"value": mail, "type": "home", "primary": True}],
    ),
    "secret list": (
        {"from": TYPES, "compare": BY_VALUE, "sensitive": True},
        lambda mail: [{"value": mail, "type": "home", "primary": True}],
    ),
    "object": ({"from": "{work: mail, phone: '1'}"}, lambda mail: {"work": mail, "phone": "2"}),
}
"""What the mapping says of a field with emails, and what the target holds of one."""


def mapping(shape: str, secret_name: bool, parts: Mapping[str, Any]) -> Mapping[str, Any]:
    name = {"from": "name", "sensitive": True} if secret_name else "name"
    return {
        "oneway": 1,
        "name": "marks",
        "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
        "label": "code" if secret_name else "name",
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "match": [{"source": "code", "target": "ref"}],
        "fields": {
            "ref": {"from": "code", "write": "on_create"},
            "mails": SHAPES[shape][0],
            "fullName": name,
        },
        "leavers": {
            "when": "status == 'L'",
            "set": {"state": {"value": "off"}},
            "left": "state == 'off'",
        },
        **parts,
    }


def plan_of(*given: Any, **rest: Any) -> Plan:
    return planned(world_of(*given, **rest))


def world_of(
    shape: str,
    people: list[dict[str, Any]],
    users: list[dict[str, Any]],
    parts: Mapping[str, Any] = {},
    *,
    secret_name: bool = False,
) -> World:
    for name in OTHERS:
        code, mail = name[:3], f"{name[:3]}@example.com"
        people = [*people, {"code": code, "name": name, "mail": mail, "status": "E"}]
        users = [*users, {"ref": code, "fullName": name, "mail": mail}]
    source = (Record(f"s{n}", {"id": f"s{n}", **each}) for n, each in enumerate(people))
    target = [
        Record(f"t{n}", {"id": f"t{n}", "state": "on", **each, "mails": SHAPES[shape][1](mail)})
        for n, (each, mail) in enumerate((each, each["mail"]) for each in users)
    ]
    given = Snapshot(tuple(source)), Snapshot(tuple(target)), Snapshot(())
    return World(mapping(shape, secret_name, parts), *given)


def listed(plan: Plan) -> set[tuple[str | None, str | None]]:
    """Return who can still get in, and which leaves a guard holds."""
    return {(each.source_id, each.target_id) for each in still_in(plan, {})} | {
        (each.source_id, each.target_id) for each in plan.actions if each.id in blocked(plan)
    }


def blocked(plan: Plan) -> frozenset[str]:
    return frozenset(judge(plan, GuardsSpec()).blocked)


codes, names = st.sampled_from(["A1", "B7"]), st.sampled_from(["Ada Quill", "Zed Moss", None])
mails = st.sampled_from(["ada@example.com", "ADA@example.com", "z@example.com"])
leavers = st.fixed_dictionaries({"code": codes, "name": names, "mail": mails})
users = st.fixed_dictionaries(
    {
        "ref": st.sampled_from(["A1", "B7", None]),
        "fullName": st.sampled_from(["Ada Quill", "Zed Moss"]),
        "mail": mails,
    }
)
joiners = st.sampled_from([{}, {"joiners": {"unless_taken": ["mails"]}}])


@given(leavers, st.lists(users, max_size=2), st.sampled_from([*SHAPES]), joiners)
def test_whether_a_leaver_is_listed_does_not_depend_on_how_their_email_is_held(
    leaver: dict[str, Any], held: list[dict[str, Any]], shape: str, parts: Mapping[str, Any]
) -> None:
    people = [{**leaver, "status": "L"}]
    assert listed(plan_of(shape, people, held, parts)) == listed(
        plan_of("text", people, held, parts)
    )


@given(leavers, st.lists(users, max_size=2), joiners)
def test_whether_a_leaver_is_listed_does_not_depend_on_whether_their_name_is_shown(
    leaver: dict[str, Any], held: list[dict[str, Any]], parts: Mapping[str, Any]
) -> None:
    people = [{**leaver, "status": "L"}]
    plans = [plan_of("text", people, held, parts, secret_name=each) for each in (False, True)]
    assert listed(plans[0]) == listed(plans[1])
    shown = "".join(reason.said for each in plans[1].outcomes for reason in each.reasons)
    assert "Quill" not in shown


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("absent", ["report", "deactivate"])
@pytest.mark.parametrize("taken", [False, True])
def test_nobody_with_a_new_code_and_a_new_name_is_locked_out(
    shape: str, absent: str, taken: bool
) -> None:
    """Nor created again, if the email must be free."""
    recoded = {**ADA, "code": "B7", "name": "Ada Married", "mail": "ADA@example.com"}
    parts = {"absent": absent, "joiners": {"unless_taken": ["mails"] if taken else []}}
    plan = plan_of(shape, [recoded], [HELD], parts)
    done = [each.verb for each in plan.actions if each.id not in blocked(plan)]
    assert Verb.DEACTIVATE not in done
    assert (Verb.CREATE in done) == (absent == "report" and not taken)
    (person,) = [each for each in plan.outcomes if each.source_id == "s0"]
    assert (person.kind is Kind.CONFLICT) == taken
    assert "near_miss" in {each.code for each in person.reasons} or taken
    if "secret" in shape:
        said = (reason.said for each in plan.outcomes for reason in each.reasons)
        assert "ada@" not in "".join(said).casefold()


@pytest.mark.parametrize("shape", SHAPES)
def test_who_came_back_under_a_new_code_is_in_conflict(shape: str) -> None:
    people = [{**ADA, "status": "L"}, {**ADA, "code": "B7", "mail": "ADA@example.com"}]
    plan = plan_of(shape, people, [HELD], {"joiners": {"unless_taken": ["mails"]}})
    assert not [each for each in plan.actions if each.verb is Verb.LEAVE]
    kinds = {each.kind for each in plan.outcomes if each.source_id in ("s0", "s1")}
    assert kinds == {Kind.CONFLICT}


@pytest.mark.parametrize("shape", SHAPES)
def test_nobody_is_created_with_an_email_of_somebody_in_order(shape: str) -> None:
    """The pair of the other is in order, so that the screen passes it over."""
    new = {"code": "N1", "name": "Nat New", "mail": "PAZ@example.com", "status": "E"}
    taken: Mapping[str, Any] = {"joiners": {"unless_taken": ["mails"]}}
    for mail, kind in (("PAZ@example.com", Kind.CONFLICT), ("n@example.com", Kind.CREATE)):
        plan = plan_of(shape, [{**new, "mail": mail}], [], taken)
        assert [each.kind for each in plan.outcomes if each.source_id == "s0"] == [kind]


@given(
    leavers,
    st.lists(users, max_size=2),
    st.sampled_from([*SHAPES]),
    joiners,
    st.sampled_from("EL"),
    st.booleans(),
    st.sampled_from(["report", "deactivate"]),
)
@example(
    {"code": "A1", "name": "Zed Moss", "mail": "z@example.com"},
    [{"ref": "A1", "fullName": "Ada Quill", "mail": "ada@example.com"}],
    "list of objects", {"joiners": {"unless_taken": ["mails"]}}, "E", False, "report",
)  # fmt: skip
def test_a_plan_that_compared_what_is_secret_is_derived_again(
    person: dict[str, Any],
    held: list[dict[str, Any]],
    shape: str,
    parts: Mapping[str, Any],
    status: str,
    secret_name: bool,
    absent: str,
) -> None:
    """From numbers that stand for the values; no value is kept."""
    parts = {**parts, "absent": absent}
    people = [{**person, "status": status}]
    world = world_of(shape, people, held, parts, secret_name=secret_name)
    plan = planned(world)
    data = kept(world, plan)
    derived = again(data, world)
    assert list(differences(plan, derived)) == []
    assert dump(derived) == dump(plan)
    text = gzip.decompress(data).decode().casefold()
    assert ("ada@" in text or "z@" in text) == ("secret" not in shape)
    assert ("quill" in text or "moss" in text) != secret_name
