"""A case that is recorded passes, is what the real record was, and holds nobody real."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from oneway.core.records import Record, Snapshot
from oneway.core.seal import Seal
from oneway.mapping.lookup_table import tabulate
from oneway.mapping.profile.read_keys import tallies_of
from oneway.render import mapping_tests as render
from oneway.runs.draft.anonymise import words_of
from oneway.runs.mapping_tests.check import check_test
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.mapping_tests.recording import record_case
from oneway.runs.plan import plan_of
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import RunRequest
from oneway.runs.read import ReadInputs

MAPPING = """\
oneway: 1
name: people-to-members
source: {connector: file, resource: people.json, options: {id: id}}
target: {connector: file, resource: members.json, options: {id: id}}
settings: {bank: {type: boolean, default: true, description: Copy the account.}}
references:
  teams: {from: {connector: file}, resource: teams.json, key: code, value: number}
match: [{source: code, target: reference}]
eligible: [{id: email, when: email, otherwise: Email is missing}]
fields:
  reference: {from: code, write: on_create}
  name: join(' ', [first || '', last || ''])
  email: {from: lower(email), compare: ignore_case}
  team: {from: team, lookup: teams}
  account: {from: bank.account, when: setting('bank'), sensitive: true}
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
record: {code: A7, first: Ada, last: Quill, email: ada@example.com, team: OPS, status: Here, sex: f}
target: {id: 70, reference: A7, name: Ada Quill, email: ada@example.com, team: 1, nick: Quilly}
cases:
"""
AS_OF = datetime(2026, 11, 24, 4, tzinfo=UTC)
COMPILED, CATALOGUE = compile_data(MAPPING.encode(), "mapping.yaml", ())
REQUEST = RunRequest("mapping.yaml", AS_OF, lambda *_: None)
PREPARED = PreparedRun(REQUEST, COMPILED, CATALOGUE, {"bank": True})
TEAMS = [
    {"id": "1", "code": "FINANCE", "number": 4711},
    {"id": "2", "code": "BEES", "number": 4712},
]

CODES = st.sampled_from(["PAY0042", "PAY0043", None])
MAILS = st.sampled_from(["mo.quist@acme.test", "Mo.Quist@acme.test", "bo.ng@acme.test", None])
DAYS = st.sampled_from(["2026-11-23", "2026-11-24", "2026-12-31", None])


def some(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


PEOPLE = st.lists(
    some(
        {
            "code": CODES,
            "first": st.sampled_from(["Morwenna", "Bo"]),
            "last": st.sampled_from(["Quist", "NG", ""]),
            "email": MAILS,
            "team": st.sampled_from(["FINANCE", "BEES", "NONE", None]),
            "status": st.sampled_from(["Here", "Left"]),
            "leaveDate": DAYS,
            "bank": st.sampled_from([{"account": "87654321"}, {}]),
            "secret": st.just("unread-remark"),
        }
    ),
    max_size=3,
)
USERS = st.lists(
    some(
        {
            "reference": CODES,
            "name": st.sampled_from(["Morwenna Quist", "Bo NG"]),
            "email": MAILS,
            "team": st.sampled_from([4711, 4712, None]),
            "account": st.sampled_from(["87654321", "12344321", None]),
            "leaveDate": DAYS,
        }
    ),
    max_size=3,
)


def snapshot(rows: list[dict[str, Any]], lead: str) -> Snapshot:
    named = [{"id": f"{lead}{number}", **row} for number, row in enumerate(rows, 101)]
    return Snapshot(tuple(Record(str(each["id"]), each) for each in named))


BO = {"last": "NG", "first": "Bo", "status": "Left", "code": "PAY0043", "leaveDate": None}
MO = {"last": "Quist", "first": "Mo", "status": "Left", "code": "PAY0043"}


@given(PEOPLE, USERS, st.booleans())
@example(
    [MO, BO],
    [{"name": "Bo NG", "reference": None}, {"reference": "PAY0043", "name": "Bo NG"}],
    True,
)
def test_each_record_becomes_a_case_that_passes_and_holds_nobody(
    people: list[dict[str, Any]], users: list[dict[str, Any]], has_test: bool
) -> None:
    source, target, teams = snapshot(people, "src"), snapshot(users, "usr"), snapshot(TEAMS, "")
    tables = {
        each.name: tabulate(each, teams, PREPARED.context) for each in COMPILED.code.references
    }
    program = COMPILED.bind(PREPARED.context, tables)
    tallies = tallies_of(COMPILED.code)
    for role, read in (("source", source), ("target", target)):
        for record in read.records:
            tallies[role].note(record)
    reading = ReadInputs(source, target, {"teams": teams}, tables, program, tallies=tallies)
    beside = load_test((TEST + "  []\n").encode(), "mapping.test.yaml") if has_test else None
    for outcome in plan_of(PREPARED, reading, Seal(b"k")).outcomes:
        found = record_case(PREPARED, reading, outcome, beside)
        said = render.recorded(found)
        whole = said if found.whole else TEST + said
        result = check_test(load_test(whole.encode(), "mapping.test.yaml"), COMPILED)
        assert (len(result.cases), result.failed) == (1, 0), whole
        assert found.faithful, whole
        words = {each for each in words_of([*people, *users, *TEAMS]) if len(each) > 2}
        real = words - {"left", "here", "test", "2026"}
        assert not real & words_of([said]), said


TABLES = """\
oneway: 1
name: tables
source: {connector: file, resource: people.json, options: {id: code}}
target: {connector: file, resource: members.json, options: {id: id}}
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  team: %s
"""
FORMS = (
    """'map_value(team, {"Sales": `1`, People: `2`})'""",
    """'map_value(team, `{"Sales": 1, "People": 2}`)'""",
    """'team && map_value(lower(team), {sales: `1`, people: `2`})'""",
)


@given(st.sampled_from(FORMS), st.sampled_from(["Sales", "People"]), st.integers(0, 3))
def test_the_words_of_a_table_stay_in_whatever_form_it_is_written(
    form: str, team: str, held: int
) -> None:
    compiled, catalogue = compile_data((TABLES % form).encode(), "mapping.yaml", ())
    request = RunRequest("mapping.yaml", AS_OF, lambda *_: None)
    prepared = PreparedRun(request, compiled, catalogue, {})
    source = snapshot([{"code": "PAY0042", "team": team}], "src")
    target = snapshot([{"reference": "PAY0042", "team": held}], "usr")
    tallies = tallies_of(compiled.code)
    program = compiled.bind(prepared.context, {})
    reading = ReadInputs(source, target, {}, {}, program, tallies=tallies)
    (outcome,) = plan_of(prepared, reading, Seal(b"k")).outcomes
    found = record_case(prepared, reading, outcome, None)
    assert found.faithful, render.recorded(found)
    assert f'"team": "{team}"' in render.recorded(found)
