"""Tests of mappings: what a case means, what is found to differ, what was seen, what is noticed."""

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree as ET

import pytest

from oneway.core.diagnostics import Refused, Span
from oneway.core.records import MISSING
from oneway.documents.yaml_source import parse
from oneway.mapping.compiler import Compiled
from oneway.render import mapping_tests as render
from oneway.render.style import Style
from oneway.runs.mapping_tests.check import check_test
from oneway.runs.mapping_tests.coverage import HowMuch, coverage
from oneway.runs.mapping_tests.load import find_tests, load_test
from oneway.runs.mapping_tests.results import MappingTestResult
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.proving import mutate
from oneway.runs.proving.mutate import EditResult, Fate, MappingEdit, edits, tried
from oneway.runs.proving.prove import EditJudge

ROOT = Path(__file__).resolve().parents[2]

MAPPING = """\
oneway: 1
name: people-to-members
source: {connector: file, resource: people.csv, options: {id: code}}
target: {connector: file, resource: members.json}
settings:
  copy_phone: {type: boolean, default: false, description: Copy phone numbers.}
references:
  teams: {from: {connector: file}, resource: teams.json, key: code, value: number}
match:
  - {source: code, target: reference}
eligible:
  - {id: email, when: email, otherwise: Email is missing, for: [joiners, movers]}
fields:
  reference: {from: code, write: on_create}
  name: join(' ', [first, last])
  email: {from: lower(email), compare: ignore_case}
  team: {from: team, lookup: teams}
  phone: {from: phone || mobile, when: setting('copy_phone'), sensitive: true}
joiners: {unless_taken: [email]}
leavers:
  when: status == 'Left'
  set: {active: {value: false}}
  left: active == `false`
"""

HEAD = """\
oneway_test: 1
mapping: mapping.yaml
as_of: 2026-11-24
references: {teams: [{code: A, number: 1}, {code: B, number: 2}]}
record: {code: "7", first: Ada, last: Quill, email: ada@example.com, team: A, status: Here,
         phone: "555", mobile: null}
target: {id: 70, reference: "7", name: Ada Quill, email: ada@example.com, team: 1, active: true}
"""


def compiled(text: bytes = MAPPING.encode()) -> Compiled:
    return compile_data(text, "mapping.yaml", ())[0]


def checked(text: str, mapping: str = MAPPING) -> MappingTestResult:
    return check_test(load_test(text.encode(), "m.test.yaml"), compiled(mapping.encode()))


READS = [
    ("mobile", ["fields.phone"]),
    ("phone", ["fields.phone"]),
    ("email", ["eligible.when", "fields.email"]),
    ("code", ["the record's id", "match.source", "fields.reference"]),
    ("salary", []),
    ("pay.hourly", []),
]


@pytest.mark.parametrize(("field", "readers"), READS)
def test_a_field_that_may_not_be_read_is_named_with_what_reads_it(
    field: str, readers: list[str]
) -> None:
    more = 'code: "7", salary: 1, pay: {hourly: 2},'
    text = HEAD.replace('code: "7",', more) + f"not_read: [{field}]\n"
    result = checked(text)
    (unread,) = result.unread
    assert [by for by, _ in unread.read_at] == readers
    assert (result.failed, result.passed) == ((1, 0) if readers else (0, 1))
    said = render.text(result, Style())
    assert (f"{field} is read" in said) is bool(readers)
    assert all(f": {each}" in said for each in readers)
    assert f"{field} is not read" in render.junit([result])
    assert render.as_json(result)["not_read"]
    assert ("may not be read" in render.github([result])) is bool(readers)


def test_the_whole_record_reads_every_field_and_a_misspelt_one_is_refused() -> None:
    text = HEAD.replace('code: "7",', 'code: "7", salary: 1,') + "not_read: [salary]\n"
    whole = MAPPING.replace("name: join(' ', [first, last])", "name: join(' ', keys(@))")
    assert checked(text, whole).failed == 1
    with pytest.raises(Refused, match="has 'salery'"):
        checked(text.replace("not_read: [salary]", "not_read: [salery]"))


def ran(cases: str, head: str = HEAD) -> MappingTestResult:
    return check_test(load_test((head + cases).encode(), "mapping.test.yaml"), compiled())


def failures(cases: str) -> list[tuple[str, object, object]]:
    return [
        (each.about, each.wanted, each.got) for case in ran(cases).cases for each in case.mismatches
    ]


def refused(cases: str, head: str = HEAD) -> list[tuple[str, int, str]]:
    with pytest.raises(Refused) as caught:
        ran(cases, head)
    return [(d.code, d.span.line, f"{d.summary} {d.help}") for d in caught.value.diagnostics]


GOOD = """\
cases:
  - name: A starter is created
    expect:
      outcome: create
      only_fields: {reference: "7", name: Ada Quill, email: ada@example.com, team: 1}
  - name: Nothing to do
    target: {}
    expect: {outcome: unchanged}
  - name: Another team
    target: {}
    record: {team: B}
    expect: {outcome: update, only_fields: {team: 2}}
  - name: Without an email, no
    without: [email]
    expect: {outcome: ineligible, reasons: [email]}
  - name: A leaver leaves
    target: {}
    record: {status: Left}
    expect: {outcome: leave, fields: {active: false}}
  - name: A phone is copied where the setting says so
    target: {}
    settings: {copy_phone: true}
    expect: {outcome: update, only_fields: {phone: "555"}}
  - name: Two with one code
    records: [{first: Ada}, {first: Bea}]
    expect_each:
      "1": {outcome: conflict}
"""


def test_what_holds_passes() -> None:
    cases = GOOD[: GOOD.index("  - name: Two with")]
    assert failures(cases) == []


def test_a_case_says_what_it_wanted_what_it_got_and_each_step() -> None:
    result = ran("cases:\n  - {name: Wrong, target: {name: X}, expect: {fields: {name: Bea}}}\n")
    ((wrong,),) = (case.mismatches for case in result.cases)
    assert (wrong.about, wrong.wanted, wrong.got) == ("name", "Bea", "Ada Quill")
    assert wrong.place.line == 9
    assert wrong.expression is not None
    assert wrong.expression.line == 15
    assert [(step.text, step.value) for step in wrong.steps] == [
        ("first", "Ada"),
        ("last", "Quill"),
        ("[first, last]", ["Ada", "Quill"]),
        ("join(' ', [first, last])", "Ada Quill"),
    ]


@pytest.mark.parametrize(
    ("expect", "about", "wanted", "got"),
    [
        ("outcome: create", "outcome", "create", ("unchanged",)),
        ("fields: {team: 2}", "team", 2, MISSING),
        ("reasons: [email]", "reasons", ["email"], []),
        ("held_by: [leavers]", "held_by", ["leavers"], []),
    ],
)
def test_whatever_is_expected_is_compared(
    expect: str, about: str, wanted: object, got: object
) -> None:
    case = f"cases:\n  - {{name: Wrong, target: {{}}, expect: {{{expect}}}}}\n"
    assert failures(case) == [(about, wanted, got)]


def test_only_fields_means_no_other_is_written() -> None:
    cases = "cases:\n  - {name: A, target: {name: X, team: 9}, expect: {only_fields: {team: 1}}}\n"
    assert failures(cases) == [("name", MISSING, "Ada Quill")]
    cases = "cases:\n  - {name: A, target: {name: X}, expect: {not_written: [name]}}\n"
    assert failures(cases) == [("name", MISSING, "Ada Quill")]


def test_what_is_left_alone_is_no_value_in_json() -> None:
    mismatch = "{name: A, target: {name: left alone}, expect: {only_fields: {team: 1}}}"
    result = ran(f"cases:\n  - {mismatch}\n")
    data = json.loads(json.dumps(render.as_json(result)))
    found = {each["about"]: each for each in data["cases"][0]["mismatches"]}
    assert "got" not in found["team"]
    assert "wanted" not in found["name"]
    assert (found["team"]["wanted"], found["name"]["got"]) == (1, "Ada Quill")


@pytest.mark.parametrize("copy", ["true", "false"])
def test_a_sensitive_value_is_compared_and_never_shown(copy: str) -> None:
    given = f"target: {{}}, settings: {{copy_phone: {copy}}}, expect: {{fields: {{phone: '999'}}}}"
    result = ran(f"cases:\n  - {{name: A, {given}}}\n")
    assert result.failed == 1
    said = render.text(result, Style()) + json.dumps(render.as_json(result))
    said += render.junit([result]) + render.github([result])
    assert "***" in said
    assert "555" not in said
    assert "999" not in said


def test_a_table_is_a_case_for_each_row() -> None:
    cases = """\
cases:
  - name: Teams
    target: {}
    table:
      columns: [record.team, expect.outcome, expect.fields.team]
      rows:
        - [B, update, 2]
        - [B, update, 1]
"""
    result = ran(cases)
    assert [case.case.name for case in result.cases] == [
        "Teams [B, update, 2]",
        "Teams [B, update, 1]",
    ]
    assert [len(case.mismatches) for case in result.cases] == [0, 1]
    assert result.cases[1].mismatches[0].place.line == 15


def test_claims_speak_of_every_record_of_every_case() -> None:
    never = "never:\n  - {name: Leavers stay, for: status == 'Left', outcome: [leave]}\n"
    result = ran(GOOD[: GOOD.index("  - name: Two with")] + never)
    (claim,) = result.claims
    assert claim.spoken_of == 1
    assert [(where, outcome.kind.value) for where, outcome in claim.against] == [
        ("A leaver leaves", "leave")
    ]
    always = never.replace("never", "always")
    assert ran(GOOD[: GOOD.index("  - name: Two with")] + always).failed == 0


def test_a_fixture_is_read_for_the_claims(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("code,first,last,email,team,status\n1,A,B,,A,Here\n")
    text = HEAD + "fixture: {source: people.csv}\n"
    text += "never:\n  - {name: Nobody without email, for: '!email', outcome: [create]}\n"
    test = load_test(text.encode(), str(tmp_path / "mapping.test.yaml"))
    (claim,) = check_test(test, compiled()).claims
    assert (claim.spoken_of, claim.against) == (1, ())


@pytest.mark.parametrize(
    ("cases", "code", "line", "said"),
    [
        (
            "cases:\n  - {name: A, expect: {outcome: create}, settings: {x: true}}\n",
            "T102",
            9,
            "no setting 'x'",
        ),
        (
            "cases:\n  - {name: A, expect: {outcome: create}, settings: {copy_phone: 1}}\n",
            "T103",
            9,
            "a switch",
        ),
        (
            "cases:\n  - {name: A, expect: {outcome: create}, references: {x: []}}\n",
            "T102",
            9,
            "it has: teams",
        ),
        ("cases:\n  - {name: A, expect: {fields: {nmae: x}}}\n", "T102", 9, "did you mean 'name'"),
        (
            "cases:\n  - {name: A, expect: {outcome: create}, record: {emial: x}}\n",
            "T102",
            9,
            "did you mean 'email'",
        ),
        (
            "cases:\n  - {name: A, expect: {outcome: create}, records: [{Status: Left}]}\n",
            "T102",
            9,
            "did you mean 'status'",
        ),
        (
            "cases:\n  - {name: A, expect: {outcome: create}, without: [mobil]}\n",
            "T102",
            9,
            "did you mean 'mobile'",
        ),
        (
            "cases:\n  - {name: A, expect: {outcome: create}, targets: [{acitve: true}]}\n",
            "T102",
            9,
            "did you mean 'active'",
        ),
        (
            "cases:\n  - {name: A, table: {columns: [record.frist, expect.outcome], "
            "rows: [[Ann, create]]}}\n",
            "T102",
            9,
            "did you mean 'first'",
        ),
        (
            "cases:\n  - {name: A, expect: {outcome: create}, as_of: 2026-13-01}\n",
            "T103",
            9,
            "not an instant",
        ),
        ("cases:\n  - {name: A, record: {}, exepct: {}}\n", "S102", 9, "expect"),
        ("always: [{name: A, for: 'a |', outcome: [create]}]\n", "T104", 8, ""),
        (
            "cases:\n  - {name: A, table: {columns: [record.a, record.b], rows: [[1]]}}\n",
            "T101",
            9,
            "1 values for 2 columns",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(
    cases: str, code: str, line: int, said: str
) -> None:
    found = refused(cases)
    assert [(each[0], each[1]) for each in found] == [(code, line)]
    assert said in found[0][2]


def test_two_records_with_one_id_are_refused() -> None:
    head = HEAD.replace('{code: "7"', '{code: "7", id: 1')
    assert (
        refused("cases:\n  - {name: A, targets: [{}, {}], expect: {outcome: create}}\n", head)[0][0]
        == "T105"
    )


def test_coverage_names_the_ways_that_no_case_went() -> None:
    result = ran("cases:\n  - {name: A, expect: {outcome: create}}\n")
    found = {each.decision.about: each for each in coverage(result)}
    assert found["eligible email"].missing == (
        "fails for joiners",
        "holds for movers",
        "fails for movers",
    )
    assert found["leavers.when"].missing == ("yes",)
    assert found["leavers.left"].seen is HowMuch.NONE
    assert found["phone || mobile"].missing == ("right answers",)
    assert found["team"].missing == ("no value", "not in the table")


@cache
def edited() -> dict[str, EditResult]:
    """Return how each edit ends under a test with a few cases, judged by a few situations."""
    test = load_test((HEAD + GOOD[: GOOD.index("  - name: Two with")]).encode(), "m.test.yaml")
    document = parse(MAPPING.encode(), "mapping.yaml")
    with mock.patch.object(mutate, "EditJudge", partial(EditJudge, most=250)):
        return {each.edit.text: each for each in tried(test, document, compiled)}


def test_an_edit_that_no_case_notices_is_named() -> None:
    document = parse(MAPPING.encode(), "mapping.yaml")
    fates = {text: each.fate for text, each in edited().items()}
    assert fates["drop the rule email"] is Fate.NOTICED
    assert fates["not status == 'Left'"] is Fate.NOTICED
    assert fates["email in place of lower(email)"] is Fate.SURVIVED
    assert fates["drop reference"] is Fate.REFUSED
    assert len(list(edits(document))) == len(set(edits_of(document))) >= 40


def test_a_named_expression_is_edited_where_it_is_written() -> None:
    let = "let:\n  has_left: status == 'Left'\n  mail: lower(email)\n"
    named = MAPPING.replace("lower(email)", "let('mail')").replace("match:", f"{let}match:", 1)
    found = {each.text: each for each in edits(parse(named.encode(), "mapping.yaml"))}
    for text in ("not status == 'Left'", "status != 'Left' in place of status == 'Left'"):
        assert text in found
    assert "email in place of lower(email)" in found
    assert not [text for text in found if text.startswith("'mail' in place")]


def edits_of(document: object) -> list[str]:
    return [json.dumps(each.data) for each in edits(document)]  # type: ignore[arg-type]


def test_every_edit_differs_from_the_mapping() -> None:
    document = parse(MAPPING.encode(), "mapping.yaml")
    assert json.dumps(document.data) not in edits_of(document)


def test_junit_and_annotations_are_well_formed() -> None:
    result = ran("cases:\n  - {name: 'A <b> & %', target: {name: X}, expect: {outcome: create}}\n")
    (suite,) = ET.fromstring(render.junit([result]))
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    (line,) = render.github([result]).splitlines()
    assert line.startswith("::error file=mapping.test.yaml,line=9,col=")
    assert "A <b> & %25" in line


def test_tests_are_found_beside_their_mappings(tmp_path: Path) -> None:
    for name in ("a.yaml", "a.test.yaml", "b.yaml"):
        (tmp_path / name).write_text("")
    beside = str(tmp_path / "a.test.yaml")
    assert find_tests(str(tmp_path)) == [beside]
    assert find_tests(str(tmp_path / "a.yaml")) == [beside]
    assert find_tests(beside) == [beside]


def test_a_mapping_without_a_test_beside_it_is_said_to_have_none() -> None:
    with pytest.raises(Refused) as refused:
        load_test(MAPPING.encode(), "mapping.yaml")
    (found,) = refused.value.diagnostics
    assert (found.code, found.help) == ("T106", "write mapping.test.yaml: `oneway docs testing`")


def test_the_shipped_mappings_pass_their_tests_which_see_every_way() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "oneway", "test", "mappings", "--cover", "100", "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    results = json.loads(run.stdout)
    assert [each["failed"] for each in results] == [0] * len(results)
    tested = {(ROOT / each["mapping"]).resolve() for each in results}
    mappings = {
        each
        for each in (ROOT / "mappings").rglob("*.yaml")
        if not each.name.endswith(".test.yaml") and each.parent.name != "connections"
    }
    assert tested == mappings


def test_an_edit_without_effect_is_told_from_one_that_no_case_notices() -> None:
    found = edited()
    assert {each.fate for each in found.values()} >= {Fate.REFUSED, Fate.NOTICED, Fate.SAME}
    for each in found.values():
        said = render.edits_text([each], Style())
        if each.fate is Fate.SURVIVED and each.treated and each.treated.situation:
            assert "    - name: " in said  # a case that would notice it
        assert ("no effect" in said) is (each.fate is Fate.SAME)


def test_the_most_harmful_edits_come_first_and_the_others_are_counted() -> None:
    order = ["fields", "leavers", "references", "match"]
    found = [
        EditResult(MappingEdit(Span("m.yaml", n, 1, 1), part, {}, part=part), Fate.SURVIVED)
        for n, part in enumerate(order, 1)
    ]
    found.insert(0, EditResult(replace(found[0].edit, text="idle"), Fate.SAME))
    whole = render.edits_text(found, Style()).splitlines()
    told = [line.rpartition(" ")[2] for line in whole if line.startswith(("not noticed", "no eff"))]
    assert told == ["leavers", "match", "references", "fields", "idle"]
    short = render.edits_text(found, Style(), 2).splitlines()
    assert short[:5] == [*whole[:4], "and 3 more; --all shows them"]
    assert short[5:] == whole[9:]


def test_an_edit_that_breaks_a_law_is_noticed_without_a_case() -> None:
    test = load_test(HEAD.encode() + b"cases: []\n", "m.test.yaml")
    document = parse(MAPPING.encode(), "mapping.yaml")
    assert any(each.fate is Fate.PROVED for each in tried(test, document, compiled))


def test_reasons_may_be_all_there_are() -> None:
    for only, failed in (("[email]", 0), ("[]", 1), ("[email, other]", 1)):
        expect = f"{{outcome: ineligible, only_reasons: {only}}}"
        assert (
            ran(f"cases:\n  - {{name: A, record: {{email: null}}, expect: {expect}}}\n").failed
            == failed
        )
