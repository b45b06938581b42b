"""What an expression may cost on a record, and what one may not begin."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from oneway.core.budget import EVALUATION, RECORD, Budget, Overspent
from oneway.core.diagnostics import Span
from oneway.core.nesting import cut_below, nests_too_deep
from oneway.core.records import Value
from oneway.core.unicode import composed, normal
from oneway.mapping.expressions import (
    Context,
    EvaluationError,
    ExpressionSyntax,
    budget,
    one_record,
    parse,
)
from oneway_connectors.rest.responses import Unreadable, search

CONTEXT = Context(datetime(2026, 3, 31, tzinfo=UTC), strict=True)
SPAN = Span("m.yaml")
NUMBERS: list[Value] = list(range(3000))
OBJECTS: list[Value] = [{"k": number} for number in range(30_000)]
LONG = "x" * 90_000


def evaluate(text: str, data: Mapping[str, Value]) -> Value:
    return parse(text, SPAN).evaluate(data, CONTEXT)[0]


@pytest.mark.parametrize(
    ("text", "data", "says"),
    [
        ("map(&map(&to_string(@), @), [a, a, a, a])", {"a": OBJECTS}, "steps"),
        ("o[?k == `1`][] | [@, @]", {"o": OBJECTS * 5}, "steps"),
        ("o[*].k", {"o": OBJECTS * 5}, "steps"),
        ("o.*", {"o": {str(n): n for n in range(130_000)}}, "steps"),
        ("a[]", {"a": [NUMBERS] * 100}, "steps"),
        ("a[0:1]", {"a": OBJECTS * 10}, "steps"),
        ("sort_by(a, &k)", {"a": OBJECTS * 5}, "steps"),
        ("map(&contains(@, `1`), a)", {"a": [NUMBERS[:1000]] * 300}, "steps"),
        ("unique(a)", {"a": OBJECTS * 5}, "steps"),
        ("a == b", {"a": OBJECTS * 5, "b": OBJECTS * 5}, "steps"),
        ("[a, a, a, a, a]", {"a": OBJECTS}, "steps"),
        ("map(&upper(@), a)", {"a": [LONG] * 60}, "steps"),
        ("join(a, b)", {"a": LONG, "b": ["x"] * 100}, "characters"),
        ("to_string(a)", {"a": [LONG] * 60}, "characters"),
        ("[a, a]", {"a": [LONG] * 40}, "characters"),
        ("|".join(["to_string([a, @])"] * 13), {"a": "\\" * 500}, "characters"),
        ("split(a, ',')", {"a": "," * 200_000}, "more than 100,000 texts"),
    ],
)
def test_what_costs_too_much_is_the_record_s_error(
    text: str, data: Mapping[str, Value], says: str
) -> None:
    with pytest.raises(EvaluationError, match=says):
        evaluate(text, data)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("history[?end == null] | [0].code", {"history": [{"code": "A", "end": None}] * 5000}),
        ("sort_by(history, &code)[-1].code", {"history": [{"code": "A"}] * 5000}),
        ("contains(groups, 'g')", {"groups": ["g"] * 50_000}),
        ("photo", {"photo": "x" * 8_000_000}),
        ("trim(note)", {"note": LONG}),
    ],
)
def test_what_people_write_costs_a_part_of_it(text: str, data: Mapping[str, Value]) -> None:
    evaluate(text, data)


@pytest.mark.parametrize(
    "text",
    [
        "|".join(["to_string([@])"] * 60),
        "|".join(["[@, @]"] * 30),
        "|".join(["[@, @][]"] * 30) + "| to_string(@)",
        f"map(&map(&map(&map(&@, {'`[1,2,3,4,5,6,7,8]`'}), {'`[1,2,3,4,5,6,7,8]`'}), "
        f"`{json.dumps(list(range(1500)))}`), `[1,2,3,4]`)",
    ],
)
def test_what_costs_too_much_whatever_the_record_holds_is_no_expression(text: str) -> None:
    with pytest.raises(ExpressionSyntax):
        parse(text, SPAN)


def test_the_expressions_of_one_record_are_bounded_together() -> None:
    expression = parse("o[] | length(@)", SPAN)
    data: Mapping[str, Value] = {"o": [NUMBERS] * 20}
    for _ in range(6):  # each by itself
        expression.evaluate(data, CONTEXT)

    def all_on_one_record() -> None:
        with one_record():
            for _ in range(6):
                expression.evaluate(data, CONTEXT)

    with pytest.raises(EvaluationError, match="steps on this record"):
        all_on_one_record()
    expression.evaluate(data, CONTEXT)


def test_what_is_absent_from_each_item_is_said_once() -> None:
    answer = parse("o[*].missing", SPAN).decide({"o": OBJECTS}, CONTEXT)
    assert len(answer.exact) == 1
    assert not answer.stated


def test_another_evaluator_is_held_to_the_same_budget() -> None:
    mine = budget()
    mine.begin()
    mine.spend(EVALUATION.steps)
    with pytest.raises(Overspent, match="250,000 steps"):
        mine.spend(1)
    mine.begin()
    with pytest.raises(Overspent, match="5,000,000 characters"):
        mine.make(EVALUATION.characters + 1)
    with mine.record():
        for _ in range(RECORD.characters // EVALUATION.characters):
            mine.begin()
            mine.make(EVALUATION.characters)
        mine.begin()
        with pytest.raises(Overspent):
            mine.make(1)


def test_a_shared_part_counts_each_time() -> None:
    shared: Value = ["x"]
    for _ in range(40):
        shared = [shared, shared]
    with pytest.raises(Overspent):
        Budget().look(shared)


@pytest.mark.parametrize(
    "text", ["|".join(["[@, @]"] * 40), "|".join(["[@, @][]"] * 40), "map(&map(&@, `[1]`), @)"]
)
def test_an_expression_of_a_manifest_is_bounded_as_well(text: str) -> None:
    with pytest.raises(Unreadable, match=r"takes more than 5,000,000 steps|cannot be evaluated"):
        search(text, [*range(2_000_000)] if text.startswith("map") else {})


def test_marks_without_end_stay_as_they_are() -> None:
    marks = "a" + "\u0323\u0301" * 300_000
    assert composed(marks) == marks
    assert composed("é" * 1000) == "é" * 1000
    assert normal("e\u0301" * 1000, "NFC") == "é" * 1000


def test_what_nests_too_deeply_is_cut_out_and_the_rest_stays() -> None:
    text = '[{"a": [[[1, "]"]]], "b\\"[": 2}, {"c": 3}]'
    assert cut_below(text, 2, "0") == '[{"a": 0, "b\\"[": 2}, {"c": 3}]'
    assert cut_below(text, 5, "0") == text
    assert not nests_too_deep(cut_below("[" * 9 + "]" * 9, 3, "null"), 3)
    assert cut_below("[[[[1", 2, "0") == "[[0"
