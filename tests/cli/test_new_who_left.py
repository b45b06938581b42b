"""`oneway new` finds who has left by yes and no and by codes, and asks how days are read."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import Ended

Run = Callable[..., Ended]
GONE = (4, 9, 14)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def drafted(oneway: Run, columns: dict[str, Callable[[int], str]], **target: str) -> str:
    """Return the mapping that is written of twenty people with some columns."""
    people = [
        {
            "Staff No": f"{n + 1:04}",
            "Name": f"Ann Ash{n}",
            **{k: of(n) for k, of in columns.items()},
        }
        for n in range(20)
    ]
    users = [
        {"id": n + 1, "number": f"{n + 1:04}", "name": f"Ann Ash{n}", "active": "TRUE"}
        | {key: columns[of](n) for key, of in target.items()}
        for n in range(20)
    ]
    for name, rows in (("p.csv", people), ("u.csv", users)):
        with Path(name).open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    ended = oneway("new", "m.yaml", "--source", "p.csv", "--target", "u.csv")
    assert ended.code == 0, ended.err
    assert oneway("validate", "m.yaml").code == 0
    return Path("m.yaml").read_text()


def leavers(text: str) -> str:
    return text[text.index("## Who has left") : text.index("## And who comes back")]


def words(stays: str, left: str) -> Callable[[int], str]:
    return lambda n: left if n in GONE else stays


ASKED = [
    ("Employed", "yes", "no"),
    ("Employed?", "Yes", "No"),
    ("Still employed here", "J", "N"),
    ("Current Employee", "Y", "N"),
    ("Has Left", "no", "yes"),
    ("hasLeft", "0", "1"),
    ("Left the company", "", "x"),
    ("In dienst", "ja", "nee"),
    ("Uit dienst?", "nee", "ja"),
    ("angestellt", "ja", "nein"),
    ("Status", "A", "L"),
    ("Employment Status", "1", "0"),
    ("statut", "A", "S"),
]


@pytest.mark.parametrize("date", [False, True])
@pytest.mark.parametrize(("heading", "stays", "left"), ASKED)
def test_yes_and_no_and_codes_say_who_has_left_as_a_question(
    oneway: Run, heading: str, stays: str, left: str, date: bool
) -> None:
    columns = {heading: words(stays, left)}
    if date:  # one of those who have left has no day
        columns["Leaving Date"] = lambda n: "2020-09-30" if n in GONE[1:] else ""
    said = leavers(drafted(oneway, columns))
    when = next(line for line in said.splitlines() if "when:" in line)
    assert f"'{left}'" in when.replace("''", "'"), said
    assert ("is_past" in when) is date
    if heading != "Uit dienst?":  # its heading says it
        assert f"guess: {heading} holds" in said
    assert f"'{heading}'" not in Path("m.test.yaml").read_text().partition("not_read")[2]


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Status", words("Employed", "Elsewhere")),
        ("Employed", lambda _: "yes"),
        ("Status", words("FT", "PT")),
    ],
)
def test_words_that_may_say_it_are_asked_about_beside_a_day(
    oneway: Run, heading: str, column: Callable[[int], str]
) -> None:
    days = {"Leaving Date": lambda n: "2020-09-30" if n == 2 else ""}
    said = leavers(drafted(oneway, {**days, heading: column}))
    assert f"{heading} holds" in said
    assert "does one of these words say who has left, too?" in said
    assert heading not in Path("m.test.yaml").read_text().partition("not_read")[2]
    Path("m.yaml").unlink()
    said = leavers(drafted(oneway, {heading: column}))
    assert f"No field of the source clearly says who has left. {heading} holds" in said


def test_a_word_that_those_whose_day_has_come_share_is_asked_about(oneway: Run) -> None:
    days = {"Leaving Date": lambda n: "2020-09-30" if n in GONE[1:] else ""}
    said = leavers(drafted(oneway, {**days, "Werkt": words("zeker", "niet meer")}))
    assert "guess: Werkt holds zeker 17, niet meer 3." in said


@pytest.mark.parametrize("heading", ["Company Car", "Self-employed", "Employed by agency"])
def test_other_yes_and_no_is_not_taken_for_it(oneway: Run, heading: str) -> None:
    said = leavers(drafted(oneway, {heading: words("no", "yes")}))
    assert heading not in said


def day(n: int, form: str) -> str:
    return form.format(day=1 + n % 11, month=1 + n % 12, year=2015 + n % 9)


def order(text: str, column: str) -> str:
    return text.split(f"{column}=date:")[1][:3]


@pytest.mark.parametrize("side", ["source", "target"])
def test_days_are_read_as_all_matched_records_say(oneway: Run, side: str) -> None:
    forms = ["{month}/{day}/{year}", "{year}-{month:02}-{day:02}"]
    here, there = forms if side == "source" else reversed(forms)
    columns = {
        "Hire Date": lambda n: day(n, here),
        "Start": lambda n: day(n, there),
        "Leaving Date": lambda n: "12/2/2026" if n == 6 else "",
    }
    text = drafted(oneway, columns, hired="Start")
    column = "Hire Date" if side == "source" else "hired"
    # with the day on one side alone, its own sibling column would decide
    assert order(text, column) == "M/d"
    assert (f"  {side}: In " in text) is False


def test_days_with_two_readings_are_asked_about_and_nothing_is_applied(oneway: Run) -> None:
    columns = {
        "Hire Date": lambda n: day(n, "{month}/{day}/{year}"),
        "Leaving Date": lambda n: "12/2/2020" if n == 6 else "",
    }
    text = drafted(oneway, columns)
    asked = next(line for line in text.splitlines() if line.startswith("  source: "))
    assert "In Hire Date and Leaving Date, is 1/2/2026 1 February" in asked
    assert "2 January (M/d/yyyy)" in asked
    assert "P118" in oneway("sync", "m.yaml").err


@pytest.mark.parametrize(("decides", "order_"), [("25/12/2019", "d/M"), ("12/25/2019", "M/d")])
def test_one_day_with_one_reading_decides_for_the_file(
    oneway: Run, decides: str, order_: str
) -> None:
    columns = {
        "Hire Date": lambda n: decides if n == 3 else day(n, "{month}/{day}/{year}"),
        "Leaving Date": lambda n: "12/2/2020" if n == 6 else "",
    }
    text = drafted(oneway, columns)
    assert order(text, "Hire Date") == order(text, "Leaving Date") == order_
    assert "  source: " not in text


def test_texts_of_which_one_is_its_own_code_in_capitals_become_a_table(oneway: Run) -> None:
    columns = {
        "Dept": lambda n: ("Ops", "Sales & Co")[n % 2],
        "Code": lambda n: ("OPS", "SAL")[n % 2],
    }
    drafted(oneway, columns, department="Code")
    people = Path("p.csv").read_text().replace(",Code", ",Other")
    Path("p.csv").write_text(people.replace(",OPS", ",a").replace(",SAL", ",b"))
    Path("m.yaml").unlink()
    assert oneway("new", "m.yaml", "--source", "p.csv", "--target", "u.csv").code == 0
    text = Path("m.yaml").read_text().partition("  department:")[2]
    assert "map_value(Dept, {" in text, text[:300]
    assert "Ops: 'OPS'" in text
    assert "\"Sales & Co\": 'SAL'" in text


def test_a_system_without_credentials_was_not_read(
    oneway: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ONEWAY_EXPENSEIN_API_KEY", raising=False)
    Path("p.csv").write_text("Staff No,Email\n1,a@example.com\n2,b@example.com\n")
    ended = oneway("new", "m.yaml", "--source", "p.csv", "--target", "expensein:users")
    assert ended.code == 0
    said = " ".join(ended.out.split())
    assert (
        "expensein users" in said or "users, not read, as its credentials are not at hand" in said
    )
    assert "no records yet" not in said + Path("m.yaml").read_text()


def statuses(*rare: str, usual: str = "Active") -> Callable[[int], str]:
    """Return a column with each rare word once, and the usual one for all others."""
    return lambda n: rare[n] if n < len(rare) else usual


def condition(said: str) -> str:
    return next(line for line in said.splitlines() if "when:" in line).replace("''", "'")


GONE_WORDS = [
    ("Status", "Active", "Terminated", ["Retired", "Deceased", "Resigned"]),
    ("Status", "Employed", "Left", ["Died", "Dismissed", "Ex-employee"]),
    ("Status", "Aktiv", "Ausgeschieden", ["Verstorben", "Im Ruhestand"]),
    ("Status", "Actief", "Uit dienst", ["Overleden", "Gepensioneerd"]),
    ("Statut", "Actif", "Sorti", ["Décédé", "Retraitée"]),
]


@pytest.mark.parametrize("date", [False, True])
@pytest.mark.parametrize(("heading", "stays", "left", "others"), GONE_WORDS)
def test_all_words_of_people_who_have_left_are_in_the_rule(
    oneway: Run, heading: str, stays: str, left: str, others: list[str], date: bool
) -> None:
    columns = {heading: statuses(left, left, *others, usual=stays)}
    if date:
        columns["Leaving Date"] = lambda n: "2020-09-30" if n == 1 else ""
    said = leavers(drafted(oneway, columns))
    assert all(f"== '{each}'" in condition(said) for each in (left, *others))
    assert "leaves out" not in said


LEFT_OUT = [
    "Garden leave", "Suspended", "Notice given", "Not yet left", "Separated", "Archived",
    "Contract ended early", "Inactive - on leave", "Weg", "Active - notice given",
]  # fmt: skip


@pytest.mark.parametrize("date", [False, True])
@pytest.mark.parametrize("word", LEFT_OUT)
def test_a_word_that_may_say_it_and_is_not_in_the_rule_is_named(
    oneway: Run, word: str, date: bool
) -> None:
    columns = {"Status": statuses(word, "Left", "Maternity leave")}
    if date:
        columns["Leaving Date"] = lambda n: "2020-09-30" if n == 1 else ""
    said = leavers(drafted(oneway, columns))
    assert f"Of Status, the rule leaves out {word} 1: does one of these words say" in said
    assert f"'{word}'" not in condition(said)


def test_more_words_than_a_rule_lists_are_named(oneway: Run) -> None:
    left = [f"Terminated {each}" for each in "abcdefgh"]
    said = leavers(drafted(oneway, {"Status": statuses(*left)}))
    named = [each for each in left if f"'{each}'" in condition(said)]
    assert len(named) == 6
    assert "leaves out Terminated g 1, Terminated h 1: does" in said


STAY = [
    "Maternity leave", "On leave", "Parental leave", "Sick", "Absent", "Sabbatical", "Probation",
    "Part-time", "Full time", "Fixed term", "Contractor", "New starter", "Active - LOA", "Extended",
    "Elternzeit", "ruhend", "Krank", "Teilzeit", "Ziek", "Verlof", "Congé maternité", "CDD",
]  # fmt: skip
USUAL = ["Extended"]


@pytest.mark.parametrize("word", STAY)
def test_a_word_of_people_who_stay_is_not_asked_about(oneway: Run, word: str) -> None:
    usual = word if word in USUAL else "Active"
    said = leavers(drafted(oneway, {"Status": statuses(word, "Left", usual=usual)}))
    assert condition(said).endswith("Status == 'Left'")
    assert "leaves out" not in said
    assert "guess" not in said


def test_the_usual_word_of_a_status_is_the_one_of_those_who_stay(oneway: Run) -> None:
    said = leavers(drafted(oneway, {"Status": statuses("Left", "Left", usual="Normal")}))
    assert "leaves out" not in said


SURE = ["Employee Status", "employeeStatus", "Staff Status", "Beschäftigungsstatus",
        "Mitarbeiterstatus", "Status medewerker", "Statut du salarié", "HR Status"]  # fmt: skip
BY_WORDS = ["Assignment", "Payroll Status", "Situation", "Stand", "Werkt", "Current state"]


@pytest.mark.parametrize("heading", [*SURE, *BY_WORDS])
@pytest.mark.parametrize(
    ("stays", "left"),
    [("Active", "Left"), ("Beschäftigt", "Ausgeschieden"), ("aktiv", "ausgetreten")],
)
def test_the_words_of_a_column_say_who_has_left_whatever_its_heading_is(
    oneway: Run, heading: str, stays: str, left: str
) -> None:
    said = leavers(drafted(oneway, {heading: words(stays, left)}))
    assert f"== '{left}'" in condition(said)
    asked = f"guess: {heading} holds {stays} 17, {left} 3. Does '{left}' mean" in said
    assert asked is (heading in BY_WORDS)


def test_a_status_by_its_heading_is_asked_about_if_its_words_are_not_clear(oneway: Run) -> None:
    said = leavers(drafted(oneway, {"Employee Status": statuses("Weg", usual="Da sein")}))
    assert "clearly says who has left. Employee Status holds Da sein 19, Weg 1: which" in said


def test_kinds_of_people_with_words_of_leaving_are_asked_about(oneway: Run) -> None:
    column = {"Worker Type": statuses("Former employee", usual="Active employee")}
    said = leavers(drafted(oneway, column))
    assert "Worker Type holds Active employee 19, Former employee 1: which word" in said


NOT_ABOUT_LEAVING = [
    ("Pension Status", "Active", "Left"),
    ("Visa Status", "Current", "Terminated"),
    ("Marital Status", "Married", "Separated"),
    ("Line Manager Status", "Active", "Left"),
    ("Previous Employment", "Active", "Terminated"),
    ("VPN", "Active", "Inactive"),
    ("Mailbox", "active", "inactive"),
    ("Handedness", "Right", "Left"),
    ("Hand", "Right", "Left"),
    ("Trial", "Working", "Ended"),
    ("Notes", "Works on Tuesdays", "Asked to be moved"),
    ("Project Status", "Working", "Terminated"),
    ("Shift", "Current", "Extended"),
    ("Real Estate", "Owned", "Left"),
    ("Leave Status", "Active", "Ended"),
]


@pytest.mark.parametrize(("heading", "stays", "left"), NOT_ABOUT_LEAVING)
def test_other_columns_are_not_taken_for_it(
    oneway: Run, heading: str, stays: str, left: str
) -> None:
    said = leavers(drafted(oneway, {heading: words(stays, left)}))
    assert heading not in said
    assert "No field of the source says who has left" in said


def with_days(oneway: Run, here: str, there: str, *, both: bool = True) -> str:
    """Return the rule drafted for a last day in two forms, of the same day if `both`."""
    known = {3: (2025, 3, 4)}
    other = known if both else {5: (2025, 9, 17)}

    def column(form: str, of: dict[int, tuple[int, int, int]]) -> Callable[[int], str]:
        return lambda n: form.format(*of[n]) if n in of else ""

    columns = {
        "Leaving Date": column(here, {**known, 7: (2024, 10, 31)}),
        "Last": column(there, other),
    }
    people = drafted(oneway, columns, leaveDate="Last")
    return leavers(people)


DAY, TIME = "{0}-{1:02}-{2:02}", "{0}-{1:02}-{2:02}T00:00:00"
FORMS = [
    (TIME, DAY, True, 'parse_date("Leaving Date")'),
    ("{0}-{1:02}-{2:02} 00:00:00", DAY, True, 'parse_date("Leaving Date")'),
    (TIME, DAY, False, 'parse_date("Leaving Date")'),
    (DAY, "{0}{1:02}{2:02}", True, "format_date("),
    (TIME, "{0}{1:02}{2:02}", True, "format_date("),
]


@pytest.mark.parametrize(("here", "there", "both", "wanted"), FORMS)
def test_the_last_day_is_written_as_the_target_writes_days(
    oneway: Run, here: str, there: str, both: bool, wanted: str
) -> None:
    said = with_days(oneway, here, there, both=both)
    assert wanted in next(line for line in said.splitlines() if "set:" in line)


@pytest.mark.parametrize("both", [True, False])
def test_the_last_day_is_written_as_it_is_if_the_target_writes_it_so(
    oneway: Run, both: bool
) -> None:
    said = with_days(oneway, DAY, DAY, both=both)
    assert "parse_date" not in said
    assert "format_date" not in said
    assert "is written unlike" not in said


@pytest.mark.parametrize("there", [TIME, "{0} week {1}"])
def test_another_form_of_the_last_day_is_asked_about(oneway: Run, there: str) -> None:
    said = with_days(oneway, DAY, there)
    assert "leaveDate of 1 matched records is written unlike Leaving Date: is the form" in said
