"""How the integration works: one way, and what is changed in ExpenseIn is overwritten."""

import shutil
from pathlib import Path

import pytest

from help_page.two_systems import TwoSystems

BANK = {"accountName": "Somebody Else", "accountNumber": "00000001", "sortCode": "000099"}
EDITS = {
    "firstName": "Edited",
    "lastName": "Edited",
    "email": "edited@example.com",
    "departmentId": None,
    "bankDetails": BANK,
}


def test_changes_made_in_staffology_payroll_will_update_expensein(systems: TwoSystems) -> None:
    person = systems.known()
    person.personal["firstName"] = "Changed"
    systems.sync()
    assert systems.user(person)["firstName"] == "Changed"


def test_changes_made_in_expensein_will_not_update_staffology_payroll(systems: TwoSystems) -> None:
    """`systems` sees to it besides that nothing but GET is ever sent to payroll."""
    edited = systems.known(**EDITS)
    systems.known(leaveDate="2025-01-31")
    systems.known(reference="0000-other")
    before = systems.employees()
    code = edited.employment["payrollCode"]
    allowed = ("--allow", f"identities:{code}")  # nothing of the user is as it was
    systems.sync("--set", "include_bank_details=true", *allowed)
    assert systems.employees() == before
    assert systems.payroll.log.describe()["total"] > 0


@pytest.mark.parametrize("field", EDITS)
def test_a_field_updated_in_expensein_will_be_overwritten_during_the_next_sync(
    systems: TwoSystems, field: str
) -> None:
    person = systems.known()
    agreed = systems.users()
    assert systems.user(person)[field] != EDITS[field]
    systems.user(person)[field] = EDITS[field]
    report = systems.sync("--set", "include_bank_details=true")
    assert systems.users() == agreed
    assert all(name.startswith(field) for name in report.changed(person))


def test_unless_the_same_update_is_made_in_staffology_payroll(systems: TwoSystems) -> None:
    person = systems.known(lastName="Married-Name", email="new.name@example.com")
    person.personal["lastName"] = "Married-Name"
    person.personal["email"] = "new.name@example.com"
    before = systems.users()
    assert systems.sync().outcome(person) == "unchanged"
    assert systems.users() == before
    assert systems.writes()["updated"] == 0


def test_a_field_that_is_not_synced_keeps_what_expensein_says(systems: TwoSystems) -> None:
    person = systems.known(policyId=7, approvalFlowId=9, invited=True)
    person.personal["lastName"] = "Changed"
    before = systems.user(person)
    systems.sync()
    assert systems.user(person) == {**before, "lastName": "Changed"}


def test_users_that_payroll_does_not_know_are_left_alone(systems: TwoSystems) -> None:
    """The page speaks of employees only: directors and contractors stay as they are."""
    person = systems.known(lastName="Old")
    strangers = [systems.add_user(email=f"{n}@example.com", reference=n) for n in (None, "EXT-1")]
    systems.sync()
    assert systems.user(person)["lastName"] != "Old"
    assert [systems.held(each) for each in strangers] == strangers


def test_it_will_sync_shortly_after_your_initial_connection_and_any_reconnections(
    systems: TwoSystems, tmp_path: Path
) -> None:
    """A connection is the state folder: without it a sync does what any other does."""
    person = systems.employee()
    assert systems.sync().outcome(person) == "create"
    person.personal["lastName"] = "Changed"
    shutil.rmtree(tmp_path / ".oneway")
    assert systems.sync().changed(person) == {"lastName": "Changed"}


def test_it_will_then_sync_user_updates_at_approximately_4_am(systems: TwoSystems) -> None:
    """Night after night: a night without changes writes nothing, and one with them writes them."""
    person = systems.known()
    assert systems.sync(as_of="2026-04-02T04:00:00Z").outcome(person) == "unchanged"
    person.personal["lastName"] = "Changed"
    assert systems.sync(as_of="2026-04-03T04:00:00Z").outcome(person) == "update"
    assert systems.sync(as_of="2026-04-04T04:00:00Z").outcome(person) == "unchanged"
    assert systems.writes()["updated"] == 1
