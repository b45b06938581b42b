"""Who is whom: "using the Employee Payroll Code and User Reference fields"."""

from collections.abc import Callable

from help_page.two_systems import MAPPING, TODAY, TwoSystems, leave

NOT_EXACTLY: dict[str, Callable[[str], object]] = {
    "case": str.lower,
    "leading space": lambda code: f" {code}",
    "trailing space": lambda code: f"{code} ",
    "no-break space": lambda code: f"{code}\u00a0",
    "leading zero lost": lambda code: code.replace("0", "", 1),
    "leading zero more": lambda code: f"0{code}",
    "full-width": lambda code: code.replace("0", "\uff10"),
    "prefix": lambda code: code[:-1],
    "blank": lambda code: "",
    "none": lambda code: None,
}


def test_the_integration_matches_by_payroll_code_and_user_reference(systems: TwoSystems) -> None:
    """Neither the name nor the email says who somebody is."""
    person = systems.known(firstName="Old", email="old@example.com")
    namesake = systems.add_user(
        firstName=person.personal["firstName"],
        lastName=person.personal["lastName"],
        email="namesake@example.com",
        reference="OTHER",
    )
    report = systems.sync()
    assert set(report.changed(person)) == {"firstName", "email"}
    assert systems.user(person)["email"] == person.personal["email"]
    assert systems.held(namesake) == namesake


def test_these_must_match_exactly_for_the_sync_to_be_successful(systems: TwoSystems) -> None:
    """The users have the employees' emails: nobody is updated, and nobody created anew."""
    people = []
    for number, variant in enumerate(NOT_EXACTLY.values()):
        person = systems.known()
        person.employment["payrollCode"] = code = f"NW0{number}42"
        person.held["reference"] = variant(code)
        person.personal["lastName"] = "Changed"
        people.append(person)
    before = systems.users()
    report = systems.sync()
    for person in people:
        assert report.outcome(person) == "conflict"
        assert report.candidates(person) == {str(person.held["id"])}
    assert systems.users() == before


def test_an_employee_who_exists_already_will_sync_where_the_code_and_reference_match(
    systems: TwoSystems,
) -> None:
    """The later revision of the page: "they'll sync automatically, provided …"."""
    person = systems.known(lastName="Old", departmentId=None)
    assert set(systems.sync().changed(person)) == {"lastName", "departmentId"}


def test_user_references_must_be_unique_is_recommended(systems: TwoSystems) -> None:
    """Where it is off and two users hold a reference, nobody guesses which of them is meant."""
    person = systems.known(lastName="Old")
    twin = systems.add_user(email="twin@example.com", reference=person.held["reference"])
    other = systems.known(lastName="Old")
    before = [systems.held(person.held), systems.held(twin)]
    report = systems.sync()
    assert report.outcome(person) == "conflict"
    assert report.candidates(person) == {str(person.held["id"]), str(twin["id"])}
    assert [systems.held(person.held), systems.held(twin)] == before
    assert report.outcome(other) == "update"
    ended = systems.run("check", MAPPING, "--as-of", TODAY)
    assert f"records {person.held['id']}, {twin['id']} have one value" in ended.flat


def test_two_employees_with_one_payroll_code_are_nobody(systems: TwoSystems) -> None:
    one, other = systems.known(lastName="Old"), systems.employee()
    other.employment["payrollCode"] = one.employment["payrollCode"]
    before = systems.users()
    report = systems.sync()
    assert {report.outcome(one), report.outcome(other)} == {"conflict"}
    assert systems.users() == before


def test_a_leavers_key_must_match_as_well(systems: TwoSystems) -> None:
    person = systems.known(reference="another")
    leave(person, on="2026-03-31")
    systems.sync(code=5)
    assert systems.held(person.held)["leaveDate"] is None
