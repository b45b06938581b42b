"""`oneway new`: from two files to a mapping that validates and plans as it is written."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cli_world import Ended, World, struck_out
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneway.cli.entry import run
from pasting import wrong_cases
from workbooks import workbook

FIRST = ["Ann", "Bob", "Cy", "Dee", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon"]
LAST = ["Oak", "Elm", "Ash", "Fir", "Yew", "Bay", "Box"]


def export(folder: Path) -> list[dict[str, str]]:
    """Write the export of an HR system: sixty people, as such systems write them."""
    rows = [
        {
            "Staff No": f"{1001 + i:05}",
            "First Name": FIRST[i % 10],
            "Last Name": LAST[i % 7].upper() if i % 9 == 0 else LAST[i % 7],
            "Work Email": f"{FIRST[i % 10]}.{LAST[i % 7]}{i}@Example.com",
            "Dept.": ["Ops", "Sales", "IT"][i % 3],
            "Start Date": f"{i % 28 + 1:02}/{i % 12 + 1:02}/2020",
            "Leaving Date": "31/12/2025" if i in (5, 17) else "",
            "Manager": "" if i == 0 else f"{1001 + i % 3:05}",
            "Contract Type": "Contractor" if i % 10 == 9 else "Employee",
        }
        for i in range(60)
    ]
    with (folder / "people.csv").open("w", encoding="cp1252", newline="") as file:
        file.write("Staff list at 28/11/2026;;;\r\n;;;\r\n")
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
        file.write("Total;60;;;;;;;\r\n")
    return rows


def users(folder: Path, rows: list[dict[str, str]]) -> None:
    found = [
        {
            "id": 500 + i,
            "reference": row["Staff No"],
            "firstName": row["First Name"],
            "lastName": row["Last Name"].title(),
            "email": row["Work Email"].lower(),
            "department": row["Dept."],
            "managerId": 500 + int(row["Manager"]) - 1001 if row["Manager"] else None,
            "active": True,
        }
        for i, row in enumerate(rows[:50])
    ]
    (folder / "users.json").write_text(json.dumps(found))


@pytest.fixture
def made(world: World) -> tuple[World, Ended]:
    users(world.folder, export(world.folder))
    return world, world.run("new", "map.yaml", "--source", "people.csv", "--target", "users.json")


def applied(world: World) -> None:
    """Apply a draft by striking out its questions: everybody takes part, and nobody leaves."""
    path = world.folder / "map.yaml"
    path.write_text(struck_out(path.read_text("utf-8")), "utf-8")
    assert world.run("plan", "map.yaml", "--out", "plan.json").code == 0
    assert world.run("apply", "plan.json").code == 0


def test_it_validates_and_plans_as_it_is_written(made: tuple[World, Ended]) -> None:
    world, ended = made
    assert ended.code == 0, ended.err
    checked = world.run("validate", "map.yaml")
    assert (checked.code, "0 errors, 3 warnings" in checked.out) == (0, True)
    assert "no leavers are defined: nobody loses access" in checked.out
    assert checked.out.count("a question is open: ") == 2
    unproved = world.run("prove", "map.yaml", "--situations", "200").out
    assert "no leavers are defined: nobody loses access" in unproved
    assert "leavers lose access" not in unproved
    plan = world.run("plan", "map.yaml", "--format", "json", "--out", "plan.json")
    assert plan.code == 0, plan.err
    kinds = [outcome["outcome"] for outcome in plan.data["outcomes"]]
    assert (kinds.count("create"), kinds.count("unchanged")) == (10, 50)
    refused = world.run("apply", "plan.json")
    assert (refused.code, refused.err.count("[P118]")) == (1, 2)
    applied(world)
    assert world.run("plan", "map.yaml", "--exit-code").code == 0


def test_how_the_file_is_written_is_found_and_said(made: tuple[World, Ended]) -> None:
    _, ended = made
    assert "delimiter: semicolon, header: 3, footer: Total" in ended.flat
    assert "Leaving Date=date:dd/MM/yyyy" in ended.flat


def test_each_guess_is_marked_and_each_question_can_be_answered(made: tuple[World, Ended]) -> None:
    world, _ = made
    text = (world.folder / "map.yaml").read_text()
    assert "managerId: {from: Manager, lookup: people, on_miss: keep}   # guess" in text
    assert "    label: trim(join(' ', [firstName || '', lastName || '']))\n" in text
    name = '"Last Name"'
    assert f"lastName: iif({name} == upper({name}), title_case({name}), {name})   # guess" in text
    assert "active: {value: true, write: on_create}   # guess" in text
    answer(world.folder)
    ended = world.run("validate", "map.yaml")
    assert (ended.code, "a question is open" in ended.out) == (0, False), ended.out
    plan = world.run("plan", "map.yaml", "--format", "json", "--as-of", "2026-11-28")
    kinds = [outcome["outcome"] for outcome in plan.data["outcomes"]]
    assert kinds.count("leave") == 2
    assert kinds.count("ineligible") == 6


SECOND = "  - name: Somebody as in the source"
"""The second case of a first test; all that follow have a target record."""


def answer(folder: Path, name: str = "map") -> None:
    """Take the # away from every question of the mapping, and from the cases of its test."""
    asked = r"^# ?(?=(eligible|leavers|rehires|guards):|  )"
    for file in (f"{name}.yaml", f"{name}.test.yaml"):
        text = (folder / file).read_text()
        (folder / file).write_text(re.sub(asked, "", text, flags=re.MULTILINE))


def test_every_line_behind_one_mark_can_be_used(made: tuple[World, Ended]) -> None:
    """All but the other answer, `only`; what is said stands behind two marks."""
    world, _ = made
    for name in ("map.yaml", "map.test.yaml"):
        text = (world.folder / name).read_text()
        world.write(name, re.sub("^# (?!only)", "", text, flags=re.MULTILINE))
    validated = world.run("validate", "map.yaml")
    assert "no mistakes" in validated.out
    tested = world.run("test", "map.yaml")
    assert (tested.code, " passed, 0 failed" in tested.out) == (0, True), tested.out


def test_what_is_answered_is_tested_and_proved(made: tuple[World, Ended]) -> None:
    world, ended = made
    assert re.findall(r"oneway (\w+) map\.yaml", ended.err)[-3:] == ["prove", "test", "plan"]
    assert "8 passed" in world.run("test", "map.yaml").out
    answer(world.folder)
    tested = world.run("test", "map.yaml")
    assert (tested.code, "18 passed" in tested.out) == (0, True), tested.out
    proved = world.run("prove", "map.yaml", "--situations", "1000")
    assert (proved.code, "no law is broken" in proved.out) == (0, True), proved.out
    assert "leavers lose access" in proved.out
    assert world.run("plan", "map.yaml", "--allow", "leavers=2", "--out", "p.json").code == 0
    assert world.run("apply", "p.json").code == 0
    again = world.run("plan", "map.yaml", "--exit-code")
    assert again.code == 0, again.out
    made_users = world.read("users.json")
    assert sum(1 for user in made_users if user["active"] is False) == 2
    assert all(user["active"] is not None for user in made_users)


def test_a_printed_case_of_its_test_passes_there_and_fails_on_the_edit(
    made: tuple[World, Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without a `target` in the test: the case must hold what that lacks."""
    world, _ = made
    answer(world.folder)
    monkeypatch.chdir(world.folder)
    text = Path("map.test.yaml").read_text("utf-8")
    bare, _, _ = re.sub("^target: .*\n", "", text, flags=re.MULTILINE).partition(SECOND)
    for test in (text, bare):
        wrong = list(wrong_cases(Path("map.yaml"), test))
        assert not wrong, "\n".join(wrong)


def test_a_csv_target_has_its_own_words_for_yes_and_no(world: World) -> None:
    with (world.folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        file.write("E-mail;Payroll No.;Full Name;Line Manager;Status;Date Left\n")
        for i in range(12):
            boss, left = "Ann Oak1" if i else "", "31.12.2025" if i == 3 else ""
            row = f"p{i}@example.com;{i:04};Ann Oak{i};{boss};{'Left' if left else 'Here'};{left}"
            file.write(row + "\n")
    with (world.folder / "users.csv").open("w", encoding="utf-8", newline="") as file:
        file.write("User ID,Payroll Ref,Display Name,Manager,Enabled\n")
        file.writelines(f"U{i},{i:04},Ann Oak{i},{'Ann Oak1' if i else ''},YES\n" for i in range(9))
    ended = world.run("new", "map.yaml", "--source", "people.csv", "--target", "users.csv")
    assert ended.code == 0, ended.err
    text = (world.folder / "map.yaml").read_text()
    assert "id: Payroll No." in text
    assert """{source: '"Payroll No."', target: '"Payroll Ref"'}""" in text
    assert 'Enabled: {value: "YES", write: on_create}' in text
    left = """iif("Date Left", is_past("Date Left"), Status == 'Left')"""
    assert f"when: {left}" in text
    assert 'set: {Enabled: {value: "NO"}}' in text
    assert """Manager: '"Line Manager"'""" in text
    assert "Oak" not in (world.folder / "map.test.yaml").read_text()
    answer(world.folder)
    assert "13 passed" in world.run("test", "map.yaml").out


def test_the_sample_holds_nobody_and_can_be_planned(made: tuple[World, Ended]) -> None:
    world, ended = made
    sample = world.folder / "map-sample"
    text = (sample / "source.json").read_text() + (sample / "target.json").read_text()
    for name in ("Oak", "Yew", "Ann", "Example.com", "01001", "ann.oak"):
        assert name not in text
    command = re.search(r"oneway (plan .* --source .*)", ended.err)
    assert command is not None
    plan = world.run(*command[1].split(), "--format", "json")
    kinds = [outcome["outcome"] for outcome in plan.data["outcomes"]]
    assert (kinds.count("create"), kinds.count("unchanged")) == (2, 5)


def test_a_heading_with_a_line_break_says_nothing_in_the_mapping(world: World) -> None:
    heading = '"Zq\n  dept: {value: GONE} #"'
    world.write("people.csv", f"code,name,{heading}\n001,Ann,7\n002,Bob,8\n")
    world.write("users.json", '[{"id": "1", "reference": "001", "name": "Ann"}]')
    assert (
        world.run("new", "new.yaml", "--source", "people.csv", "--target", "users.json").code == 0
    )
    assert world.run("validate", "new.yaml").code == 0
    assert "GONE" not in world.run("plan", "new.yaml", "--verbose").out


def test_nothing_is_overwritten(made: tuple[World, Ended]) -> None:
    world, _ = made
    again = world.run("new", "map.yaml", "--source", "people.csv", "--target", "users.json")
    assert (again.code, "F120" in again.err) == (1, True)


@pytest.mark.parametrize(
    ("target", "content"),
    [("users.json", "[]"), ("out.csv", "Ref,First Name,N.I. Number,Email\r\n")],
)
def test_an_empty_target_is_enough(world: World, target: str, content: str) -> None:
    export(world.folder)
    world.write(target, content)
    ended = world.run("new", "m2.yaml", "--source", "people.csv", "--target", target)
    assert ended.code == 0, ended.err
    plan = world.run("plan", "m2.yaml", "--format", "json")
    assert plan.code == 0, plan.err
    assert {outcome["outcome"] for outcome in plan.data["outcomes"]} == {"create"}


def test_a_system_is_known_by_its_record_schema(world: World) -> None:
    export(world.folder)
    ended = world.run("new", "m2.yaml", "--source", "people.csv", "--target", "expensein:users")
    assert ended.code == 0, ended.err
    assert world.run("validate", "m2.yaml").code == 0
    for wrong in ("expensein:people", "nobody", "none.csv"):
        ended = world.run("new", "m3.yaml", "--source", "people.csv", "--target", wrong)
        assert ended.code == 1
        assert not (world.folder / "m3.yaml").exists()


letters = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t")
headings = st.text(letters, min_size=1, max_size=8).filter(str.strip)
tables = st.lists(headings, min_size=1, max_size=5, unique_by=lambda each: each.strip()).flatmap(
    lambda names: st.lists(
        st.fixed_dictionaries({name: st.text("ab1 .@'\"#:", max_size=5) for name in names}),
        min_size=1,
        max_size=6,
    )
)


@given(tables, tables)
@settings(max_examples=60, deadline=None)
@example([{"0": ""}], [{"\ufeff": ""}])
@example([{"0": "@"}], [{"1": "", "00": "", "000": ""}])
@example([{"a\ufeffb": "1"}], [{"a\ufeffb": "\ufeff1", "\uffff": ""}])
def test_whatever_the_headings_are_it_validates(
    tmp_path_factory: Any, people: Any, there: Any
) -> None:
    folder = tmp_path_factory.mktemp("new")
    with (folder / "p.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", *(n for n in people[0] if n.strip() != "id")])
        writer.writeheader()
        writer.writerows({"id": str(n), **row} for n, row in enumerate(people))
    (folder / "u.json").write_text(json.dumps([{"id": str(n), **r} for n, r in enumerate(there)]))
    mapping = str(folder / "m.yaml")
    sides = ["--source", str(folder / "p.csv"), "--target", str(folder / "u.json")]
    if run(["new", mapping, *sides, "--quiet"]) == 0:
        assert run(["validate", mapping]) == 0, Path(mapping).read_text()


def half_numbered(folder: Path) -> None:
    """Write a target of which half of the users have no payroll number, under other names."""
    found = [
        {
            "id": 500 + i,
            "login": row["Work Email"].lower(),
            "fullName": f"{row['First Name']} {row['Last Name'].title()}",
            **({"payrollNo": row["Staff No"].lstrip("0")} if i % 2 else {}),
        }
        for i, row in enumerate(export(folder)[:50])
    ]
    (folder / "users.json").write_text(json.dumps(found))


def test_people_without_a_number_are_found_by_their_email(world: World) -> None:
    """By the number alone, 25 people would be created again."""
    half_numbered(world.folder)
    ended = world.run("new", "map.yaml", "--source", "people.csv", "--target", "users.json")
    assert "25 of the target have a value; 25 values are in both" in ended.flat
    assert "50 records of the source are found in the target, 10 are not" in ended.flat
    text = (world.folder / "map.yaml").read_text()
    assert "target: payrollNo, compare: number}" in text
    assert "target: login, compare: ignore_case}" in text
    assert "unless_taken: [login, payrollNo]" in text
    assert "absent: null" in text
    plan = world.run("plan", "map.yaml", "--format", "json", "--out", "plan.json")
    kinds = [outcome["outcome"] for outcome in plan.data["outcomes"]]
    assert (kinds.count("create"), kinds.count("update")) == (10, 25)
    applied(world)
    assert world.run("plan", "map.yaml", "--exit-code").code == 0


def test_who_leaves_on_a_day_to_come_has_not_left(world: World) -> None:
    """Whatever the status says by now: access ends when the day has come."""
    rows = [
        {"Staff No": f"{n:04}", "Name": f"Ann {n}", "Status": status, "Leaving Date": day}
        for n, (status, day) in enumerate(
            [("Current", ""), ("Leaver", "31/12/2999"), ("Leaver", "01/02/2020"), ("Leaver", "")]
        )
    ]
    with (world.folder / "people.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    users = [
        {"id": n, "reference": f"{n:04}", "name": f"Ann {n}", "active": True} for n in range(4)
    ]
    world.write("users.json", users)
    world.run("new", "map.yaml", "--source", "people.csv", "--target", "users.json")
    answer(world.folder)
    plan = world.run("plan", "map.yaml", "--format", "json")
    leaving = [each["key"] for each in plan.data["outcomes"] if each["outcome"] == "leave"]
    assert leaving == ["0002", "0003"]
    assert world.run("prove", "map.yaml", "--situations", "300").code == 0


def test_the_sample_keeps_words_that_rules_are_about_and_no_date(made: tuple[World, Ended]) -> None:
    world, ended = made
    sample = world.folder / "map-sample"
    text = "".join(each.read_text() for each in sorted(sample.iterdir()))
    assert {"Ops", "Sales", "IT"} <= set(re.findall(r"\w+", text))
    assert not re.search(r"2020-|2025-", text)
    assert "the words of Dept., Contract Type, department are kept" in ended.flat
    assert "dates are moved" in ended.flat


@given(
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
        min_size=6,
        max_size=10,
    ),
    st.sampled_from(["login", "email", "userName"]),
    st.sampled_from(["payrollNo", "employeeNumber", "ref"]),
    st.booleans(),
)
@settings(max_examples=15, deadline=None)
def test_nobody_is_created_whose_key_or_email_is_there(
    tmp_path_factory: Any, people: Any, login: str, number: str, leaves_out: Any
) -> None:
    """Whoever of the source is there by number or by email: both may be blank, on either side."""
    folder = tmp_path_factory.mktemp("law")
    rows, there = [], []
    for n, (is_there, numbered, mailed, has_mail) in enumerate(people):
        mail = f"ann{n}@example.com" if has_mail else ""
        rows.append({"Staff No": f"{n + 101:05}", "Full Name": f"Ann Oak{n}", "E-Mail": mail})
        if is_there:
            user = {"id": str(n), "fullName": f"Ann Oak{n}"}
            user |= {number: f"{n + 101:05}"} if numbered else {} if leaves_out else {number: ""}
            there.append(user | {login: mail if mailed else ""})
    with (folder / "p.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    (folder / "u.json").write_text(json.dumps(there))
    mapping, plan = str(folder / "m.yaml"), folder / "plan.json"
    sides = ["--source", str(folder / "p.csv"), "--target", str(folder / "u.json")]
    assert run(["new", mapping, *sides, "--quiet", "--no-sample"]) == 0
    assert run(["validate", mapping]) == 0, Path(mapping).read_text()
    assert run(["plan", mapping, "--out", str(plan), "--quiet"]) in (0, 4), Path(
        mapping
    ).read_text()
    taken = {each.get(field) for each in there for field in (number, login)} - {"", None}
    outcomes = json.loads(plan.read_text())["outcomes"]
    created = {
        each["key"] for each in outcomes if isinstance(each, dict) and each["kind"] == "create"
    }
    for row in rows:
        if {row["Staff No"], row["E-Mail"]} & taken:
            assert row["Staff No"] not in created, Path(mapping).read_text()


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("sep=;\nStaff #,Name\n001,Ann\n002,Bob\n", "delimiter: comma"),
        ("sep=;\nStaff #;Name\n001;Ann\n002;Bob\n", ""),
        ("'Staff #','Name'\n'001','O''Neil, Ann'\n'002','Bob'\n", "quote: single"),
        ("Staff #,Name,,,\n001,Ann,,,\n002,Bob,,,\n", ""),
        ("Staff #:,Name\n001,Ann\n002,Bob\n", ""),
    ],
)
def test_files_as_people_send_them_are_matched_by_their_number(
    world: World, content: str, options: str
) -> None:
    world.write("people.csv", content)
    world.write("users.json", '[{"id": 1, "reference": "002", "name": "Bob"}]')
    ended = world.run("new", "map.yaml", "--source", "people.csv", "--target", "users.json")
    assert (
        "2 records of the source and 1 of the target have a value; 1 value is in both" in ended.flat
    )
    assert options in (world.folder / "map.yaml").read_text()
    plan = world.run("plan", "map.yaml", "--format", "json")
    assert [each["outcome"] for each in plan.data["outcomes"]] == ["create", "unchanged"]


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_source_is_refused(world: World, content: str) -> None:
    world.write("people.csv", content)
    world.write("users.json", "[]")
    ended = world.run("new", "map.yaml", "--source", "people.csv", "--target", "users.json")
    assert (ended.code, "no headings and no records" in ended.err) == (1, True)
    assert not (world.folder / "map.yaml").exists()


def test_the_sheet_with_the_people_is_chosen(world: World) -> None:
    people = [["Report"], [], ["Staff #", "Name"], *([f"{n:03}", f"Ann {n}"] for n in range(5))]
    sheets = {"Cover": [["Confidential"]], "Staff": people, "Codes": [["a", "b"]]}
    workbook(world.folder / "people.xlsx", sheets)
    world.write("users.json", '[{"id": 1, "reference": "002", "name": "Ann 2"}]')
    world.run("new", "map.yaml", "--source", "people.xlsx", "--target", "users.json")
    text = (world.folder / "map.yaml").read_text()
    assert "sheet: Staff" in text
    assert "header: 3" in text


def test_managers_are_found_by_a_number_that_the_run_itself_fills_in(world: World) -> None:
    """The id of a file's records may be called anything, and be a number."""
    rows = [
        {"Staff No": "001", "E-Mail": "ann@example.com", "Manager": ""},
        {"Staff No": "002", "E-Mail": "bob@example.com", "Manager": "001"},
        {"Staff No": "003", "E-Mail": "cy@example.com", "Manager": "001"},
    ]
    world.write("people.json", rows)
    users = [
        {"userId": 7, "payrollNo": "", "email": "ann@example.com", "managerId": None},
        {"userId": 8, "payrollNo": "002", "email": "bob@example.com", "managerId": 7},
    ]
    world.write("users.json", users)
    world.run("new", "map.yaml", "--source", "people.json", "--target", "users.json")
    applied(world)
    found = world.read("users.json")
    assert [each.get("managerId") for each in found] == [None, 7, 7]
    assert world.run("plan", "map.yaml", "--exit-code").code == 0


KINDS = {
    "the rarest is employed": (
        ["Permanent"] * 9 + ["Contractor"] * 3 + ["Fixed Term"],
        "Contractor",
    ),
    "most are not": (["Agency Worker"] * 8 + ["Employee"] * 4, "Agency Worker"),
    "several": (["Perm"] * 6 + ["TEMP"] * 3 + ["External"] * 3, "TEMP"),
    "nobody knows": (["A"] * 9 + ["B"] * 3, None),
    "a switch": (["No"] * 9 + ["Yes"] * 3, "Yes"),
}


@pytest.mark.parametrize("name", KINDS)
def test_who_is_no_employee_is_left_out_and_so_is_a_new_kind(world: World, name: str) -> None:
    """By a list of who is taken: nobody is let in by a word that is written in another way."""
    kinds, outside = KINDS[name]
    heading = "Contractor?" if name == "a switch" else "Employment Type"
    rows = [f"{n:04},Ann Oak{n},{kind}," for n, kind in enumerate(kinds, 1)]

    def planned(rows: list[str]) -> dict[str, str]:
        text = f"Staff No,Name,{heading},Leaving Date\n" + "\n".join(rows) + "\n"
        world.write("people.csv", text)
        if not (world.folder / "map.yaml").exists():
            ended = world.run("new", "map.yaml", "--source", "people.csv", "--target", "users.json")
            assert ended.code == 0, ended.err
            answer(world.folder)
            assert world.run("validate", "map.yaml").code == 0
            tested = world.run("test", "map.yaml")
            assert (tested.code, " passed, 0 failed" in tested.out) == (0, True), tested.out
        plan = world.run("plan", "map.yaml", "--format", "json")
        found = {each["source_id"]: each["outcome"] for each in plan.data["outcomes"]}
        return {id: outcome for id, outcome in found.items() if id}

    user = {"id": "1", "reference": "7777", "name": "Cy Yew", "active": True}
    world.write("users.json", [user])
    found = planned(rows)
    text = (world.folder / "map.yaml").read_text()
    assert ("guess: excludes" in text) == (outside is not None)
    left = {"Contractor", "Agency Worker", "TEMP", "External", "Yes"}
    wanted = {row[:4]: "ineligible" if row.split(",")[2] in left else "create" for row in rows}
    assert found == wanted
    assert planned([*rows, "9999,Bob Oak,CONTRACTOR ,"])["9999"] == "ineligible"


def test_who_starts_later_is_asked_about(world: World) -> None:
    rows = "".join(f"{n:04},Ann Oak{n},2{n % 2}26-05-01\n" for n in range(8))
    world.write("people.csv", f"Staff No,Name,Start Date\n{rows}")
    world.write("users.json", "[]")
    assert (
        world.run("new", "later.yaml", "--source", "people.csv", "--target", "users.json").code == 0
    )
    text = (world.folder / "later.yaml").read_text()
    assert "create people only from their first day? 4 of 8 are yet to start" in text
    assert """when: '!is_future("Start Date")'""" in text


def test_one_file_is_no_source_and_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.csv").write_text("Staff No,Name\n1,Ann Oak\n2,Bo Elm\n")
    for target in ("p.csv", "./p.csv"):
        assert run(["new", "m.yaml", "--source", "p.csv", "--target", target]) == 1
        assert "a source is never written to" in " ".join(capsys.readouterr().err.split())
    assert [each.name for each in tmp_path.iterdir()] == ["p.csv"]


def test_a_test_is_written_without_a_sample_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.csv").write_text("Staff No,Name\n1,Ann Oak\n2,Bo Elm\n")
    Path("u.csv").write_text("id,number,name\n7,1,Ann Oak\n8,2,Bo Elm\n")
    sides = ["--source", "p.csv", "--target", "u.csv", "--no-sample"]
    assert run(["new", "m.yaml", *sides]) == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "m.test.yaml", "m.yaml", "p.csv", "u.csv",
    ]  # fmt: skip
    assert "Ann Oak" not in Path("m.test.yaml").read_text()
    assert run(["test", "m.yaml"]) == 0


def test_small_numbers_of_pay_are_no_staff_numbers(world: World) -> None:
    """Equal values alone pair no field that holds pay with one that does not."""
    names = ("Ann Oak", "Bob Pine", "Cyd Elm", "Dan Ash")
    people = [
        {"Staff No": f"000{n}", "First Name": e.split()[0], "Last Name": e.split()[1]}
        for n, e in enumerate(names, 1)
    ]
    users = [
        {"id": 10 + n, "firstName": e.split()[0], "lastName": e.split()[1], "salary": str(n)}
        for n, e in enumerate(names, 1)
    ]
    world.write("p.json", people)
    world.write("u.json", users)
    ended = world.run("new", "pay.yaml", "--source", "p.json", "--target", "u.json")
    assert "nobody is matched: see `match` before you apply anything" in ended.flat
    text = (world.folder / "pay.yaml").read_text(encoding="utf-8")
    assert "# salary:           # no field of the source looks like it" in text
    assert world.run("prove", "pay.yaml", "--situations", "100").code == 0
