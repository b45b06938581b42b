"""Nobody employed is locked out because the plan does not create them under their new code."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oneway.core.records import Record, Snapshot
from oneway.mapping.spec import GuardsSpec
from oneway.planning.guards import judge
from oneway.planning.plan import Kind, Verb
from worlds import World, planned

ADA = {"code": "B7", "name": "Ada Quill", "mail": "new@example.com", "status": "E", "kind": "temp"}
HELD = {"ref": "A1", "fullName": "ada  quill", "email": "ada@example.com", "state": "on"}
OTHER = {"code": "X", "name": "Zed Moss", "mail": "zed@example.com", "status": "E", "kind": "staff"}
OTHERS = {"ref": "X", "fullName": "Zed Moss", "email": "zed@example.com", "state": "on"}
STAFF = [{"id": "staff", "when": "kind == 'staff'", "otherwise": "is a temp"}]
FIELDS: Mapping[str, Any] = {
    "ref": {"from": "code", "write": "on_create"},
    "email": "mail",
    "fullName": "name",
}
WHYS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "created": ({}, {}),
    "ineligible": ({}, {"eligible": STAFF}),
    "outside": ({}, {"only": STAFF}),
    "no creates": ({}, {"joiners": {"create": False}}),
    "keyless": ({"code": " "}, {}),
    "taken": ({"mail": "zed@example.com"}, {"joiners": {"unless_taken": ["email"]}}),
    "error": ({}, {"fields": {**FIELDS, "nick": "iif(kind == 'temp', to_number(kind), `1`)"}}),
    "name in error": (
        {},
        {"fields": {**FIELDS, "nick": "iif(kind == 'temp', to_number(name), `1`)"}},
    ),
    "scope unknown": ({}, {"only": [{**STAFF[0], "when": "to_number(kind) == `1`"}]}),
}
"""Why the plan does not create somebody: what their record has, and what the mapping says."""


def mapping(**parts: Any) -> Mapping[str, Any]:
    return {
        "oneway": 1,
        "name": "not-created",
        "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
        "label": "name",
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "match": [{"source": "code", "target": "ref"}],
        "fields": FIELDS,
        "leavers": {
            "when": "status == 'L'",
            "set": {"state": {"value": "off"}},
            "left": "state == 'off'",
        },
        "absent": "deactivate",
        **parts,
    }


@given(
    st.sampled_from([*WHYS]),
    st.sampled_from(["Ada Quill", "ADA QUILL ", "Ada Formerly"]),
    st.sampled_from("EL"),
)
def test_a_record_with_the_whole_name_of_somebody_who_is_there_is_not_deactivated(
    why: str, name: str, status: str
) -> None:
    said, parts = WHYS[why]
    people = [{**ADA, "name": name, "status": status, **said}, OTHER]
    source = (Record(f"s{n}", {"id": f"s{n}", **each}) for n, each in enumerate(people))
    target = (Record(f"t{n}", {"id": f"t{n}", **each}) for n, each in enumerate([HELD, OTHERS]))
    given = Snapshot(tuple(source)), Snapshot(tuple(target)), Snapshot(())
    plan = planned(World(mapping(**parts), *given))
    blocked = judge(plan, GuardsSpec()).blocked
    ended = [e.verb for e in plan.actions if e.target_id == "t0" and e.id not in blocked]
    there = status == "E" or why == "outside"
    assert (Verb.DEACTIVATE not in ended) == (there and name != "Ada Formerly"), why
    created = any(each.verb is Verb.CREATE for each in plan.actions)
    assert created == (why == "created" and status == "E")
    (absent,) = [each for each in plan.outcomes if each.kind is Kind.ABSENT]
    if there and not ended and not created:
        assert absent.reasons[0].code == "near_key"
        assert "s0 has the same name" in absent.reasons[0].text


def test_a_record_with_a_constant_of_the_mapping_is_nobodys_whom_the_plan_does_not_create() -> None:
    default = {"from": "mail", "default": "none@example.com", "write": "on_create"}
    joiners = {"create": False, "unless_taken": ["email"]}
    person = {**ADA, "name": "Ada Formerly", "mail": None}
    parts = mapping(fields={**FIELDS, "email": default}, joiners=joiners)
    source = Snapshot((Record("s0", {"id": "s0", **person}),))
    for email in ("none@example.com", None):
        target = Snapshot((Record("t0", {"id": "t0", **HELD, "email": email}),))
        plan = planned(World(parts, source, target, Snapshot(())))
        assert Verb.DEACTIVATE in {each.verb for each in plan.actions}, email
