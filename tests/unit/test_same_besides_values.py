"""`same` compares what the engine takes from expressions besides their values.

The words, blanks and keys that an expression names decide how a record is planned, even where two
expressions have one truth table.
"""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.diagnostics import Refused
from oneway.core.records import MISSING
from oneway.mapping.code import MappingCode
from oneway.mapping.compiler import Compiled
from oneway.mapping.policy import Policy
from oneway.planning.impact import impact
from oneway.planning.plan import Plan
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.proving.prove import Sameness, VersionComparison, maker_of
from oneway.runs.proving.situation import ProofSituation
from oneway.runs.proving.solver import slots
from oneway.runs.proving.solver.decide import decide

MAPPING = """\
oneway: 1
name: m
source:
  connector: file
  resource: p.json
  options: {id: id}
  one_per: {person: number, current: main, latest_by: since}
target: {connector: file, resource: t.json, options: {id: id}}
match: [{source: code, target: ref}]
only: [{id: staff, when: "type == 'Employee'", otherwise: Not for us}]
out_of_scope: leave
eligible: [{id: grade, when: "grade != 'X'", otherwise: Grade X, for: [joiners, movers]}]
fields:
  ref: {from: code, write: on_create}
  first: first
  level: "iif(dept == 'OPS', 'admin', 'reader')"
  manager: {from: "iif(m == `true`, 'yes', 'no')"}
  nick: {from: nick, default: {from: "iif(other == 'y', 'a', 'b')"}, on_blank: clear}
  phone: {from: phone, when: "site == 'HQ'"}
together: [[first, nick]]
joiners: {unless_taken: [ref, phone]}
leavers:
  when: "gone || status == 'Left'"
  set: {active: {value: false}, end: {from: end}}
  left: "active == `false` || state == 'Closed'"
absent: {deactivate: {when: "starts_with(ref, 'UK-')"}}
"""
TEST = """\
oneway_test: 1
mapping: mapping.yaml
as_of: 2026-11-24
record: {id: s1, number: 7, main: true, since: "2020-01-01", code: UK-7, first: Ada, dept: HR,
         m: false, nick: null, other: n, phone: "7", site: HQ, gone: false, status: Here,
         type: Employee, grade: A}
target: {id: 70, ref: UK-7, first: Ada, level: reader, manager: "no", nick: b, phone: "7",
         active: true, state: Open}
"""
MOST = 400
AS_OF = datetime(2026, 11, 24, tzinfo=UTC)


def compiled(text: str) -> Compiled:
    return compile_data(text.encode(), "mapping.yaml", ())[0]


def mapping_test(text: str) -> MappingTest:
    return load_test(text.encode(), "mapping.test.yaml")


def compared(edits: dict[str, str], mapping: str = MAPPING) -> VersionComparison:
    assert all(mapping.count(old) == 1 for old in edits), edits
    new = mapping
    for old, text in edits.items():
        new = new.replace(old, text)
    return decide(compiled(mapping), compiled(new), AS_OF, mapping_test(TEST), MOST)


NAMED_OTHERWISE = [
    ("gone ||", "gone || gone == 'Yes' ||"),
    ("type == 'Employee'", "type == 'Employee' && type != ''"),
    ("status == 'Left'", "status == 'Left' && status != 'LEFT'"),
    ("'admin', 'reader'", "'admin', iif(dept == 'Ops', 'reader', 'reader')"),
    ("m == `true`, 'yes', 'no'", "m == `true`, 'yes', iif(m == 'true', 'no', 'no')"),
    ("grade != 'X'", "grade != 'X' && (status != 'LEFT' || status == 'LEFT')"),
    ("state == 'Closed'", "state == 'Closed' && state != 'CLOSED'"),
    ("other == 'y'", "default(other, '') == 'y'"),
    ("site == 'HQ'", "site == 'HQ' && site != 'hq'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), NAMED_OTHERWISE)
def test_a_record_shows_that_other_words_or_blanks_are_named(old: str, new: str) -> None:
    found = compared({old: new})
    assert found.verdict is Sameness.DIFFERENT, found.because
    assert found.treated is not None
    assert found.treated.person is not None


def test_another_default_of_a_setting_takes_other_people() -> None:
    scoped = MAPPING.replace("type == 'Employee'", "type == setting('kind')").replace(
        "match: ", "settings: {kind: {type: string, default: Employee, description: Who}}\nmatch: "
    )
    other = scoped.replace("default: Employee", "default: Contractor")
    found = decide(compiled(scoped), compiled(other), AS_OF, None, MOST)
    assert found.verdict is Sameness.DIFFERENT, found.because


NOT_BY_VALUES = [
    ("together: [[first, nick]]\n", "", "`together` differs"),
    ("'UK-'", "'DE-'", "absent.deactivate.when"),
    ("current: main", "current: chief", "`source.one_per` differs"),
    ("status == 'Left'", "status == 'Left' || status == 'Left' && note", "reads note"),
    ("grade != 'X'", "grade != 'X' || grade != 'X' && note", "in the source: note"),
    ("first: first", "first: coalesce(first)", "in the source: first"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "why"), NOT_BY_VALUES)
def test_what_no_single_record_shows_is_not_called_the_same(old: str, new: str, why: str) -> None:
    found = compared({old: new})
    assert found.verdict is not Sameness.SAME
    if found.verdict is Sameness.UNDECIDED:
        assert why in "; ".join(found.because)


HARMLESS = [
    ("gone || status == 'Left'", "status == 'Left' || gone"),
    ("status == 'Left'", "!(status != 'Left')"),
    ("status == 'Left'", "'Left' == status || status == 'Left'"),
    ("grade != 'X'", "!(!(grade != 'X'))"),
    ("gone || status == 'Left'", "!(!(gone) && !(status == 'Left'))"),
    ("type == 'Employee'", "!(type != 'Employee')"),
    ("dept == 'OPS'", "!(dept != 'OPS')"),
    ("iif(dept == 'OPS', 'admin', 'reader')", "iif(dept != 'OPS', 'reader', 'admin')"),
    ("active == `false` || state == 'Closed'", "state == 'Closed' || active == `false`"),
    ("site == 'HQ'", "!(!(site == 'HQ'))"),
    ("m == `true`, 'yes', 'no'", "m == `true`, 'yes', iif(m != `true`, 'no', 'yes')"),
]


@pytest.mark.parametrize(("old", "new"), HARMLESS)
def test_other_words_for_the_same_condition_stay_the_same(old: str, new: str) -> None:
    found = compared({old: new})
    assert (found.verdict, found.because) == (Sameness.SAME, ())


KEYS = ("gone", "status", "type", "dept", "m", "site")
VALUES: list[Any] = [None, "", " ", "Left", "LEFT", "left ", "Employee", "OPS", "Ops", "HQ", "hq",
                     "No", "true", "Yes", True, False, 0, 1, ["Left"], MISSING]  # fmt: skip
CONDITIONS = ("gone", "status == 'Left'", "type == 'Employee'", "dept == 'OPS'", "m == `true`")
FURTHER = ("gone == 'Yes'", "status != 'LEFT'", "type != ''", "dept == 'Ops'", "m == 'true'", "m",
           "status", "site == 'hq'", "is_blank(type)")  # fmt: skip
REWRITES = ("{0} || {0}", "!(!({0}))", "{0} && ({0} || {1})", "{0} || ({0} && {1})",
            "({0} && {1}) || ({0} && !({1}))", "iif({0}, {0}, {0})", "{0}")  # fmt: skip
PLACES = {
    "gone || status == 'Left'": "{}",
    "type == 'Employee'": "{}",
    "grade != 'X'": "{}",
    "dept == 'OPS', 'admin', 'reader'": "{}, 'admin', 'reader'",
    "site == 'HQ'": "{}",
}
RECORDS = st.lists(
    st.fixed_dictionaries({key: st.sampled_from(VALUES) for key in KEYS}), min_size=4, max_size=8
)


def bare(plan: Plan) -> list[Any]:
    """Return a plan without its mapping's digest, its expressions and their places."""
    return [
        (each.kind, each.source_id, each.target_id, each.has_access,
         [(reason.code, reason.warning, reason.candidates) for reason in each.reasons],
         [(act.id, act.verb, act.depends_on, act.claims) for act in each.actions],
         [(change.field, change.before, change.after) for change in each.changes])
        for each in plan.outcomes
    ]  # fmt: skip


@given(
    st.sampled_from(sorted(PLACES)),
    st.sampled_from(CONDITIONS),
    st.sampled_from(FURTHER),
    st.sampled_from(REWRITES),
    RECORDS,
)
@settings(max_examples=12)
def test_mappings_that_are_called_the_same_make_the_same_plans(
    place: str, condition: str, further: str, rewrite: str, rows: list[dict[str, Any]]
) -> None:
    texts = [PLACES[place].format(e) for e in (condition, rewrite.format(condition, further))]
    try:
        versions = [compiled(MAPPING.replace(place, text)) for text in texts]
    except Refused:
        return  # what lint calls an error
    test = mapping_test(TEST)
    if decide(*versions, AS_OF, test, 2).verdict is not Sameness.SAME:
        return
    makers = [maker_of(each, AS_OF, test) for each in versions]
    usual, target = makers[0].usual(), dict(test.target)
    for row in rows:
        source = {key: value for key, value in (usual | row).items() if value is not MISSING}
        for users in ((), (target,)):
            plans = [m.planned(ProofSituation((), "agrees", (source,), users)) for m in makers]
            assert impact(*plans).people == ()
            assert bare(plans[0]) == bare(plans[1])


def test_every_part_of_a_mapping_is_compared() -> None:
    """A part that is new to a policy is compared, unless somebody says that only people see it."""
    policy = compiled(MAPPING).code.policy
    named = {each.name for each in fields(Policy)}
    assert set(slots._policy(policy)) | slots._SHOWN == named
    code = {each.name for each in fields(MappingCode)}
    of_records = {"words", "made", "target_reading"}  # by the systems' own descriptions
    compared_by_name = {
        *("match_source", "match_target", "only", "rules", "fields", "leaver", "leaving", "left"),
        *("scheduled", "absent_when", "label", "references", "one_per", "unsure", "secrets"),
        *("marked", "policy"),
    }
    assert code == compared_by_name | of_records
