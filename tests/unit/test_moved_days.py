"""Where an expression moves a day by a constant, the situations have days around that boundary."""

from datetime import UTC, datetime
from functools import partial
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.documents.yaml_source import parse
from oneway.mapping.compiler import Compiled
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.proving import mutate
from oneway.runs.proving.mutate import EditResult, Fate, edits, enums_of, tried
from oneway.runs.proving.prove import EditJudge, same

AS_OF = datetime(2026, 11, 24, 9, tzinfo=UTC)
MAPPING = """\
oneway: 1
name: people
settings: {{days: {{type: integer, default: {days}, description: Days}}}}
source:
  connector: file
  resource: people.json
  record:
    type: object
    properties:
      code: {{type: string}}
      name: {{type: string}}
      grade: {{type: integer}}
      status: {{type: string, enum: [Current, Former]}}
      lastDay: {{type: [string, "null"], format: date}}
target: {{connector: file, resource: members.json}}
label: name
match: [{{source: code, target: reference}}]
eligible: [{{id: grade, when: grade > `5`, otherwise: The grade is low}}]
fields:
  reference: {{from: code, write: on_create}}
  name: name
  team: "map_value(grade, `{{\\"6\\": \\"OPS\\"}}`, 'LAB')"
joiners: {{unless_taken: [reference]}}
leavers:
  when: "status == 'Former' && {when}"
  set: {{active: {{value: false}}}}
  left: active == `false`
"""


def mapping(when: str, days: int = 30) -> Compiled:
    text = MAPPING.format(when=when, days=days)
    return compile_data(text.encode(), "mapping.yaml", ())[0]


def differ(one: Compiled, other: Compiled) -> bool:
    return same(one, other, AS_OF, most=2_000).situation is not None


MOVED = {
    "is_past(add_days(lastDay, `{0}`))": "is_past(lastDay)",
    "!is_future(add_days(lastDay, `{0}`))": "!is_future(lastDay)",
    "lastDay && lastDay < add_days(today(), `{0}`)": "lastDay && lastDay < today()",
    "is_past(add_months(lastDay, `{0}`))": "is_past(lastDay)",
    "years_between(lastDay, today()) >= `{0}`": "is_past(lastDay)",
    "days_between(lastDay, today()) > `{0}`": "is_past(lastDay)",
    "is_past(add_days(coalesce(lastDay, today()), `{0}`))": "is_past(coalesce(lastDay, today()))",
}
NUMBERS = st.integers(-90, 90).filter(lambda each: each not in (0, -1))


@settings(max_examples=6)
@given(st.sampled_from(sorted(MOVED)), NUMBERS)
def test_a_day_moved_by_another_constant_or_by_none_is_seen(moved: str, number: int) -> None:
    one = mapping(moved.format(number))
    for other in (moved.format(number + 1), moved.format(number - 1), MOVED[moved]):
        assert differ(one, mapping(other)), f"{moved.format(number)} and {other}"


@pytest.mark.parametrize("days", [2, 400])
def test_a_day_moved_by_a_setting_is_seen(days: int) -> None:
    when = "is_past(add_days(lastDay, setting('days')))"
    assert differ(mapping(when, days), mapping(when, days + 1))
    assert differ(mapping(when, days), mapping("is_past(lastDay)", days))


TEST = """\
oneway_test: 1
mapping: mapping.yaml
as_of: 2026-11-24
record: {code: "1", name: Ada Quill, status: Current, lastDay: null, grade: 9}
target: {id: 5, reference: "1", name: Ada Quill, team: LAB, active: true}
cases:
  - {name: created, expect: {outcome: create}}
  - {name: leaves, record: {status: Former, lastDay: "2026-06-01"}, target: {},
     expect: {outcome: leave}}
  - {name: stays, target: {}, expect: {outcome: unchanged}}
"""


def edited(test: str) -> dict[str, EditResult]:
    text = MAPPING.format(when="is_past(add_days(lastDay, setting('days')))", days=30)
    text = text.replace("is_past(", "grade < `99` && is_past(")
    document = parse(text.encode(), "mapping.yaml")
    loaded = load_test(test.encode(), "mapping.test.yaml")
    with mock.patch.object(mutate, "EditJudge", partial(EditJudge, most=1_200)):
        ended = tried(loaded, document, lambda text: compile_data(text, "mapping.yaml", ())[0])
        return {each.edit.text: each for each in ended}


def test_numbers_and_words_are_edited_and_none_is_called_without_effect() -> None:
    ended = edited(TEST)

    def fate(*parts: str) -> set[Fate]:
        found = {e.fate for text, e in ended.items() if all(each in text for each in parts)}
        assert found, parts
        return found

    assert fate("days is 31") == {Fate.SURVIVED}
    assert fate("grade >= `5` in place of grade > `5`") == {Fate.SURVIVED}
    assert fate("grade > `6` in place of grade > `5`") == {Fate.SURVIVED}
    assert fate("is_past(lastDay) in place of") == {Fate.SURVIVED}
    assert fate("status == 'Current' && ") == {Fate.NOTICED}
    assert fate("not OPS", "in place of map_value") == {Fate.SURVIVED}
    assert fate("'not LAB'", "in place of map_value") == {Fate.NOTICED}


def test_a_case_on_each_side_of_the_boundary_notices_the_edits_of_the_constant() -> None:
    more = """\
  - {name: keeps access for 30 days, record: {status: Former, lastDay: "2026-10-25"}, target: {},
     expect: {outcome: unchanged}}
  - {name: and no longer, record: {status: Former, lastDay: "2026-10-24"}, target: {},
     expect: {outcome: leave}}
"""
    ended = edited(TEST + more)
    assert ended["days is 31"].fate is Fate.NOTICED
    gone = next(e for text, e in ended.items() if "is_past(lastDay) in place of" in text)
    assert gone.fate is Fate.NOTICED


ONE_PER = MAPPING.replace(
    "target: {{",
    "  one_per: {{person: code, current: status == 'Current', latest_by: lastDay}}\ntarget: {{",
    1,
)


def test_who_counts_of_several_records_is_edited_too() -> None:
    text = ONE_PER.format(when="is_past(lastDay)", days=1)
    document = parse(text.encode(), "mapping.yaml")
    compiled = compile_data(text.encode(), "mapping.yaml", ())[0]
    found = {each.text: each for each in edits(document, enums_of(compiled))}
    for each in ("drop `one_per`", "not status == 'Current'", "drop `current`"):
        assert found[each].counted, each
