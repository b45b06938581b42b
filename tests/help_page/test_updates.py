"""What follows a change in payroll: names, email, bank details, department."""

import pytest

from help_page.two_systems import PersonDraft, TwoSystems

ON = ("--set", "include_bank_details=true")
NEW_BANK = {"accountName": "New Account", "accountNumber": "00009876", "sortCode": "00-00-07"}
HELD_BANK = {**NEW_BANK, "sortCode": "000007"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("firstName", "Zoë"), ("lastName", "O’Neill-Łukasz"), ("email", "changed@example.com")],
)
def test_changes_to_an_employees_name_or_email_will_update_the_existing_user(
    systems: TwoSystems, field: str, value: str
) -> None:
    """That field of that user, and no other field of anybody."""
    person, other = systems.known(), systems.known()
    before = systems.user(person), systems.user(other)
    person.personal[field] = value
    assert systems.sync().changed(person) == {field: value}
    assert systems.user(person) == {**before[0], field: value}
    assert systems.user(other) == before[1]
    assert systems.writes()["updated"] == 1


def test_provided_their_payroll_code_and_user_reference_match(systems: TwoSystems) -> None:
    person = systems.known()
    person.employment["payrollCode"] += "-changed"
    person.personal["lastName"] = "Changed"
    before = systems.users()
    assert systems.sync().outcome(person) == "conflict"
    assert systems.users() == before


def test_an_email_that_differs_in_case_only_is_no_change(systems: TwoSystems) -> None:
    person = systems.known()
    person.held["email"] = person.held["email"].title()
    assert systems.sync().outcome(person) == "unchanged"


def test_an_email_that_another_user_has_is_not_taken_from_them(systems: TwoSystems) -> None:
    person = systems.known()
    owner = systems.add_user(email="wanted@example.com", reference=None)
    person.personal["email"] = "Wanted@example.com"
    before = systems.users()
    report = systems.sync()
    assert report.outcome(person) == "conflict"
    assert str(owner["id"]) in report.candidates(person)
    assert systems.users() == before


def test_an_email_may_be_handed_on(systems: TwoSystems) -> None:
    giver, taker = systems.known(), systems.known()
    taker.personal["email"] = giver.personal["email"]
    giver.personal["email"] = "fresh@example.com"
    systems.sync()
    assert systems.user(taker)["email"] == taker.personal["email"]
    assert systems.user(giver)["email"] == "fresh@example.com"


def test_changes_to_bank_details_will_update_their_bank_details_in_expensein(
    systems: TwoSystems,
) -> None:
    person, first, new = systems.known(), systems.known(bankDetails=None), systems.employee()
    for each in (person, first, new):
        each.employee["bankDetails"] = dict(NEW_BANK)
    systems.sync(*ON)
    assert [systems.user(p)["bankDetails"] for p in (person, first, new)] == [HELD_BANK] * 3


@pytest.mark.parametrize("given", [(), ("--set", "include_bank_details=false")])
def test_bank_details_will_only_sync_if_include_bank_details_is_yes(
    systems: TwoSystems, given: tuple[str, ...]
) -> None:
    """Neither updated nor set on a new user; "no" is what holds where nothing is said."""
    person, new = systems.known(), systems.employee()
    held = person.held["bankDetails"]
    person.employee["bankDetails"] = dict(NEW_BANK)
    systems.sync(*given)
    assert systems.user(person)["bankDetails"] == held
    assert systems.user(new)["bankDetails"] is None


def test_switching_it_off_again_leaves_what_is_there(systems: TwoSystems) -> None:
    person = systems.known(bankDetails=None)
    person.employee["bankDetails"] = dict(NEW_BANK)
    systems.sync(*ON)
    person.employee["bankDetails"] = {**NEW_BANK, "accountNumber": "00005555"}
    person.personal["lastName"] = "Changed"
    assert systems.sync(as_of="2026-04-02").changed(person) == {"lastName": "Changed"}
    assert systems.user(person)["bankDetails"] == HELD_BANK


def test_bank_details_that_payroll_lacks_take_nothing_away(systems: TwoSystems) -> None:
    """The page does not say; a blank is no reason to stop somebody's repayments."""
    banks: list[object] = [None, {}, {"accountName": "", "accountNumber": " ", "sortCode": None}]
    people = [systems.known() for _ in banks]
    for person, bank in zip(people, banks, strict=True):
        person.employee["bankDetails"] = bank
    report = systems.sync(*ON)
    assert [report.outcome(person) for person in people] == ["unchanged"] * 3


def test_bank_details_are_never_shown(systems: TwoSystems) -> None:
    person = systems.known()
    person.employee["bankDetails"] = dict(NEW_BANK)
    report = systems.sync(*ON)
    assert set(report.changed(person).values()) == {"***"}


def departments(systems: TwoSystems, person: PersonDraft) -> tuple[dict[str, object], int]:
    """Return a department that somebody is not in, as payroll and as ExpenseIn have it."""
    code = person.employment["department"]["code"]
    other = next(d for d in systems.expenses.departments if d["reference"] != code)
    return {"code": other["reference"], "title": other["name"]}, other["id"]


def test_changes_to_an_employees_department_will_update_the_users_department(
    systems: TwoSystems,
) -> None:
    person = systems.known()
    person.employment["department"], wanted = departments(systems, person)
    assert systems.sync().changed(person) == {"departmentId": wanted}
    assert systems.user(person)["departmentId"] == wanted


def test_a_department_that_no_one_reference_stands_for_is_kept_and_reported(
    systems: TwoSystems,
) -> None:
    """The page asks to check the references beforehand; where one is amiss nothing is guessed."""
    for number in (901, 902):
        systems.expenses.departments.put({"id": number, "name": "Two", "reference": "TWICE"})
    code = next(iter(systems.expenses.departments))["reference"]
    amiss = ["NOWHERE", "TWICE", code.lower(), f" {code}", f"{code} "]
    people = [(systems.known(), systems.employee()) for _ in amiss]
    for (person, new), wrong in zip(people, amiss, strict=True):
        person.employment["department"] = {"code": wrong, "title": "Unknown"}
        new.employment["department"] = {"code": wrong, "title": "Unknown"}
    report = systems.sync()
    for person, new in people:
        assert (report.outcome(person), report.outcome(new)) == ("unchanged", "create")
        assert systems.user(new)["departmentId"] is None
    missed = {miss["value"]: (miss["found"], miss["records"]) for miss in report.data["misses"]}
    assert missed == {wrong: (2 if wrong == "TWICE" else 0, 2) for wrong in amiss}


def test_an_employee_without_a_department_keeps_the_users(systems: TwoSystems) -> None:
    people = [systems.known() for _ in range(4)]
    people[0].employment["department"] = None
    del people[1].employment["department"]
    people[2].employment["department"] = {"code": None, "title": ""}
    people[3].employment["department"] = {"code": "", "title": ""}
    report = systems.sync()
    assert [report.outcome(person) for person in people] == ["unchanged"] * 4
    assert report.data["misses"] == []
