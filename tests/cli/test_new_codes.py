"""`oneway new` where the two sides say the same otherwise: codes, lost zeros, abbreviations."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import Ended

Run = Callable[..., Ended]

PLACES = {"Küche & Bar": "KB", "Haustechnik": "HT", "Empfang": "EM"}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def written(people: int = 24, accounts: int = 20) -> None:
    """Write both files: texts here and codes there, some numbers without their zeros."""
    here = ["Pers.-Nr;Vorname;Nachname;E-Mail;Bereich;Status;Vertragsart;Austritt"]
    there = ["Account ID,Staff Number,Full Name,Login Email,Team Code,Enabled"]
    for n in range(people):
        number, name = f"{n + 401:05}", "Oak" + chr(ord("a") + n) * 3
        mail = f"{name.lower()}@example.com"
        kind = "Freier Mitarbeiter" if n >= people - 2 else "Angestellt"
        left = n % 10 == 3
        gone = ("ausgeschieden", "31.03.2020") if left else ("aktiv", "")
        place = list(PLACES)[n % 3]
        here.append(f"{number};Ann;{name};{mail};{place};{gone[0]};{kind};{gone[1]}")
        if n < accounts:
            lost = number.lstrip("0") if n % 7 == 0 else number
            there.append(f"ACC{n + 401},{lost},Ann {name},{mail},{PLACES[place]},true")
    Path("staff.csv").write_text("\n".join(here) + "\n", "cp1252")
    Path("accounts.csv").write_text("\n".join(there) + "\n", "utf-8")


def drafted(oneway: Run) -> tuple[Ended, str]:
    ended = oneway("new", "map.yaml", "--source", "staff.csv", "--target", "accounts.csv")
    assert ended.code == 0, ended.err
    return ended, Path("map.yaml").read_text("utf-8")


def answered() -> None:
    for name in ("map.yaml", "map.test.yaml"):
        text = Path(name).read_text("utf-8")
        asked = r"^# ?(?=(eligible|leavers|rehires|guards):|  )"
        Path(name).write_text(re.sub(asked, "", text, flags=re.MULTILINE), "utf-8")


def test_what_both_sides_say_otherwise_is_found_and_said(oneway: Run) -> None:
    written()
    ended, text = drafted(oneway)
    assert "headings: flat" in text
    assert "id: Account ID" in text
    number = '"Pers.-Nr"'
    made = f"{number} && concat(''ACC'', to_string(to_number({number})))"
    assert f"Account ID: {{from: '{made}', write: on_create}}" in text
    assert """{source: '"Pers.-Nr"', target: '"Staff Number"', compare: number}""" in text
    assert "3 of them as numbers alone: one side has lost leading zeros" in ended.flat
    assert 'Login Email: {from: lower(trim("E-Mail")), compare: ignore_case}' in text
    assert "so it is in 20 of 20 matched records" in text
    assert "excludes Freier Mitarbeiter" in text
    assert "# only: [{id: freier-mitarbeiter, when: Vertragsart == 'Angestellt'" in text


def test_what_is_drafted_is_tested_proved_and_planned(oneway: Run) -> None:
    written()
    drafted(oneway)
    answered()
    test = Path("map.test.yaml").read_text("utf-8")
    assert '"Team Code": "' in test
    assert '"Vertragsart": "Angestellt"' in test
    assert "25 passed" in oneway("test", "map.yaml").out
    assert oneway("prove", "map.yaml", "--situations", "300").code == 0
    plan = oneway("plan", "map.yaml", "--format", "json").data
    kinds = [each["outcome"] for each in plan["outcomes"]]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "create": 2,
        "unchanged": 18,
        "leave": 2,
        "ineligible": 1,
        "ignored": 1,
    }


def test_a_missing_name_is_written_over_no_whole_one(oneway: Run) -> None:
    """And creates nobody: the rule, its text and its cases name the same fields."""
    written()
    _, text = drafted(oneway)
    rule = "when: Nachname && Vorname && E-Mail"
    assert rule in text.replace('"', "").replace("'", "")
    assert "otherwise: Nachname, Vorname or E-Mail is missing" in text
    answered()
    test = Path("map.test.yaml").read_text("utf-8")
    for each in ("Nachname", "Vorname", "E-Mail"):
        assert f'  - name: {each} is missing\n    record: {{"{each}": ""}}' in test
    rows = Path("staff.csv").read_text("cp1252").splitlines()
    for n in (1, 22):
        rows[n] = rows[n].replace(";Ann;", ";;")
    rows[2] = re.sub(";Oak[a-z]+;", ";;", rows[2])
    Path("staff.csv").write_text("\n".join(rows) + "\n", "cp1252")
    plan = oneway("plan", "map.yaml", "--format", "json").data
    kinds = {each["key"]: each["outcome"] for each in plan["outcomes"]}
    assert [kinds[key] for key in ("00401", "00402", "00422")] == [
        *("unchanged", "unchanged", "ineligible")
    ]


@pytest.mark.parametrize("swapped", [("KB", "HT"), ("HT", "EM"), ("EM", "KB")])
def test_codes_that_are_swapped_fail_the_drafted_test(
    swapped: tuple[str, str], oneway: Run
) -> None:
    written()
    drafted(oneway)
    answered()
    text = Path("map.yaml").read_text("utf-8")
    one, other = (f"'{each}'" for each in swapped)
    text = text.replace(one, "~~").replace(other, one).replace("~~", other)
    Path("map.yaml").write_text(text, "utf-8")
    assert oneway("test", "map.yaml").code == 6


def test_the_last_day_is_a_day_of_work(oneway: Run) -> None:
    written()
    _, text = drafted(oneway)
    assert "iif(Austritt, is_past(Austritt), Status == 'ausgeschieden')" in text
    assert "write `!is_future(Austritt)` in place of `is_past(Austritt)`" in text
    answered()
    assert oneway("test", "map.yaml").code == 0
    text = Path("map.yaml").read_text("utf-8")
    Path("map.yaml").write_text(text.replace("is_past(Aus", "!is_future(Aus"), "utf-8")
    failed = oneway("test", "map.yaml")
    assert (failed.code, "On the last day itself" in failed.out) == (6, True)


def test_who_is_left_alone_altogether_has_cases_too(oneway: Run) -> None:
    """The other answer about outsiders: `only` in place of the rule, as the draft says."""
    written()
    drafted(oneway)
    answered()
    text = Path("map.yaml").read_text("utf-8")
    rule = r"  - id: freier-mitarbeiter.*?(?=^  - id)"
    text = re.sub(rule, "", text, flags=re.MULTILINE | re.DOTALL).replace("# only:", "only:")
    Path("map.yaml").write_text(text, "utf-8")
    test = Path("map.test.yaml").read_text("utf-8")
    test = re.sub(r"    expect: .*\n    # under `only`: ", "    ", test)
    Path("map.test.yaml").write_text(test, "utf-8")
    assert "no mistakes" in oneway("validate", "map.yaml").out
    ended = oneway("test", "map.yaml")
    assert ended.code == 0, ended.out
    assert test.count("only:freier-mitarbeiter") == 2


def lookups(zeros: str) -> None:
    """Write a list of users that name their managers by id, and an export without zeros, or with.

    One in six has moved, and dates are written as the users' system does.
    """
    here = ["Personal-Nr.;Name;Team;Eintritt;Vorgesetzte/r Personal-Nr."]
    there = []
    for n in range(24):
        boss = f"{n % 3 + 301:05}" if n > 2 else ""
        number, place = f"{n + 301:05}", list(PLACES)[n % 3]
        numbers = [each if zeros else each.lstrip("0") for each in (number, boss)]
        here.append(f"{numbers[0]};Ann {n}x;{place};{n % 9 + 11}.04.2020;{numbers[1]}")
        code = PLACES[list(PLACES)[(n + 1) % 3] if n % 6 == 5 else place]
        user = {"id": 500 + n, "staffNumber": number, "name": f"Ann {n}x", "unit": code}
        user |= {"startDate": f"2020/04/{n % 9 + 11}", "bossId": 500 + n % 3 if boss else None}
        there += [user] if n < 22 else []
    Path("staff.csv").write_text("\n".join(here) + "\n", "utf-8")
    Path("users.json").write_text(json.dumps(there), "utf-8")


@pytest.mark.parametrize("zeros", ["kept", ""])
def test_what_the_matched_records_show_is_drafted(oneway: Run, zeros: str) -> None:
    """Ids of managers, dates as the target writes them, moves; and numbers without their zeros."""
    lookups(zeros)
    ended = oneway("new", "map.yaml", "--source", "staff.csv", "--target", "users.json")
    assert ended.code == 0, ended.err
    text = Path("map.yaml").read_text("utf-8")
    assert "lookup: people" in text
    assert "format_date(Eintritt, 'yyyy/MM/dd')" in text
    assert "question: with this table it agrees in 19 of 22 matched" in text
    assert ("pad_left(" in text) is ("key: to_number(staffNumber)" in text) is (not zeros)
    assert "5 passed" in oneway("test", "map.yaml").out
    assert '"bossId": 77' in Path("map.test.yaml").read_text("utf-8")
    plan = oneway("plan", "map.yaml", "--format", "json").data
    changes = [e for e in plan["outcomes"] if e["outcome"] not in ("unchanged",)]
    assert [each["outcome"] for each in changes] == ["create", "create"]
    made = {each["field"]: each["after"] for each in changes[0]["actions"][0]["changes"]}
    assert made["staffNumber"] == "00323"
    assert made["bossId"] == 501


def test_the_sample_keeps_both_sides_together(oneway: Run) -> None:
    written()
    drafted(oneway)
    args = ("--source", "map-sample/source.json", "--target", "map-sample/target.json")
    plan = oneway("plan", "map.yaml", *args, "--format", "json")
    kinds = [each["outcome"] for each in plan.data["outcomes"]]
    assert (kinds.count("unchanged"), kinds.count("create")) == (5, 2)
    people = json.loads(Path("map-sample/source.json").read_text("utf-8"))
    assert {each["Bereich"] for each in people} <= PLACES.keys()


def test_a_text_without_a_code_is_asked_about_and_is_nobody_s_guess(oneway: Run) -> None:
    written()
    with Path("staff.csv").open("a", encoding="cp1252") as file:
        file.write("00499;Bo;Elm;bo@example.com;Garten;aktiv;Angestellt;\n")
    _, text = drafted(oneway)
    assert "# question: no matched record shows the code of Garten" in text
    plan = oneway("plan", "map.yaml", "--format", "json").data
    (found,) = [each for each in plan["outcomes"] if each["key"] == "00499"]
    assert found["outcome"] == "error"


def test_texts_that_do_not_decide_a_code_make_no_table(oneway: Run) -> None:
    written()
    text = Path("accounts.csv").read_text("utf-8").replace(",KB,", ",HT,", 3)
    Path("accounts.csv").write_text(text, "utf-8")
    _, text = drafted(oneway)
    assert "# Team Code: >-   # question: with this table it agrees in 17 of 20 matched" in text
    assert "\n  #   Bereich && map_value(Bereich, {" in text
    text = Path("accounts.csv").read_text("utf-8").replace(",KB,", ",EM,", 3)
    Path("accounts.csv").write_text(text, "utf-8")
    Path("map.yaml").unlink()
    _, text = drafted(oneway)
    assert "map_value" not in text


def test_a_total_below_a_long_list_is_seen(oneway: Run) -> None:
    rows = [f"{n:05},Ann,p{n}@example.com,,," for n in range(450)]
    text = "\n".join(["No,Name,Email,Unit,Grade,Pay", *rows, "Grand total,450,,,,9"])
    Path("staff.csv").write_text(text + "\n")
    Path("accounts.csv").write_text("id,ref,email\n1,00001,p1@example.com\n")
    assert "footer: Grand total" in drafted(oneway)[1]


def test_a_pair_by_name_whose_values_seldom_agree_is_a_question(oneway: Run) -> None:
    written()
    people = Path("staff.csv").read_text("cp1252").replace(";Bereich;", ";Abteilung;")
    for place, other in zip(PLACES, ("Eins", "Zwei", "Drei"), strict=True):
        people = people.replace(f";{place};", f";{other};", 2)
    Path("staff.csv").write_text(people, "cp1252")
    text = Path("accounts.csv").read_text("utf-8").replace("Team Code", "Department")
    Path("accounts.csv").write_text(text.replace(",HT,", ",KB,"), "utf-8")
    _, text = drafted(oneway)
    assert "# Department: Abteilung   # question: a name for the same, but only 0 of 20" in text
    assert oneway("validate", "map.yaml").code == 0


def test_an_id_that_would_change_is_found_by_validate(oneway: Run) -> None:
    written()
    drafted(oneway)
    text = Path("map.yaml").read_text("utf-8").replace("id: Account ID", "id: Staff Number")
    text = text.replace("write: if_empty, compare: number}", "compare: number}")
    Path("map.yaml").write_text(text, "utf-8")
    ended = oneway("validate", "map.yaml")
    assert (ended.code, "M136" in ended.out) == (1, True), ended.out


def test_a_record_without_a_number_stops_no_create(oneway: Run) -> None:
    written()
    with Path("accounts.csv").open("a", encoding="utf-8") as file:
        file.write("ACC99,,Front Desk,desk@example.com,KB,true\n")
    drafted(oneway)
    plan = oneway("plan", "map.yaml", "--format", "json").data
    kinds = [each["outcome"] for each in plan["outcomes"]]
    assert kinds.count("create") == 4
    text = Path("map.yaml").read_text("utf-8").replace("id: Account ID", "id: Staff Number")
    Path("map.yaml").write_text(text, "utf-8")
    assert "name as the option `id` a column that all" in oneway("validate", "map.yaml").flat


def spelt(codes: list[tuple[str, str]], ends: dict[int, str]) -> None:
    """Write people with a code each, in the source's spelling and in the target's."""
    here = ["Staff No,First Name,Last Name,Start,End,Dept"]
    there = ["id,staff_no,first_name,last_name,dept,state"]
    for n in range(12):
        ours, theirs = codes[n % len(codes)]
        name = "Oak" + chr(ord("a") + n) * 3
        here.append(f"{n + 401},Ann,{name},2020-01-0{n % 9 + 1},{ends.get(n, '')},{ours}")
        if n < 10:
            there.append(f"{n + 900},{n + 401},Ann,{name},{theirs},enabled")
    Path("staff.csv").write_text("\n".join(here) + "\n", "utf-8")
    Path("accounts.csv").write_text("\n".join(there) + "\n", "utf-8")


@pytest.mark.parametrize(
    ("codes", "written"),
    [
        ([("Fin", "FIN"), ("Ops", "OPS")], "dept: upper(Dept)   # guess"),
        ([("FIN", "fin"), ("OPS", "ops")], "dept: lower(Dept)   # guess"),
        ([("FIN", "Fin"), ("OPS", "Ops")], "map_value(Dept, {FIN: 'Fin',"),
    ],
)
def test_a_new_record_gets_the_code_in_the_target_s_spelling(
    codes: list[tuple[str, str]], written: str, oneway: Run
) -> None:
    spelt(codes, {})
    _, text = drafted(oneway)
    assert written in text
    Path("map.yaml").write_text(re.sub("(?m)^questions:.*\n  leavers:.*\n", "", text), "utf-8")
    plan = oneway("plan", "map.yaml", "--format", "json").data
    made = [each for each in plan["outcomes"] if each["outcome"] == "create"]
    assert len(made) == 2
    told = json.dumps(made)
    assert all(f'"{theirs}"' in told for _, theirs in codes)


def test_where_spellings_differ_without_a_rule_it_is_asked(oneway: Run) -> None:
    spelt([("FIN", "Fin"), ("fin", "Fin"), ("OPS", "Ops")], {})
    _, text = drafted(oneway)
    assert "compare: ignore_case}" in text
    assert "question: new records get the spelling of the source" in text


@pytest.mark.parametrize(
    ("ends", "asked"),
    [
        ({3: "2026-03-31"}, "guess: End is beside Start: is it the last day?"),
        ({3: "2026-03-31", 5: "TBC"}, "1 of its 2 values: no date"),
        ({5: "TBC", 6: "?"}, "No field of the source says who has left"),
    ],
)
def test_an_end_beside_a_start_may_be_the_last_day(
    ends: dict[int, str], asked: str, oneway: Run
) -> None:
    spelt([("FIN", "FIN"), ("OPS", "OPS")], ends)
    _, text = drafted(oneway)
    assert asked in text
    assert ("#   when: End && is_past(End)" in text) is (3 in ends)
