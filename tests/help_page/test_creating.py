"""User record creation: existing employees at first, new starters from then on."""

import pytest

from help_page.two_systems import MAPPING, TODAY, PersonDraft, TwoSystems, leave
from oneway_connectors.sandbox.payroll import EMPLOYER, EMPTY_EMPLOYER


def expected(person: PersonDraft, department: object) -> dict[str, object]:
    """Return what a user is created with, and no more."""
    return {
        "firstName": person.personal["firstName"],
        "lastName": person.personal["lastName"],
        "email": person.personal["email"],
        "reference": person.employment["payrollCode"],
        "departmentId": department,
    }


def test_when_first_connected_any_existing_employees_will_be_created_as_users(
    systems: TwoSystems,
) -> None:
    people = [systems.employee() for _ in range(25)]
    references = {each["reference"]: each["id"] for each in systems.expenses.departments}
    report = systems.sync()
    for person in people:
        department = references[person.employment["department"]["code"]]
        assert report.changed(person) == expected(person, department)
        held = systems.user(person)
        assert {key: held[key] for key in report.changed(person)} == report.changed(person)
    assert systems.writes() == {"created": 25, "updated": 0, "refused": 0}


def test_for_the_specified_employer(systems: TwoSystems) -> None:
    """No other employer is as much as asked for; one without employees is a mistake in set-up."""
    systems.employee()
    systems.plan()
    asked = {entry["path"] for entry in systems.payroll.log.describe()["log"]}
    assert all(path.startswith(f"/employers/{EMPLOYER}/") for path in asked)
    option = f"staffology.employer={EMPTY_EMPLOYER}"
    ended = systems.run("sync", MAPPING, "--option", option)
    assert (ended.code, "[R160]" in ended.err) == (1, True)
    assert systems.users() == []


TAKEN: list[dict[str, object]] = [
    {"reference": ""},
    {"reference": None},
    {"reference": "EXT-1"},
    {"reference": "EXT-2", "leaveDate": "2020-01-31"},
    {"reference": None, "leaveDate": "2026-12-31"},
]


@pytest.mark.parametrize("case", [str, str.upper, str.title])
def test_provided_their_email_does_not_already_exist_in_expensein(
    systems: TwoSystems, case: type[str]
) -> None:
    """Whoever holds it, a leaver too, and in whatever case."""
    people = [systems.employee() for _ in TAKEN]
    fine = systems.employee()
    owners = [
        systems.add_user(email=case(person.personal["email"]), **held)
        for person, held in zip(people, TAKEN, strict=True)
    ]
    report = systems.sync()
    for person, owner in zip(people, owners, strict=True):
        assert report.outcome(person) == "conflict"
        assert report.candidates(person) == {str(owner["id"])}
        assert systems.held(owner) == owner
    assert report.outcome(fine) == "create"
    assert systems.writes() == {"created": 1, "updated": 0, "refused": 0}


def test_provided_their_payroll_code_does_not_already_exist_in_expensein(
    systems: TwoSystems,
) -> None:
    """A user with the code is the employee's own: updated, and nobody is created beside them.

    Where nothing else of them is the same, a person says so first.
    """
    person = systems.employee()
    code = person.employment["payrollCode"]
    owner = systems.add_user(
        firstName="A", lastName="B", email="another@example.com", reference=code
    )
    ended = systems.run("sync", MAPPING, "--as-of", TODAY)
    assert (ended.code, f"--allow identities:{code}" in ended.out) == (4, True)
    assert systems.sync("--allow", f"identities:{code}").outcome(person) == "update"
    assert systems.user(person)["id"] == owner["id"]
    assert systems.writes() == {"created": 0, "updated": 1, "refused": 0}


def test_nor_where_a_leaver_holds_the_payroll_code(systems: TwoSystems) -> None:
    """Somebody who came back, or a code given again: whether they are let in a person decides."""
    person = systems.employee()
    code = person.employment["payrollCode"]
    left = systems.add_user(email="left@example.com", reference=code, leaveDate="2020-01-31")
    assert systems.sync().outcome(person) == "rehire"
    assert len(systems.users()) == 1
    assert systems.held(left)["leaveDate"] == "2020-01-31"


def test_nor_where_one_user_has_the_code_and_another_the_email(systems: TwoSystems) -> None:
    person = systems.known(email="old@example.com")
    owner = systems.add_user(email=person.personal["email"], reference=None)
    before = systems.users()
    report = systems.sync()
    assert report.outcome(person) == "conflict"
    assert str(owner["id"]) in report.candidates(person)
    assert systems.users() == before


@pytest.mark.parametrize("case", [str, str.upper])
def test_two_employees_who_share_an_email_are_not_created(
    systems: TwoSystems, case: type[str]
) -> None:
    one, other = systems.employee(), systems.employee()
    other.personal["email"] = case(one.personal["email"])
    report = systems.sync()
    assert {report.outcome(one), report.outcome(other)} == {"conflict"}
    assert systems.users() == []


def test_you_still_need_to_assign_an_approval_flow_and_policy_and_invite_them(
    systems: TwoSystems,
) -> None:
    """None of the three is set at creation, and what people set then is never touched."""
    person = systems.employee()
    systems.sync()
    user = systems.user(person)
    assert (user["policyId"], user["approvalFlowId"], user["invited"]) == (None, None, False)
    mine = {"policyId": 2, "approvalFlowId": 4, "invited": True}
    user.update(mine)
    person.personal["firstName"] = "Changed"
    systems.sync()
    assert systems.user(person) == {**user, "firstName": "Changed"}


def test_new_employees_created_in_staffology_payroll_will_be_created_as_users(
    systems: TwoSystems,
) -> None:
    """Those who start later as well."""
    first = systems.employee()
    systems.sync()
    starter, upcoming = systems.employee(), systems.employee()
    upcoming.employee["status"] = "Upcoming"
    report = systems.sync(as_of="2026-04-02T04:00:00Z")
    assert report.outcome(first) == "unchanged"
    assert report.outcome(starter) == report.outcome(upcoming) == "create"
    assert systems.user(starter)["email"] == starter.personal["email"]
    assert systems.writes()["created"] == 3


def test_new_starters_too_only_where_their_email_does_not_exist(systems: TwoSystems) -> None:
    """The email of a new starter is that of somebody whom the first sync created."""
    first = systems.employee()
    systems.sync()
    starter = systems.employee()
    starter.personal["email"] = first.personal["email"].upper()
    report = systems.sync(as_of="2026-04-02")
    assert report.outcome(starter) == "conflict"
    assert report.outcome(first) == "unchanged"
    assert len(systems.users()) == 1


def test_a_leaver_who_never_was_a_user_is_not_created(systems: TwoSystems) -> None:
    people = [systems.employee() for _ in range(3)]
    leave(people[0], on="2020-01-31")
    leave(people[1], on=None)
    leave(people[2], status="Current", flag=True, on="2026-03-31")
    report = systems.sync()
    assert {report.outcome(person) for person in people} == {"ignored"}
    assert systems.users() == []
