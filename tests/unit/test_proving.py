"""Proving: seeded faults are found, sound mappings pass, and what is found replays as a test."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from oneway.mapping.compiler import Compiled
from oneway.render import proving as render
from oneway.render.style import Style
from oneway.runs.mapping_tests import MappingTest, check_test, load_test
from oneway.runs.prepare import compile_data
from oneway.runs.proving import Breaking, prove, same

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [
    each
    for each in sorted((ROOT / "mappings").rglob("*.yaml"))
    if not each.name.endswith(".test.yaml") and each.parent.name != "connections"
]
FEW = 600
"""Situations: all single classes and many pairs of the mapping below."""

MAPPING = """\
oneway: 1
name: people-to-members
source: {connector: file, resource: people.json, options: {id: code}}
target: {connector: file, resource: members.json}
references:
  teams: {from: {connector: file}, resource: teams.json, key: code, value: number}
match:
  - {source: code, target: reference}
eligible:
  - {id: email, when: email, otherwise: Email is missing, for: [joiners, movers]}
fields:
  reference: {from: code, write: on_create}
  name: join(' ', [first || '', last || ''])
  email: {from: lower(email), compare: ignore_case}
  team: {from: team, lookup: teams}
  start: start
joiners: {unless_taken: [email]}
leavers:
  when: status == 'Left'
  set: {leaveDate: leaveDate || today()}
  left: is_past(leaveDate)
"""

TEST = """\
oneway_test: 1
mapping: mapping.yaml
as_of: 2026-11-24
references: {teams: [{code: OPS, number: 1}]}
record: {code: A7, first: Ada, last: Quill, email: ada@example.com, team: OPS, status: Here,
         start: "2020-01-01", leaveDate: null}
target: {id: 70, reference: A7, name: Ada Quill, email: ada@example.com, team: 1,
         start: "2020-01-01", leaveDate: null}
never:
  - {name: Nobody who has left is created, for: status == 'Left', outcome: [create]}
  - {name: Nobody without a last name is created, for: "!last", outcome: [create]}
"""


def compiled(text: str) -> Compiled:
    return compile_data(text.encode(), "mapping.yaml", ())[0]


def mapping_test(text: str) -> MappingTest:
    return load_test(text.encode(), "mapping.test.yaml")


def broken(text: str, test: MappingTest | None, most: int = FEW) -> dict[str, Breaking]:
    return {each.law: each for each in prove(compiled(text), AS_OF, test, most).broken}


SOUND = MAPPING.replace(
    "  - {id: email", "  - {id: last, when: last, otherwise: Last name is missing}\n  - {id: email"
).replace("Last name is missing}", "Last name is missing, for: [joiners, movers]}")

USUAL, GAPS, LEAVE = "the usual syncs", "gaps take nothing", "leavers leave"
NAME = "name: join(' ', [first || '', last || ''])"
EMAIL = "email: {from: lower(email), compare: ignore_case}"
TEAM = "team: {from: team, lookup: teams}"
DATE = "{leaveDate: leaveDate || today()}"
LAST = "  - {id: last, when: last, otherwise: Last name is missing, for: [joiners, movers]}\n"

FAULTS = [
    # what is wrong, in place of what, the law that finds it
    ("when: email,", "when: '!email',", USUAL),
    ("when: email,", "when: email == 'x',", USUAL),
    ("when: last,", "when: last == 'Smith',", USUAL),
    ("when: status == 'Left'", "when: status != 'Left'", USUAL),
    ("when: status == 'Left'", "when: status", USUAL),
    ("when: status == 'Left'", "when: '!status'", GAPS),
    ("when: status == 'Left'", "when: status != 'Here'", GAPS),
    ("when: status == 'Left'", "when: status == 'Left' || !team", GAPS),
    ("when: status == 'Left'", "when: status == 'Left' || !email", GAPS),
    ("when: status == 'Left'", "when: is_blank(start)", GAPS),
    (DATE, "{leaveDate: leaveDate}", LEAVE),
    (TEAM, "team: team", USUAL),
    (TEAM, "team: {from: last, lookup: teams, on_miss: clear}", USUAL),
    (NAME, "name: join(' ', [last, first])", USUAL),
    (NAME, "name: upper(last)", USUAL),
    (EMAIL, "email: {from: upper(email)}", USUAL),
    ("start: start", "start: leaveDate || status", USUAL),
    ("start: start", "start: format_date(start, 'dd/MM/yyyy')", USUAL),
    ("left: is_past(leaveDate)", "left: '!is_past(leaveDate)'", USUAL),
    ("left: is_past(leaveDate)", "left: '!leaveDate'", USUAL),
    (LAST, "", "claim"),
]


def test_a_sound_mapping_passes() -> None:
    assert broken(SOUND, mapping_test(TEST)) == {}


@pytest.mark.parametrize(("good", "bad", "law"), FAULTS, ids=range(len(FAULTS)))
def test_a_seeded_fault_is_found(good: str, bad: str, law: str) -> None:
    assert SOUND.count(good) == 1
    found = broken(SOUND.replace(good, bad), mapping_test(TEST), FEW)
    assert law in found, found


def test_what_breaks_a_law_is_at_most_two_records_and_replays_as_a_test() -> None:
    mapping = SOUND.replace("when: status == 'Left'", "when: '!status'")
    proof = prove(compiled(mapping), AS_OF, mapping_test(TEST), FEW)
    assert proof.broken
    for each in proof.broken:
        assert len(each.situation.source) + len(each.situation.target) <= 2
    said = render.text(proof, Style())
    cases = "\n".join(
        line[4:] for line in said.splitlines() if line.startswith("    ") and line[4] in "- "
    )
    text = TEST.split("never:")[0] + "cases:\n" + cases + "\n"
    replayed = check_test(mapping_test(text), compiled(mapping))
    assert len(replayed.cases) == len(yaml.safe_load(cases))
    assert replayed.failed == len(replayed.cases)


def test_a_proof_is_the_same_each_time_and_says_how_far_it_looked() -> None:
    first, second = (prove(compiled(SOUND), AS_OF, None, FEW) for _ in range(2))
    assert render.as_json(first) == render.as_json(second)
    assert FEW // 2 < first.bound.situations <= FEW
    assert json.dumps(render.as_json(first))


SAME = [
    ("first || ''", "(first || '')"),
    ("when: status == 'Left'", "when: \"'Left' == status\""),
    ("when: status == 'Left'", "when: \"!(status != 'Left')\""),
    ("lower(email)", "lower(lower(email))"),
    ("when: email,", "when: email && email,"),
    ("when: email,", "when: '!(!email)',"),
    ("last || ''", "last || '-'"),  # nobody without a last name syncs
]
DIFFERENT = [
    ("status == 'Left'", "status == 'Gone'"),
    ("compare: ignore_case", "compare: exact"),
    ("lower(email)", "email"),
    ("first || ''", "first || '-'"),
    ("{unless_taken: [email]}", "{create: false}"),
    ("lookup: teams", "lookup: teams, on_miss: clear"),
    ("is_past(leaveDate)", "leaveDate"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_rewrites_that_keep_the_meaning_are_the_same(one: str, other: str) -> None:
    assert one in SOUND
    found = same(compiled(SOUND), compiled(SOUND.replace(one, other)), AS_OF, None, FEW)
    assert found.situation is None, render.same_text(found, Style())


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_an_edit_is_shown_by_a_record_that_is_treated_differently(one: str, other: str) -> None:
    assert one in SOUND
    found = same(compiled(SOUND), compiled(SOUND.replace(one, other)), AS_OF, None, 2 * FEW)
    assert found.situation is not None
    assert found.person is not None


def test_the_shipped_examples_keep_their_laws() -> None:
    for path in SHIPPED:
        mapping = compile_data(path.read_bytes(), str(path), ())[0]
        beside = path.with_name(f"{path.stem}.test.yaml")
        for test in (None, load_test(beside.read_bytes(), str(beside))):
            assert prove(mapping, AS_OF, test, FEW).broken == (), path.name
