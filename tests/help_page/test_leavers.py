"""Leavers: marked in payroll, marked in ExpenseIn, by the date on which they leave."""

import pytest

from help_page.two_systems import MAPPING, TODAY, TwoSystems, leave

FUTURE = "2026-05-31"


MARKED = [
    ("Former", True, "2026-03-31", "2026-03-31"),
    ("Former", False, "2026-04-01", "2026-04-01"),
    ("Former", True, FUTURE, FUTURE),
    ("Former", True, None, TODAY.isoformat()),
    ("Former", False, "", TODAY.isoformat()),
    ("Current", True, "2026-03-31", "2026-03-31"),
    ("Current", True, None, TODAY.isoformat()),
    (1, False, "2026-03-31", "2026-03-31"),
    ("1", False, "2026-03-31", "2026-03-31"),
]
"""Status, "has left" and leave date in payroll; the leave date in ExpenseIn."""


def test_employees_marked_as_leavers_will_be_updated_as_leavers_in_expensein(
    systems: TwoSystems,
) -> None:
    """With a date, without one, or with one to come; nobody else leaves."""
    people, other = [systems.known() for _ in MARKED], systems.known()
    for person, (status, flag, on, _) in zip(people, MARKED, strict=True):
        leave(person, status, flag=flag, on=on)
    report = systems.sync("--allow", f"leavers={len(MARKED)}")
    for person, (*_, date) in zip(people, MARKED, strict=True):
        assert report.outcome(person) == "leave"
        assert report.changed(person) == {"leaveDate": date}
        assert systems.user(person)["leaveDate"] == date
    assert systems.user(other)["leaveDate"] is None


def test_a_leaver_without_leaver_details_leaves_today_and_stays_gone(systems: TwoSystems) -> None:
    """The date does not move with the day: whoever has left has left."""
    person = systems.known()
    person.employee["status"] = "Former"
    person.employment["leaverDetails"] = None
    systems.sync()
    for later in ("2026-04-02", "2026-04-30", "2026-10-01"):
        assert systems.sync(as_of=later).outcome(person) == "unchanged"
    assert systems.user(person)["leaveDate"] == TODAY.isoformat()
    assert systems.writes()["updated"] == 1


def test_a_date_that_is_only_noted_makes_no_leaver(systems: TwoSystems) -> None:
    person = systems.known()
    leave(person, "Current", on="2026-03-31")
    assert systems.sync().outcome(person) == "unchanged"


def test_a_leaver_to_come_follows_the_date(systems: TwoSystems) -> None:
    """Written once, again when payroll changes it, and no more once the day has come."""
    person = systems.known()
    leave(person, on=FUTURE)
    assert systems.sync().outcome(person) == "leave"
    assert systems.sync(as_of="2026-04-20").outcome(person) == "unchanged"
    leave(person, on="2026-06-30")
    assert systems.sync(as_of="2026-04-21").changed(person) == {"leaveDate": "2026-06-30"}
    assert systems.sync(as_of="2026-07-01").outcome(person) == "unchanged"
    assert systems.writes()["updated"] == 2


def test_provided_their_payroll_code_and_user_reference_match(systems: TwoSystems) -> None:
    """Whoever matches nobody is neither marked nor created, though the email is known."""
    person = systems.known()
    person.held["reference"] = person.held["reference"].lower() + "x"
    leave(person, on="2026-03-31")
    before = systems.users()
    # A record with this email has access and no person: the leaver is named.
    assert systems.sync(code=5).outcome(person) in {"ignored", "conflict"}
    assert systems.users() == before


def test_a_leavers_other_changes_are_written_by_a_request_of_their_own(
    systems: TwoSystems,
) -> None:
    person = systems.known()
    leave(person, on="2026-03-31")
    person.personal["lastName"] = "Changed"
    assert systems.sync().changed(person) == {"leaveDate": "2026-03-31", "lastName": "Changed"}
    assert systems.writes()["updated"] == 2


@pytest.mark.parametrize("trouble", ["a bad account", "a taken email", "a strange name"])
def test_nothing_else_that_is_wrong_with_a_leaver_keeps_them_in(
    systems: TwoSystems, trouble: str
) -> None:
    person, other = systems.known(), systems.known()
    leave(person, on="2026-03-31")
    if trouble == "a bad account":
        person.employee["bankDetails"] = {"accountNumber": "1234567", "sortCode": "000000"}
    elif trouble == "a taken email":
        person.personal["email"] = other.held["email"]
    else:
        person.personal["lastName"] = 7
    report = systems.sync("--set", "include_bank_details=true")
    assert report.outcome(person) == "leave"
    assert report.changed(person) == {"leaveDate": "2026-03-31"}
    assert systems.user(person)["leaveDate"] == "2026-03-31"


def test_a_leave_date_that_payroll_corrects_is_put_right(systems: TwoSystems) -> None:
    person = systems.known()
    leave(person, on="2026-03-31")
    systems.sync()
    leave(person, on="2026-02-28")
    assert systems.sync(as_of="2026-04-20").changed(person) == {"leaveDate": "2026-02-28"}
    leave(person, on="2026-06-30")
    assert systems.sync(as_of="2026-04-21").outcome(person) == "rehire"
    assert systems.user(person)["leaveDate"] == "2026-02-28"


def test_many_leavers_at_once_are_held_back_until_a_person_allows_them(
    systems: TwoSystems,
) -> None:
    """The page knows no such guard; the mapping sets one, and a person can raise it."""
    people = [systems.known() for _ in range(5)]
    for person in people[:3]:
        leave(person, on="2026-03-31")
    people[4].personal["lastName"] = "Changed"
    ended = systems.run("sync", MAPPING, "--as-of", TODAY)
    assert (ended.code, "--allow leavers=3" in ended.out) == (4, True)
    assert [systems.user(person)["leaveDate"] for person in people] == [None] * 5
    assert systems.user(people[4])["lastName"] == "Changed"
    systems.sync("--allow", "leavers=3")
    assert sum(systems.user(person)["leaveDate"] is not None for person in people) == 3
