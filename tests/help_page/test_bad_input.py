"""What the help page does not speak of: answers of no use, spoiled plans, odd people.

Whatever cannot be used is refused with its place and code, ends with 1, and writes nothing.
A person with an odd value has an outcome of their own and disturbs nobody else.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from help_page.trouble import (
    Trouble,
    always,
    an_error,
    elsewhere,
    lists,
    nobody,
    refused,
    sign_in,
    torn,
)
from help_page.two_systems import MAPPING, TODAY, PersonDraft, TwoSystems, leave

WAYS: list[tuple[Callable[[], Response], str]] = [
    (refused, "R102"),
    (sign_in, "R106"),
    (torn, "R106"),
    (an_error, "R107"),
    (elsewhere, "R108"),
]


def refused_whole(systems: TwoSystems, code: str) -> None:
    """Assert that no command that would write gets anywhere."""
    before = systems.users()
    for command in (("plan", MAPPING, "--out", "plan.json"), ("sync", MAPPING)):
        ended = systems.run(*command, "--as-of", TODAY)
        assert (ended.code, ended.out) == (1, "")
        assert f"[{code}]" in ended.err
    assert not Path("plan.json").exists()
    assert systems.users() == before
    assert set(systems.writes().values()) == {0}


@pytest.mark.parametrize(("way", "code"), WAYS)
def test_a_source_that_answers_amiss(
    systems: TwoSystems, payroll_trouble: Trouble, way: Callable[[], Response], code: str
) -> None:
    systems.known(lastName="Old")
    systems.employee()
    payroll_trouble.way = lists("/employees", way)
    refused_whole(systems, code)


@pytest.mark.parametrize("list_", ["/users", "/departments"])
@pytest.mark.parametrize(("way", "code"), WAYS)
def test_a_target_that_answers_amiss(
    systems: TwoSystems,
    expenses_trouble: Trouble,
    way: Callable[[], Response],
    code: str,
    list_: str,
) -> None:
    systems.known(lastName="Old")
    systems.employee()
    expenses_trouble.way = lists(list_, way)
    refused_whole(systems, code)


def test_a_source_whose_list_is_empty(systems: TwoSystems, payroll_trouble: Trouble) -> None:
    systems.known(lastName="Old")
    payroll_trouble.way = lists("/employees", nobody)
    refused_whole(systems, "R160")


def test_a_source_that_gives_the_same_page_twice(
    systems: TwoSystems, payroll_trouble: Trouble
) -> None:
    person = systems.known(lastName="Old")
    systems.employee()
    payroll_trouble.way = lists("/employees", always({"id": person.employee["id"]}))
    refused_whole(systems, "R161")


def test_a_target_whose_list_is_incomplete_creates_nobody(
    systems: TwoSystems, expenses_trouble: Trouble
) -> None:
    """Whoever seems to be missing may be on the page that never came."""
    person = systems.known(lastName="Old")
    systems.known()
    systems.employee()
    expenses_trouble.way = lists("/users", always(person.held))
    refused_whole(systems, "R162")


def test_a_target_without_users_is_one_to_fill(systems: TwoSystems) -> None:
    """An empty list is of no use of a source only."""
    person = systems.employee()
    assert systems.sync().outcome(person) == "create"


def edited(text: str) -> str:
    data = json.loads(text)
    data["outcomes"] = data["outcomes"][:1]
    return json.dumps(data)


def newer(text: str) -> str:
    return json.dumps({**json.loads(text), "oneway_plan": 99})


SPOILED: list[tuple[Callable[[str], str], str]] = [
    (lambda text: text[: len(text) // 2], "P101"),
    (lambda text: "", "P102"),
    (lambda text: "\x00\x01", "P102"),
    (lambda text: "[]", "P102"),
    (newer, "P103"),
    (edited, "P104"),
]


@pytest.mark.parametrize(("spoil", "code"), SPOILED)
def test_a_plan_that_is_torn_edited_or_newer(
    systems: TwoSystems, spoil: Callable[[str], str], code: str
) -> None:
    """Not as much as a request is sent."""
    systems.employee()
    systems.known(lastName="Old")
    systems.plan("--out", "plan.json")
    path = Path("plan.json")
    path.write_text(spoil(path.read_text()))
    systems.expenses.log.clear()
    ended = systems.run("apply", "plan.json")
    assert (ended.code, f"[{code}]" in ended.err, "plan.json" in ended.err) == (1, True, True)
    assert systems.expenses.log.describe()["total"] == 0


def test_a_plan_made_for_another_mapping(systems: TwoSystems, tmp_path: Path) -> None:
    systems.employee()
    mine = tmp_path / "mine.yaml"
    mine.write_text(MAPPING.read_text())
    assert systems.run("plan", mine, "--out", "plan.json").code == 0
    mine.write_text(MAPPING.read_text().replace("firstName: personal", "firstName:  personal"))
    systems.expenses.log.clear()
    ended = systems.run("apply", "plan.json")
    assert (ended.code, "[P110]" in ended.err) == (1, True)
    assert systems.expenses.log.describe()["total"] == 0


def put(*path: str, value: object) -> Callable[[PersonDraft], None]:
    def change(person: PersonDraft) -> None:
        at: Any = person.employee
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


FIRST, LAST = ("personalDetails", "firstName"), ("personalDetails", "lastName")
EMAIL, CODE = ("personalDetails", "email"), ("employmentDetails", "payrollCode")
# What each comes to once the rest has been applied: whoever is "unchanged" was created, and an
# email that the target refuses is tried again.
ODD: dict[str, tuple[Callable[[PersonDraft], None], str]] = {
    "a number for a name": (put(*FIRST, value=42), "error"),
    "a name that is true": (put(*FIRST, value=True), "error"),
    "a list for a name": (put(*LAST, value=["Quill"]), "error"),
    "10 kB of name": (put(*LAST, value="Q" * 10_000), "error"),
    "control characters": (put(*FIRST, value="A\x1b[31m\x00\r\nB"), "unchanged"),
    "text that runs backwards": (put(*FIRST, value="\u202eada"), "unchanged"),
    "half a character": (put(*FIRST, value="Ada \ud800"), "error"),
    "an email of spaces": (put(*EMAIL, value="   "), "ineligible"),
    "an email that is none": (put(*EMAIL, value="at home"), "create"),
    "an email that is a number": (put(*EMAIL, value=7), "error"),
    "a payroll code that is a number": (put(*CODE, value=42), "error"),
    "a payroll code that is an object": (put(*CODE, value={"code": "1"}), "error"),
    "no personal details": (put("personalDetails", value=None), "ineligible"),
    "a list for personal details": (put("personalDetails", value=[]), "ineligible"),
    "text for employment details": (put("employmentDetails", value="none"), "error"),
    "a status that is none": (put("status", value=7), "error"),
    "no status": (put("status", value=None), "error"),
    "a department that is text": (
        put("employmentDetails", "department", value="SALES"),
        "unchanged",
    ),
    "a department code that is a number": (
        put("employmentDetails", "department", "code", value=7),
        "error",
    ),
}


def test_an_odd_value_gets_an_outcome_of_its_own_and_disturbs_no_other(
    systems: TwoSystems,
) -> None:
    people = {what: systems.employee() for what in ODD}
    fine, moved = systems.employee(), systems.known(lastName="Old")
    for what, person in people.items():
        ODD[what][0](person)
    ended = systems.run("sync", MAPPING, "--as-of", TODAY)
    assert ended.code == 5, ended.err
    assert "\x1b" not in ended.out
    assert "\x00" not in ended.out
    assert systems.user(fine)["email"] == fine.personal["email"]
    assert systems.user(moved)["lastName"] == moved.personal["lastName"]
    report = systems.plan()
    assert len(report.data["outcomes"]) == len(people) + 2
    assert (report.outcome(fine), report.outcome(moved)) == ("unchanged", "unchanged")
    for what, person in people.items():
        assert report.outcome(person) == ODD[what][1], what
        assert bool(report.why(person)) == (ODD[what][1] in {"error", "ineligible"}), what


def test_an_odd_leave_date_marks_nobody_and_stops_nobody(systems: TwoSystems) -> None:
    """What is no date is that person's error; the others leave."""
    dates: list[object] = ["31/12/2025", 20251231, "2025-02-30", "soon"]
    people, fine = [systems.known() for _ in dates], systems.known()
    for person, on in zip((*people, fine), (*dates, "2026-03-31"), strict=True):
        leave(person, on=on)
    ended = systems.run("sync", MAPPING, "--as-of", TODAY.isoformat(), "--allow", "leavers=5")
    assert ended.code == 5  # four have left, and can still get in
    assert [systems.user(person)["leaveDate"] for person in people] == [None] * len(dates)
    assert systems.user(fine)["leaveDate"] == "2026-03-31"
