"""Laws of fields: a condition that an absent key leaves unknown chooses no value to write."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.test_generated import CONTEXT, SPAN
from one_expression import found_of, function_of
from oneway.core.records import is_blank
from oneway.mapping.expressions import EvaluationError, parse
from oneway.mapping.expressions.evaluation import evaluated
from oneway.planning.plan import Verb
from unit.made import Made, made

ATOMS = [
    "type == 'C'", "type != 'C'", "!type", "type > `18`", "lower(type) == 'c'", "type.kind == 'C'",
    "one_of(type, ['C', 'D'])", "contains(type, 'C')", "starts_with(type, 'C')", "is_past(type)",
    "to_boolean(type)", "starts_with_any(type, 'C')", "!(type == 'C')", "length(type) > `1`",
]  # fmt: skip
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, st.sampled_from([*ATOMS, "yes", "no"])),
        st.builds("({} || {})".format, st.sampled_from([*ATOMS, "yes", "no"]), inner),
        st.builds("!({})".format, inner),
    ),
    max_leaves=3,
)
VALUES = [
    "{0} && 'EXT' || team", "({0} && 'EXT') || team", "iif({0}, 'EXT', team)",
    "{0} && nick || team",
    "yes && {0} && 'EXT' || team", "({0} && 'EXT' || none) || team", "{0} || team",
    "trim({0} && 'EXT' || none) || team", "iif({0}, 'EXT', none) || team",
    "[{0} && 'EXT'][0] || team",
    "{0} && {{a: 'EXT'}}.a || team", "map_value(type, {{C: 'EXT'}}, 'INT')",
    "map_value(type, {{C: 'EXT'}}, none) || team", "yes && ({0}) || team", "no || ({0}) || team",
]  # fmt: skip
HELD = {"team": "HR", "nick": "Bo", "none": None, "yes": True, "no": False}
WHATEVER: list[Any] = [
    "C", "D", "CD", "2020-01-01", "2999-01-01", "true", "", None, 20, 3, True, False, ["C"],
    {"kind": "C"},
]  # fmt: skip


def written(text: str, data: dict[str, Any]) -> list[Any]:
    """Return the value that a field writes, as a list; an empty one if it is left alone."""
    expression = parse(text, SPAN)
    try:
        found = evaluated(expression.tree, data, CONTEXT, deciding=True)
    except EvaluationError:
        return []
    generated, code = function_of(expression, CONTEXT)
    assert generated(data) == found_of(found), code
    return [] if is_blank(found.value) or found.written else [found.value]


@given(CONDITIONS, st.sampled_from(VALUES))
def test_law_13_what_an_unknown_condition_chooses_is_not_written(
    condition: str, value: str
) -> None:
    text = value.format(condition)
    said = written(text, HELD)
    for each in WHATEVER if said else ():
        assert written(text, HELD | {"type": each}) in ([], said), (text, each)


@pytest.mark.parametrize("condition", ATOMS)
@pytest.mark.parametrize("value", VALUES[:4])
def test_a_condition_of_an_absent_key_leaves_the_field_alone(condition: str, value: str) -> None:
    assert written(value.format(condition), HELD) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("type || team", "HR"), ("trim(type) || team", "HR"), ("type.name || team", "HR"),
        ("type && nick || team", "HR"), ("nick && type || team", "HR"),
        ("[type, team][0] || team", "HR"),
        ("default(is_past(type), 'no')", "no"), ("coalesce(type, nick) == 'Bo' && 'B' || 'C'", "B"),
        ("is_blank(type) && team || nick", "HR"), ("type == 'C' && 'EXT' || 'EXT'", None),
    ],
)  # fmt: skip
def test_a_plain_value_that_is_absent_is_still_replaced(text: str, value: str | None) -> None:
    assert written(text, HELD) == ([] if value is None else [value])


CHOICE = "type == 'C' && 'EXT' || team"


def mapped(field: str, person: dict[str, Any], teams: list[dict[str, Any]] = []) -> Made:  # noqa: B006
    """Return a mapping with a field `dept`, and another one, planned for two people."""
    text = f"""oneway: 1
name: people
source: {{connector: payroll, resource: people}}
target: {{connector: expenses, resource: users}}
references:
  teams: {{from: {{connector: hr}}, resource: teams, key: code, value: "{CHOICE}"}}
match:
  - {{source: code, target: ref}}
fields:
  ref: {{from: code, write: on_create}}
  dept: {field}
  other: {{from: type, lookup: teams}}
"""
    people = [{"id": code, "code": code, "team": "HR", **person} for code in ("1", "2")]
    held = [{"id": "1", "ref": "1", "dept": "Old"}]
    return made(text, people, held, {"teams": teams}, leaves_out_nulls=False)


def changes(of: Made) -> dict[Verb, list[str]]:
    """Return the fields that are written to a record that exists, and to a new one."""
    found = {each.verb: [change.field for change in each.changes] for each in of.plan.actions}
    return {verb: sorted(set(fields) - {"ref"}) for verb, fields in found.items()}


@pytest.mark.parametrize(
    "stand_in", [CHOICE, "iif(type == 'C', 'EXT', team)", "concat(type, team)"]
)
@pytest.mark.parametrize("others", [", on_blank: clear", ""])
def test_an_unknown_stand_in_stands_in_for_nothing(stand_in: str, others: str) -> None:
    blank = f'{{from: nick, default: {{from: "{stand_in}"}}{others}}}'
    assert changes(mapped(blank, {"nick": ""})) == {Verb.CREATE: []}
    initial = f'{{from: nick, initial: {{from: "{stand_in}"}}}}'
    assert changes(mapped(initial, {"nick": ""})) == {Verb.CREATE: []}
    assert changes(mapped(blank, {"nick": "", "type": "C"}))[Verb.UPDATE] == ["dept"]


def test_a_blank_stand_in_of_an_absent_key_clears_nothing() -> None:
    field = "{from: nick, default: {from: type}, on_blank: clear}"
    assert changes(mapped(field, {"nick": ""})) == {Verb.CREATE: []}
    assert changes(mapped(field, {"nick": "", "type": ""}))[Verb.UPDATE] == ["dept"]


def test_a_row_whose_value_is_unknown_has_none() -> None:
    rows = [
        {"id": "1", "code": "C", "team": "HR"},
        {"id": "2", "code": "D", "type": "D", "team": "IT"},
    ]
    found = mapped("team", {"type": "C"}, rows)
    assert changes(found) == {Verb.UPDATE: ["dept"], Verb.CREATE: ["dept"]}
    assert not found.tables["teams"].complete
    assert "type is not given" in found.tables["teams"].problems[0]
    assert changes(mapped("team", {"type": "D"}, rows))[Verb.UPDATE] == ["dept", "other"]
