"""The four fields that must be completed for an employee to sync."""

import pytest

from help_page.two_systems import PersonDraft, TwoSystems, leave

PLACES = {
    "Name (First)": ("personalDetails", "firstName"),
    "Name (Last)": ("personalDetails", "lastName"),
    "Email": ("personalDetails", "email"),
    "Payroll Code": ("employmentDetails", "payrollCode"),
}
BLANK = [None, "", "   ", "\t\r\n", "\u00a0\u2003"]


def put(person: PersonDraft, field: str, value: object) -> None:
    part, key = PLACES[field]
    person.employee[part][key] = value


@pytest.mark.parametrize("field", PLACES)
def test_if_any_of_these_fields_are_missing_the_employee_will_not_sync(
    systems: TwoSystems, field: str
) -> None:
    people = [systems.employee() for _ in BLANK]
    for person, value in zip(people, BLANK, strict=True):
        put(person, field, value)
    absent, fine = systems.employee(), systems.employee()
    part, key = PLACES[field]
    del absent.employee[part][key]
    report = systems.sync()
    for person in (*people, absent):
        assert report.outcome(person) == "ineligible"
        assert report.why(person) == f"{field} is missing"
    assert report.outcome(fine) == "create"
    assert systems.writes()["created"] == len(systems.users()) == 1


@pytest.mark.parametrize("field", ["Name (First)", "Name (Last)", "Email"])
def test_an_existing_employee_who_is_incomplete_does_not_sync_either(
    systems: TwoSystems, field: str
) -> None:
    """Nothing of them is written, not even what is complete."""
    people = [systems.known(departmentId=None) for _ in BLANK]
    for person, value in zip(people, BLANK, strict=True):
        put(person, field, value)
    before = systems.users()
    report = systems.sync()
    assert {report.outcome(person) for person in people} == {"ineligible"}
    assert systems.users() == before


@pytest.mark.parametrize("field", ["Name (First)", "Name (Last)", "Email"])
def test_a_leaver_who_is_incomplete_leaves_all_the_same(systems: TwoSystems, field: str) -> None:
    """The page asks of leavers that code and reference match, and no more."""
    leaver = systems.known()
    put(leaver, field, None)
    leave(leaver, on="2026-03-31")
    assert systems.sync().outcome(leaver) == "leave"
    assert systems.user(leaver)["leaveDate"] == "2026-03-31"


def test_an_existing_employee_without_a_payroll_code_matches_nobody(systems: TwoSystems) -> None:
    """Nor do two blanks match each other."""
    person = systems.known(reference="   ", lastName="Old")
    put(person, "Payroll Code", "   ")
    before = systems.users()
    assert systems.sync().outcome(person) == "ineligible"
    assert systems.users() == before


def test_the_report_names_every_field_that_is_missing(systems: TwoSystems) -> None:
    person, nothing = systems.employee(), systems.employee()
    for field in PLACES:
        put(person, field, "")
    nothing.employee["personalDetails"] = None
    report = systems.plan()
    assert report.why(person) == "; ".join(f"{field} is missing" for field in PLACES)
    assert report.why(nothing) == "; ".join(f"{field} is missing" for field in list(PLACES)[:3])


def test_an_employee_who_is_completed_later_syncs_then(systems: TwoSystems) -> None:
    person = systems.employee()
    email = person.personal["email"]
    put(person, "Email", " ")
    assert systems.sync().outcome(person) == "ineligible"
    put(person, "Email", email)
    assert systems.sync().outcome(person) == "create"
