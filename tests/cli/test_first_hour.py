"""What people who had never seen it stumbled over, from their own files to a first plan."""

from collections.abc import Callable
from pathlib import Path

import pytest

from commands import Ended

Run = Callable[..., Ended]

PEOPLE = """\
Staff No,Name,Kind,Manager,Left
1001,Ann Ash,Staff,,
1002,Bob Bird,Staff,1001,
1003,Cy Cole,Agency,1002,
1004,Di Dunn,Staff,1009,31/12/2020
1005,Ed East,Staff,1002,
"""
USERS = """\
[{"id": "u1", "ref": "1001", "name": "Ann Ash", "boss": null, "on": true},
 {"id": "u2", "ref": "1002", "name": "Bob Bird", "boss": "u1", "on": true},
 {"id": "u4", "ref": "1004", "name": "Di Dunn", "boss": null, "on": true}]
"""
MAPPING = """\
oneway: 1
name: first
source:
  connector: file
  resource: people.csv
  options: {id: Staff No, types: Left=date:dd/MM/yyyy}
target: {connector: file, resource: users.json}
references:
  people: {from: target, resource: users.json, key: ref, value: id}
match: [{source: '"Staff No"', target: ref}]
only: [{id: staff, when: Kind == 'Staff', otherwise: Is not staff}]
fields:
  ref: {from: '"Staff No"', write: on_create}
  name: Name
  boss: {from: Manager, lookup: people, on_miss: keep}
  on: {value: true, write: on_create}
leavers:
  when: Left && !is_future(Left)
  set: {on: {value: false}}
  left: "!on"
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write the mapping and both files, some words of them replaced by others."""
    monkeypatch.chdir(tmp_path)

    def write(*edits: tuple[str, str]) -> None:
        for name, text in (("m.yaml", MAPPING), ("people.csv", PEOPLE), ("users.json", USERS)):
            for old, new in edits:
                text = text.replace(old, new)
            Path(name).write_text(text, "utf-8")

    return write


MADE = "id: Staff No"
OF_WORDS = "the ids of 3 of 3 records are not numbers"
MADE_UP = "id: each gets the number after the highest, as no field writes it"


def test_the_id_that_a_file_makes_up_stands_in_the_plan_and_is_warned_of(
    files, oneway: Run
) -> None:
    files()
    checked = oneway("validate", "m.yaml")
    assert (checked.code, checked.flat.count("[R177]")) == (0, 1)
    assert OF_WORDS in checked.flat
    plan = oneway("plan", "m.yaml")
    assert f"To create (1) {MADE_UP}" in plan.flat
    assert OF_WORDS in plan.flat
    assert MADE_UP in oneway("plan", "m.yaml", "--format", "markdown").flat


@pytest.mark.parametrize(
    "edit",
    [
        ("  name: Name", "  id: {from: '\"Staff No\"', write: on_create}\n  name: Name"),
        ("fields:", "joiners: {create: false}\nfields:"),
    ],
)
def test_an_id_that_is_written_or_is_for_nobody_is_not_asked_for(edit, files, oneway: Run) -> None:
    files(edit)
    assert "R177" not in oneway("validate", "m.yaml").flat
    assert MADE_UP not in oneway("plan", "m.yaml").flat


def test_numbers_among_numbers_are_shown_and_not_warned_of(files, oneway: Run) -> None:
    files(('"u', '"'))
    assert "R177" not in oneway("validate", "m.yaml").flat
    assert MADE_UP in oneway("plan", "m.yaml").flat


def test_a_lookup_that_missed_says_whose_value_it_was(files, oneway: Run) -> None:
    files(("1004,Di Dunn,Staff,1009,31/12/2020", "1004,Di Dunn,Staff,1009,"))
    assert '"1009" is in no row of people, 1 record: 1004' in oneway("plan", "m.yaml").flat


GONE = ("only:", "out_of_scope: leave\nonly:")


@pytest.mark.parametrize(("asked", "code"), [("Kind != ''", 6), ("Kind", 0)])
def test_prove_names_the_rule_in_which_a_gap_takes_access(asked, code, files, oneway: Run) -> None:
    """A rule that asks for a blank itself; by any other, a blank takes nobody out."""
    files(GONE, ("Kind == 'Staff'", asked))
    Path("m.test.yaml").write_text(
        "oneway_test: 1\nmapping: m.yaml\nas_of: 2026-11-28\n"
        'record: {"Staff No": "1001", Name: Ann, Kind: Staff, Manager: "", Left: ""}\n'
        "cases: [{name: new, expect: {outcome: create}}]\n",
        "utf-8",
    )
    said = oneway("prove", "m.yaml", "--situations", "800")
    lines = Path("m.yaml").read_text("utf-8").splitlines()
    rule = next(n for n, line in enumerate(lines, 1) if line.startswith("only:"))
    assert said.code == code
    named = f"m.yaml:{rule}:8: gaps take nothing: leaves because Kind is"
    assert (named in said.flat) == bool(code)


@pytest.mark.parametrize("field", ["name: Nme", "naame: Name"])
def test_prove_tells_of_a_misspelt_field_as_validate_does(field, files, oneway: Run) -> None:
    files(("name: Name", field))
    checked, proved = oneway("validate", "m.yaml"), oneway("prove", "m.yaml", "--situations", "9")
    (line,) = [each for each in checked.out.splitlines() if "did you mean" in each.lower()]
    assert line in proved.err
    assert checked.code == (1 if "naame" in field else 0)
    assert proved.code == 1 or checked.code == 0


def test_all_mistakes_come_in_one_run_those_of_the_files_as_well(files, oneway: Run) -> None:
    files(("name: Name", "name: Nme"), ("!on", "!on ("), ("when: Kind", "whn: Kind"))
    found = oneway("validate", "m.yaml")
    assert found.code == 1
    assert all(code in found.out for code in ("[M103]", "[R171]", "[S10"))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ((MADE, MADE + ", footer: Total"), "no line begins with the footer 'Total'"),
        (("1001,Ann", "Total,5\n1001,Ann"), "1 of 6 records of the source cannot be read"),
        (("Staff No,Name", "People of 2026,,,,\nStaff No,Name"), "no column is called"),
    ],
)
def test_validate_notices_options_that_do_not_fit_the_file(edit, said, files, oneway) -> None:
    files(edit)
    assert said in oneway("validate", "m.yaml").flat


def test_a_row_with_an_odd_cell_says_whose_it_is_and_stands_in_nobodys_way(files, oneway) -> None:
    files(
        ("1002,Bob Bird,Staff,1001,", "1002,Bob Bird,Staff,1001,TBC"),
        ("match:", "label: Name\nmatch:"),
        ("Staff No,Name", "People of 2026\n\nStaff No,Name"),
        (MADE, MADE + ", header: 3"),
        ('"1004"', '"1009"'),
    )
    plan, told = oneway("plan", "m.yaml"), oneway("explain", "m.yaml", "1002")
    assert plan.flat.count("line 5 (1002 Bob Bird)") == 2
    assert "line 5 (1002 Bob Bird): error" in told.flat
    assert '"1002": line 5 (1002 Bob Bird) has this value, and cannot be read' in told.flat
    assert '"1009": no source record has this value' in oneway("explain", "m.yaml", "1009").flat
