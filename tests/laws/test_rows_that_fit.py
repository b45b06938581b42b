"""Laws of tables of rules: the first row that fits counts, and an unknown one is no answer."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from laws.test_generated import compare
from laws.test_names_written_out import said
from oneway.core.compare import identity
from oneway.core.diagnostics import Span
from oneway.core.records import Value
from oneway.mapping.expressions import Context, EvaluationError, Expression, parse
from oneway.mapping.expressions.near_words import how_near
from oneway.mapping.expressions.steps import literal_text, steps_of
from oneway.planning.plan_file import dump
from strategies import worlds
from tables import expression
from worlds import World, planned

SPAN = Span("law", 1, 1, 1)
CONTEXT = Context(datetime(2026, 3, 31, 4, tzinfo=UTC), strict=True)
WORDS: list[Value] = ["x", "y", "1", 1, True, "true", 1.5]
NEAR: list[Value] = ["X", "Y ", "1 ", "TRUE", "\u200bx", "1.50", ["x"]]
"""Each is a word in another spelling, or of another type."""
HELD = st.sampled_from([*WORDS, *WORDS, *NEAR, *NEAR, None, "", 1.0, {}])
COLUMNS = {"a": "a", "b": "b.c", "last": "lower(d) || e"}

Row = dict[str, Any]


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Draw the rows of a table with few words and few answers, so that they meet."""
    cell = st.sampled_from(WORDS) | st.lists(
        st.sampled_from(WORDS), min_size=1, max_size=4, unique_by=identity
    )
    row = st.fixed_dictionaries(
        {"then": st.sampled_from([1, 1, 2, "two", None])},
        optional=dict.fromkeys(COLUMNS, cell),
    )
    return draw(st.lists(row, min_size=1, max_size=5))


RECORDS = st.fixed_dictionaries(
    {}, optional={"a": HELD, "b": st.fixed_dictionaries({}, optional={"c": HELD}), "e": HELD}
)


def expression_of(rows: list[Row], columns: Mapping[str, str] = COLUMNS) -> Expression:
    return expression("choose('t')", choices={"t": {"columns": columns, "rows": rows}})


def model(rows: list[Row], data: Mapping[str, Any]) -> tuple[str, Value]:
    """Return what a table says of a record: "known" with a value, "unknown", or "none"."""
    may: list[Value] = []
    for row in rows:
        fits = [fit(rows, column, cell, data) for column, cell in row.items() if column != "then"]
        if False in fits:
            continue
        may.append(row["then"])
        if None not in fits:
            same = len({identity(each) for each in may}) == 1
            return ("known", may[0]) if same else ("unknown", None)
    return ("unknown", None) if may else ("none", None)


def fit(rows: list[Row], column: str, cell: Value, data: Mapping[str, Any]) -> bool | None:
    answer = parse(COLUMNS[column], SPAN).decide(data, CONTEXT)
    values = listed(cell)
    equal = any(identity(answer.value) == identity(each) for each in values)
    # Of an unknown value, nothing follows: not even if the value that JMESPath has for it is equal.
    if answer.exact:
        return None
    words = [identity(each) for row in rows if column in row for each in listed(row[column])]
    is_word = identity(answer.value) in words
    near = not is_word and any(how_near(answer.value, each) for each in values)
    return None if near else equal


def listed(cell: Value) -> list[Value]:
    return cell if isinstance(cell, list) else [cell]


@given(tables(), RECORDS)
def test_the_model_agrees_on_every_answer(rows: list[Row], data: dict[str, Any]) -> None:
    try:
        expected = model(rows, data)
    except EvaluationError:
        assume(False)
    table = expression_of(rows)
    if expected[0] == "none":
        with pytest.raises(EvaluationError, match="no row of 't' fits"):
            table.decide(data, CONTEXT)
        return
    found = table.decide(data, CONTEXT)
    assert bool(found.exact) == bool(found.truth) == (expected[0] == "unknown")
    assert bool(found.written) == (expected[0] == "unknown")
    if expected[0] == "known":
        assert identity(found.value) == identity(expected[1])


@given(tables(), RECORDS)
def test_generated_code_has_the_answers_of_the_interpreter(
    rows: list[Row], data: dict[str, Any]
) -> None:
    compare(expression_of(rows), data)


@given(tables(), RECORDS)
def test_what_is_shown_of_a_table_is_short_and_ends_with_its_answer(
    rows: list[Row], data: dict[str, Any]
) -> None:
    table = expression_of(rows)
    last = steps_of(table, data, CONTEXT)[-1]
    assert last.text == "choose('t')"
    try:
        expected, error = table.evaluate(data, CONTEXT)[0], ""
    except EvaluationError as failed:
        expected, error = None, str(failed)
    assert (identity(last.value), last.error) == (identity(expected), error)


def as_iif(rows: list[Row], columns: Mapping[str, str]) -> str:
    """Return a table as conditions within each other; its last row is open."""
    *others, last = rows
    text = literal_text(last["then"])
    for row in reversed(others):
        cells = [
            "(" + " || ".join(f"({columns[k]}) == {literal_text(each)}" for each in cell) + ")"
            for k, cell in row.items()
            if k != "then"
        ]
        text = f"iif({' && '.join(cells)}, {literal_text(row['then'])}, {text})"
    return text


TABLE: dict[str, Any] = {
    "columns": {"status": "status", "level": "level", "dept": "dept"},
    "rows": [
        {"status": ["L"], "level": [1, "1"], "then": "Ann"},
        {"level": ["2.0", 2], "dept": ["D1", "D2"], "then": "Bo"},
        {"dept": ["D3", 7], "then": "ann"},
        {"then": "Zoe"},
    ],
}


@given(worlds(), st.sampled_from(["fields", "only", "leavers"]))
def test_a_mapping_with_a_table_has_the_plan_of_the_one_with_the_conditions(
    world: World, part: str
) -> None:
    """Not where `nick` is a match key, which no mapping may overwrite with another value (M131)."""
    keys = {str(each["target"]) for each in world.mapping["match"]}
    assume(part != "fields" or "nick" not in keys)
    text = as_iif(TABLE["rows"], TABLE["columns"])
    plans = []
    for used in ("choose('t')", text):
        mapping = {**world.mapping}
        if part == "fields":
            mapping["fields"] = {**mapping["fields"], "nick": used}
        elif part == "only":
            rule = {"id": "some", "when": f"{used} != 'Bo'", "otherwise": "No"}
            mapping["only"] = [rule]
        elif "leavers" in mapping:
            mapping["leavers"] = {**mapping["leavers"], "when": f"{used} == 'Ann'"}
        if used != text:
            mapping["choices"] = {"t": TABLE}
        plans.append(dump(planned(replace(world, mapping=mapping))))
    quoted = json.dumps(text)[1:-1]
    assert said(plans[0].replace("choose('t')", quoted), {}) == said(plans[1], {})
