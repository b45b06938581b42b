"""Two hundred employees become users of a SCIM server, and stay so."""

from datetime import timedelta
from typing import Any

import pytest

from oneway.core.records import Record
from oneway_connectors.rest.writer import RestWriter

from .server import ENTERPRISE
from .two_systems import TODAY, TwoSystems, person

CONTRACTOR = "contractor@example.com"


def working(two: TwoSystems) -> list[dict[str, Any]]:
    """Return the employees that are users now and work here, in the order of their codes."""
    codes = {code for code, user in two.target.by_code().items() if user["active"]}
    return [
        each
        for code, each in sorted(two.employees().items())
        if code in codes
        and each["status"] == "Current"
        # One for whom a leave date is noted may leave by the calendar alone.
        and not each["employmentDetails"]["leaverDetails"]["leaveDate"]
    ]


def code_of(employee: dict[str, Any]) -> str:
    return str(employee["employmentDetails"]["payrollCode"])


def left(date: str) -> dict[str, Any]:
    return {"employmentDetails": {"leaverDetails": {"hasLeft": True, "leaveDate": date}}}


def test_two_hundred_employees_are_synced_and_leave_and_return(two: TwoSystems) -> None:
    two.target.add(userName=CONTRACTOR, active=True)
    assert two.run("sync").code == 0
    _everybody_is_there(two)
    soon, now, renamed, cleared, *_ = working(two)
    _some_change(two, soon, now, renamed, cleared)
    _some_return(two, now)
    _a_leave_date_is_reached(two, soon)
    (contractor,) = [user for user in two.target.users() if user["userName"] == CONTRACTOR]
    assert contractor["active"] is True
    assert contractor["meta"]["version"] == 'W/"1"', "a stranger was written to"


def test_a_user_name_that_is_taken_meanwhile_makes_one_action_stale(two: TwoSystems) -> None:
    two.source([person(1), person(2), person(3)])
    assert two.run("sync").code == 0
    two.source([person(1, email="new1@example.com"), person(2, lastName="New"), person(3)])
    assert two.run("plan", "--out", "plan.json").code == 0
    two.target.add(userName="NEW1@example.com")
    ended = two.run("apply", "plan.json")
    assert ended.code == 5
    assert "a new plan would not do this (conflict): userName already belongs to" in ended.flat
    users = two.target.by_code()
    assert users["P1"]["userName"] == "person1@example.com"
    assert users["P1"]["emails"] == [
        {"value": "person1@example.com", "type": "work", "primary": True}
    ]
    assert users["P2"]["name"]["familyName"] == "New"
    assert two.outcomes()["P1"] == "conflict"  # by now the plan sees who has it


def test_a_user_name_that_is_taken_just_before_the_write_is_one_records_rejection(
    two: TwoSystems, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.source([person(1), person(2), person(3)])
    assert two.run("sync").code == 0
    two.source([person(1, email="new1@example.com"), person(2, lastName="New"), person(3)])
    update, came = RestWriter.update, list[str]()

    def late(writer: RestWriter, id: str, *values: Any) -> Record | None:
        came[:] = came or [two.target.add(userName="NEW1@example.com")]
        return update(writer, id, *values)

    monkeypatch.setattr(RestWriter, "update", late)
    ended = two.run("sync")
    assert ended.code == 5
    assert "409: uniqueness: One or more of the attribute values are already in use" in ended.flat
    assert two.target.by_code()["P2"]["name"]["familyName"] == "New"


def test_a_joiner_whose_user_name_somebody_has_is_not_created(two: TwoSystems) -> None:
    two.target.add(userName="Person1@Example.com")
    two.source([person(1), person(2)])
    two.run("sync")
    assert two.outcomes() == {"P1": "conflict", "P2": "unchanged"}
    assert len(two.target.users()) == 2


def _everybody_is_there(two: TwoSystems) -> None:
    plan = two.plan()
    users, employees = two.target.by_code(), two.employees()
    matched = [each for each in plan if each["outcome"] == "unchanged"]
    assert len(plan) == 200
    assert len(matched) == len(users) > 160
    assert not [each for each in plan if each["action"]], "a second plan is not empty"
    for code, user in users.items():
        person = employees[code]["personalDetails"]
        assert user["active"] is True
        assert user["userName"] == person["email"]
        assert user["name"] == {"givenName": person["firstName"], "familyName": person["lastName"]}
        assert [each["value"] for each in user["emails"]] == [person["email"]]
        assert user[ENTERPRISE]["employeeNumber"] == code


def _some_change(two: TwoSystems, soon: Any, now: Any, renamed: Any, cleared: Any) -> None:
    two.edit(soon, **left(str(TODAY + timedelta(days=10))))
    two.edit(now, status="Former", **left(str(TODAY)))
    two.edit(renamed, personalDetails={"lastName": "O'\"Brien\\"})
    two.edit(cleared, employmentDetails={"department": {"code": "", "title": ""}})
    before = two.target.by_code()
    assert two.run("sync").code == 0
    after = two.target.by_code()
    touched = {code for code in after if after[code] != before[code]}
    assert touched == {code_of(now), code_of(renamed), code_of(cleared)}
    assert after[code_of(now)]["active"] is False
    assert after[code_of(renamed)]["name"]["familyName"] == "O'\"Brien\\"
    assert after[code_of(cleared)][ENTERPRISE] == {"employeeNumber": code_of(cleared)}


def _some_return(two: TwoSystems, employee: Any) -> None:
    two.edit(
        employee,
        status="Current",
        employmentDetails={"leaverDetails": {"hasLeft": False, "leaveDate": None}},
    )
    plan = two.plan()
    assert [each["outcome"] for each in plan if each["action"]] == ["rehire"]
    assert two.run("sync").code == 0
    assert two.target.by_code()[code_of(employee)]["active"] is True


def _a_leave_date_is_reached(two: TwoSystems, employee: Any) -> None:
    last, code = TODAY + timedelta(days=10), code_of(employee)
    # Others have dates of their own; on the day before, nothing is left of all the above.
    assert [each["outcome"] for each in two.plan(TODAY) if each["action"]] == []
    assert two.outcomes(last)[code] == "leave"
