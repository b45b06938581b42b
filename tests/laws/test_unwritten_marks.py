"""What a field holds tells who a person is, also where `when` keeps it from being written."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.records import Record, Snapshot
from oneway.mapping.spec import GuardsSpec
from oneway.planning.access import still_in
from oneway.planning.guards import judge
from oneway.planning.plan import Kind, Plan, Verb
from worlds import World, planned

ADA = {"code": "A1", "name": "Ada Quill", "mail": "ada@example.com", "status": "E"}
HELD = {"ref": "A1", "fullName": "Ada Quill", "email": "ada@example.com", "state": "on"}
OFF = {"on": {"type": "boolean", "default": False, "description": "A switch."}}
LEAVERS = {"when": "status == 'L'", "set": {"state": {"value": "off"}}, "left": "state == 'off'"}
WHENS = ("status != 'L'", "kind == 'staff'", "!setting('on')", "length(kind) > `0`")
"""They hold of nobody here who has left; the last one cannot be told, or has no value."""


def mapping(when: str | None, **parts: Any) -> Mapping[str, Any]:
    def field(source: str) -> Any:
        return source if when is None else {"from": source, "when": when}

    fields = {"ref": {"from": "code", "write": "on_create"}}
    return {
        "oneway": 1,
        "name": "marks",
        "settings": OFF,
        "label": "name",
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "match": [{"source": "code", "target": "ref"}],
        "joiners": {"unless_taken": ["email"]},
        "fields": {**fields, "email": field("mail"), "fullName": field("name")},
        "leavers": LEAVERS,
        **parts,
    }


def plan_of(
    people: list[dict[str, Any]], users: list[dict[str, Any]], when: str | None, **parts: Any
) -> Plan:
    people = [*people, *({**ADA, **_other(n)} for n in range(6))]
    users = [*users, *({**HELD, **_held(n)} for n in range(6))]
    source = (Record(f"s{n}", {"id": f"s{n}", **each}) for n, each in enumerate(people))
    target = (Record(f"t{n}", {"id": f"t{n}", **each}) for n, each in enumerate(users))
    given = Snapshot(tuple(source)), Snapshot(tuple(target)), Snapshot(())
    return planned(World(mapping(when, **parts), *given))


def _other(n: int) -> dict[str, str]:
    name = f"{'PQRSTU'[n] * 3} Other"
    return {"code": f"X{n}", "name": name, "mail": f"x{n}@example.com"}


def _held(n: int) -> dict[str, str]:
    other = _other(n)
    return {"ref": other["code"], "fullName": other["name"], "email": other["mail"]}


def listed(plan: Plan) -> set[tuple[str | None, str | None]]:
    """Return who can still get in, and which leaves a guard holds."""
    blocked = judge(plan, GuardsSpec()).blocked
    held = {(each.source_id, each.target_id) for each in plan.actions if each.id in blocked}
    return {(each.source_id, each.target_id) for each in still_in(plan, {})} | held


codes, names = st.sampled_from(["A1", "B7"]), st.sampled_from(["Ada Quill", "Zed Moss", None])
mails = st.sampled_from(["ada@example.com", "ADA@example.com", "z@example.com", None])
leavers = st.fixed_dictionaries({"code": codes, "name": names, "mail": mails})
users = st.fixed_dictionaries(
    {
        "ref": st.sampled_from(["A1", "B7", None]),
        "fullName": st.sampled_from(["Ada Quill", "Zed Moss"]),
        "email": st.sampled_from(["ada@example.com", "z@example.com", None]),
    }
)


@given(leavers, st.lists(users, max_size=2), st.sampled_from(WHENS))
def test_whether_a_leaver_is_listed_does_not_depend_on_when_their_fields_are_written(
    leaver: dict[str, Any], held: list[dict[str, Any]], when: str
) -> None:
    people, accounts = [{**leaver, "status": "L"}], [{**each, "state": "on"} for each in held]
    assert listed(plan_of(people, accounts, when)) == listed(plan_of(people, accounts, None))


@pytest.mark.parametrize(("when", "absent"), [*product(WHENS[1:3], ("report", "deactivate"))])
def test_nobody_is_created_again_or_locked_out_under_a_new_code(when: str, absent: str) -> None:
    married = {**ADA, "code": "B7", "name": "Ada Married"}
    plan = plan_of([married], [HELD], when, absent=absent)
    assert not plan.actions
    (found,) = [each for each in plan.outcomes if each.source_id == "s0"]
    assert found.kind in (Kind.CONFLICT, Kind.ERROR)  # where it is not known whether it is written


def test_who_came_back_under_a_new_code_is_in_conflict() -> None:
    people = [{**ADA, "status": "L"}, {**ADA, "code": "B7"}]
    plan = plan_of(people, [HELD], "!setting('on')")
    assert not [each for each in plan.actions if each.verb is Verb.LEAVE]
    assert {each.kind for each in plan.outcomes if each.source_id in ("s0", "s1")} == {
        Kind.CONFLICT
    }
