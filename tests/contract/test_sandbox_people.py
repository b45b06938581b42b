"""The people of the sandboxes: the same each time, of every kind, and nobody's real data."""

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oneway_connectors.sandbox as sandbox_package
from oneway_connectors.sandbox.expensein_rules import problems_of
from oneway_connectors.sandbox.kinds import KINDS
from oneway_connectors.sandbox.matching_person import Json
from oneway_connectors.sandbox.names import FAMILIES
from oneway_connectors.sandbox.people import Population, population

TODAY = date(2026, 4, 1)
PEOPLE = population(TODAY)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
READ_ONLY = {"id", "invited", "createdAt"}


def employees_of(people: Population, kind: str) -> list[Json]:
    by_id = {employee["id"]: employee for employee in people.employees}
    return [by_id[id] for id in people.kinds[kind]]


def user_of(people: Population, employee: Json) -> Json | None:
    code = employee["employmentDetails"]["payrollCode"]
    return next((user for user in people.users if user["reference"] == code), None)


def users_of(people: Population, kind: str) -> list[Json]:
    users = [user_of(people, employee) for employee in employees_of(people, kind)]
    return [user for user in users if user is not None]


@settings(max_examples=10, deadline=None)
@given(DAYS)
def test_the_same_day_gives_the_same_people(today: date) -> None:
    assert population(today) == population(today)


def test_another_process_with_other_hash_seeds_gives_the_same_people() -> None:
    script = (
        "import hashlib, json; from datetime import date; "
        "from oneway_connectors.sandbox.people import population; "
        "p = population(date(2026, 4, 1)); "
        "held = json.dumps([p.employees, p.users, dict(p.kinds)]); "
        "print(hashlib.sha256(held.encode()).hexdigest())"
    )
    path = json.dumps(sys.path)
    printed = {
        subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path[:] = {path}; {script}"],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


@settings(max_examples=10, deadline=None)
@given(DAYS, st.integers(0, 10**6), st.integers(200, 260))
def test_every_kind_is_there_whatever_the_seed(today: date, seed: int, size: int) -> None:
    people = population(today, seed=seed, size=size)
    assert len(people.employees) == size
    summary = people.summary()
    assert {kind.name: kind.count for kind in KINDS}.items() <= summary.items()
    assert sum(summary[kind] for kind in ("unchanged", *(k.name for k in KINDS))) == size
    assert len({employee["id"] for employee in people.employees}) == size


@settings(max_examples=10, deadline=None)
@given(DAYS, st.integers(0, 10**6))
def test_the_users_keep_the_expense_systems_own_rules(today: date, seed: int) -> None:
    people = population(today, seed=seed)
    departments = {department["id"] for department in people.departments}
    for user in people.users:
        written = {key: value for key, value in user.items() if key not in READ_ONLY}
        assert problems_of(written, departments) == []
    emails = [user["email"].casefold() for user in people.users]
    references = [user["reference"] for user in people.users if user["reference"]]
    ids = [user["id"] for user in people.users]
    for values in (emails, references, ids):
        assert len(set(values)) == len(values)


def test_most_are_of_no_special_kind() -> None:
    summary = PEOPLE.summary()
    assert summary["unchanged"] > 5 * max(n for kind, n in summary.items() if kind != "unchanged")
    assert len(PEOPLE.employees) == 200


def test_the_unchanged_agree_in_every_field() -> None:
    for employee in employees_of(PEOPLE, "unchanged"):
        user = user_of(PEOPLE, employee)
        assert user is not None
        personal, bank = employee["personalDetails"], employee["bankDetails"]
        assert (user["firstName"], user["lastName"]) == (
            personal["firstName"],
            personal["lastName"],
        )
        assert user["email"] == personal["email"]
        assert user["bankDetails"]["sortCode"] == re.sub(r"\D", "", bank["sortCode"])
        assert user["leaveDate"] is None


def test_some_are_on_hold_and_agree_otherwise() -> None:
    assert all(e["employmentDetails"]["onHold"] for e in employees_of(PEOPLE, "on_hold"))
    assert len(users_of(PEOPLE, "on_hold")) == 1


def test_some_codes_differ_from_a_reference_in_zeros_alone() -> None:
    references = {user["reference"]: user for user in PEOPLE.users}
    first, second = employees_of(PEOPLE, "near_code")
    codes = [e["employmentDetails"]["payrollCode"] for e in (first, second)]
    assert codes == ["42", "0043"]
    assert not set(codes) & references.keys()
    assert references["042"]["email"] == first["personalDetails"]["email"]
    assert references["43"]["email"] == f"old.{second['personalDetails']['email']}"


def test_some_have_no_status_where_payroll_is_odd_and_one_where_it_is_not() -> None:
    absent, null = employees_of(PEOPLE, "status_missing")
    assert "status" not in absent
    assert null["status"] is None
    orderly = population(TODAY, quirks=False)
    assert [e["status"] for e in employees_of(orderly, "status_missing")] == ["Current"] * 2


def test_a_department_that_nobody_lists_and_one_that_nobody_is_in() -> None:
    codes = {
        e["employmentDetails"]["department"]["code"]
        for e in employees_of(PEOPLE, "department_unknown")
    }
    listed = {d["code"]: d["employeeCount"] for d in PEOPLE.payroll_departments}
    assert not codes & (listed.keys() | {d["reference"] for d in PEOPLE.departments})
    assert listed["ARC"] == 0
    assert "ARC" in {d["reference"] for d in PEOPLE.departments}


def test_leavers_are_fewer_than_the_default_guard_lets_through() -> None:
    leavers = [k.name for k in KINDS if k.name.startswith("leaver_") and k.name != "leaver_unknown"]
    managed = sum(user_of(PEOPLE, employee) is not None for employee in PEOPLE.employees)
    assert sum(PEOPLE.summary()[kind] for kind in leavers) < managed * 0.1


def test_leavers_are_dated_today_past_and_future() -> None:
    def dates(kind: str) -> set[str]:
        found = employees_of(PEOPLE, kind)
        return {e["employmentDetails"]["leaverDetails"]["leaveDate"] for e in found}

    assert dates("leaver_today") == {TODAY.isoformat()}
    assert max(dates("leaver_past")) < TODAY.isoformat() < min(dates("leaver_future"))
    assert dates("leaver_undated") == {None}
    assert [u["leaveDate"] for u in users_of(PEOPLE, "leaver_scheduled")] == [
        *dates("leaver_scheduled")
    ]
    assert [u["leaveDate"] for u in users_of(PEOPLE, "leaver_rescheduled")] != [
        *dates("leaver_rescheduled")
    ]
    assert not [u for u in users_of(PEOPLE, "leaver_past") if u["leaveDate"]]


def test_joiners_have_no_user_and_no_email_in_use() -> None:
    emails = {user["email"].casefold() for user in PEOPLE.users}
    for employee in employees_of(PEOPLE, "joiner"):
        assert user_of(PEOPLE, employee) is None
        assert employee["personalDetails"]["email"].casefold() not in emails


def test_taken_emails_belong_to_users_with_another_or_a_blank_reference() -> None:
    holders = {user["email"].casefold(): user for user in PEOPLE.users}
    taken = employees_of(PEOPLE, "taken_email")
    references = [holders[e["personalDetails"]["email"].casefold()]["reference"] for e in taken]
    codes = [e["employmentDetails"]["payrollCode"] for e in taken]
    assert {"", None} < set(references)
    assert not set(references) & set(codes)
    assert {str(r).casefold() for r in references} & {code.casefold() for code in codes}


def test_rehires_are_current_in_payroll_and_left_in_the_expense_system() -> None:
    assert {e["status"] for e in employees_of(PEOPLE, "rehire")} == {"Current"}
    rehires = users_of(PEOPLE, "rehire")
    assert len(rehires) == 2
    assert all(user["leaveDate"] < TODAY.isoformat() for user in rehires)


def test_payroll_codes_are_blank_and_double_for_some() -> None:
    codes = [e["employmentDetails"]["payrollCode"] for e in PEOPLE.employees]
    assert sum(not code.strip() for code in codes) == 2
    assert sum(codes.count(code) == 2 for code in codes) == 4
    assert any(code.startswith("0") for code in codes)


def test_departments_are_unreferenced_ambiguous_or_absent_for_some() -> None:
    references = [department["reference"] for department in PEOPLE.departments]
    codes = [d["code"] for d in PEOPLE.payroll_departments]
    assert [code for code in codes if references.count(code) == 0] == ["RND"]
    assert [code for code in codes if references.count(code) == 2] == ["WHS"]
    assert sum("department" not in e["employmentDetails"] for e in PEOPLE.employees) == 2


def test_a_status_is_an_index_for_some_unless_quirks_are_off() -> None:
    words = {"Current", "Former", "Upcoming"}
    assert {1, "1", None} <= {e.get("status") for e in PEOPLE.employees} - words
    plain = population(TODAY, quirks=False)
    assert {e["status"] for e in plain.employees} == words
    assert plain.users == PEOPLE.users


def test_bank_details_are_nobodys_and_in_every_form() -> None:
    banks = [e["bankDetails"] for e in PEOPLE.employees] + [
        user["bankDetails"] for user in PEOPLE.users if user["bankDetails"]
    ]
    sort_codes = {bank["sortCode"] for bank in banks}
    forms = {re.sub("[0-9]", "9", code) for code in sort_codes if code}
    assert forms == {"999999", "99-99-99", "99 99 99"}
    assert {None, ""} < sort_codes
    assert all(re.sub(r"\D", "", code).startswith("0000") for code in sort_codes if code)
    numbers = {bank["accountNumber"] for bank in banks if bank["accountNumber"]}
    assert all(re.fullmatch("0000[0-9]{4}", number) for number in numbers)


def test_emails_are_ascii_at_domains_that_are_nobodys() -> None:
    held = [user["email"] for user in PEOPLE.users]
    held += [e["personalDetails"]["email"] or "" for e in PEOPLE.employees]
    shape = re.compile(r"[a-z0-9.-]+@example\.(com|org)")
    assert all(shape.fullmatch(email.lower()) for email in held if email.strip())


def test_names_go_beyond_ascii() -> None:
    written = "".join(
        (e["personalDetails"]["firstName"] or "") + e["personalDetails"]["lastName"]
        for e in PEOPLE.employees
    )
    families = ("ŷâôî", "łśżęą", "şğıİç", "áíóú", "'’", "\u03b1\u03b9", "\u53f8\u6b27\u4e0a\u8bf8")
    for letters in families:
        assert set(letters) & set(written), letters


def test_every_name_has_a_spelling() -> None:
    for _, firsts, lasts in FAMILIES:
        for name in (*firsts, *lasts):
            assert re.fullmatch("[a-z-]+", name.spelling), name


def test_starters_are_dated_relative_to_the_day() -> None:
    for employee in employees_of(PEOPLE, "joiner_upcoming"):
        start = date.fromisoformat(employee["employmentDetails"]["starterDetails"]["startDate"])
        assert timedelta(0) < start - TODAY <= timedelta(40)


def test_a_population_too_small_for_every_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        population(TODAY, size=20)


def test_the_readme_tells_of_every_kind_and_how_many() -> None:
    readme = Path(sandbox_package.__file__).with_name("README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.*) \|$", readme, re.MULTILINE)
    assert rows == [(kind.name, str(kind.count), kind.about) for kind in KINDS]
