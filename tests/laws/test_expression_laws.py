"""Laws of expressions: total, deterministic, without a trace on the data; when stated."""

import copy
import json
import re
from datetime import UTC, datetime

import jmespath
import jmespath.exceptions
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.diagnostics import Span
from oneway.mapping.expressions import Context, EvaluationError, Expression, ExpressionSyntax, parse
from oneway.mapping.expressions.steps import steps_of, text_of
from oneway.mapping.functions import LIBRARY, invoke
from oneway.mapping.functions.node_tree import NotKnown

SPAN = Span("law", 1, 1, 1)
CONTEXT = Context(datetime(2026, 3, 31, 4, tzinfo=UTC), {"a": "set"})
KEYS = st.sampled_from("abc")
TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", "\u200b", "2026-03-31", "1601-01-01", "ada@example.com", "42", "-1",
                     "dd/MM/yyyy", "(a+)+$", "\\1", "\ud800", "x" * 10_001, "O'NEIL", "a,b"]),
)  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e308, 10**400, 2.0]),
    TEXTS,
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.dictionaries(KEYS, JSON, max_size=3)

PATHS = st.lists(KEYS, min_size=1, max_size=3).map(".".join)
ARGUMENTS = st.one_of(
    PATHS, st.sampled_from(["'a'", "`1`", "`-1`", "`null`", "`{}`", "[a, b]", "@"])
)


def calls(inner):
    names = st.sampled_from(
        [f.name for f in LIBRARY] + ["length", "contains", "join", "max", "to_string"]
    )
    return st.builds(lambda n, xs: f"{n}({', '.join(xs)})", names, st.lists(inner, max_size=3))


EXPRESSIONS = st.recursive(
    ARGUMENTS,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["||", "&&", "==", "<", "|"]), inner),
        st.builds("({})[?{}]".format, inner, inner),
        st.builds("({})[*].{}".format, inner, KEYS),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{x: {}}}".format, inner),
        st.builds("!({})".format, inner),
        st.builds("({})[]".format, inner),
        st.builds("({}).*".format, inner),
        st.builds("sort_by({}, &{})".format, inner, inner),
        calls(inner),
    ),
    max_leaves=5,
)


def parsed(text):
    try:
        return parse(text, SPAN)
    except ExpressionSyntax as problem:
        wrong = problem
    assert wrong.summary
    assert 0 <= wrong.offset <= max(len(text) - 1, 0)
    assert wrong.length > 0
    return None


def outcome(expression, data):
    try:
        return expression.evaluate(data, CONTEXT)
    except EvaluationError as problem:
        return problem.summary


@given(st.one_of(st.text(max_size=30), st.text("ab.[]{}()|&!=<>'\"`?*@:,- \\1", max_size=30)))
@settings(max_examples=400)
def test_any_text_is_an_expression_or_a_mistake_with_a_place(text):
    expression = parsed(text)
    assert expression is None or isinstance(expression, Expression)


@given(EXPRESSIONS, RECORDS)
@settings(max_examples=400)
def test_evaluation_is_total_deterministic_and_leaves_the_data_alone(text, data):
    expression = parsed(text)
    if expression is None:
        return
    before = copy.deepcopy(data)
    first = outcome(expression, data)
    assert repr(data) == repr(before)
    assert repr(outcome(parse(text, SPAN), before)) == repr(first)


@given(EXPRESSIONS, RECORDS)
@settings(max_examples=300)
def test_what_the_package_can_evaluate_has_the_packages_value(text, data):
    try:
        expected = jmespath.search(text, data)
    except Exception:
        return
    expression = parsed(text)
    if expression is None:
        return
    result = outcome(expression, data)
    # A result that is no JSON, an infinity, is an error of ours alone.
    assert isinstance(result, str) or repr(result[0]) == repr(expected)


@given(EXPRESSIONS)
def test_places_of_paths_spell_their_keys(text):
    expression = parsed(text)
    if expression is None:
        return
    for path in expression.paths:
        assert tuple(text[p.offset : p.end] for p in path.places) == path.keys


@given(EXPRESSIONS, RECORDS)
def test_a_constant_does_not_see_the_record(text, data):
    expression = parsed(text)
    if expression is not None and expression.constant:
        assert repr(outcome(expression, data)) == repr(outcome(expression, {}))


def filled(path, leaf):
    for key in reversed(path):
        leaf = {key: leaf}
    return leaf


@given(st.lists(KEYS, min_size=1, max_size=4), SCALARS)
def test_a_path_is_stated_where_every_key_is_there_and_nowhere_else(keys, leaf):
    expression = parse(".".join(keys), SPAN)
    whole = filled(keys, leaf)
    result = outcome(expression, whole)
    assert result == (leaf, True)
    for cut in range(len(keys)):
        short = filled(keys[:cut], {})
        assert outcome(expression, short) == (None, False)
        assert outcome(expression, filled(keys[:cut], None)) == (None, True)


FLAT = st.recursive(
    KEYS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["||", "&&", "=="]), inner),
        st.builds("concat({}, {})".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("is_blank({})".format, inner),
    ),
    max_leaves=4,
)


@given(FLAT, st.fixed_dictionaries({key: st.sampled_from([None, "", "x"]) for key in "abc"}))
def test_a_record_with_every_key_is_stated_and_one_without_a_read_key_is_not(text, data):
    expression = parse(text, SPAN)
    result = outcome(expression, data)
    assert isinstance(result, str) or result[1]
    for key in "abc":
        short = outcome(expression, {k: v for k, v in data.items() if k != key})
        if all(path.keys != (key,) for path in expression.paths):
            assert short == result
    nothing = outcome(expression, {})
    assert isinstance(nothing, str) or not nothing[1]


def invoked(function, arguments):
    """Return what the function says, its error's sentence too; any other error goes up."""
    try:
        return invoke(function, arguments, CONTEXT)
    except (EvaluationError, NotKnown) as problem:  # the latter is an unknown answer
        return problem.summary


@given(st.sampled_from(LIBRARY), st.lists(JSON, max_size=4))
@settings(max_examples=600)
def test_every_function_is_total_over_arbitrary_json(function, arguments):
    before = copy.deepcopy(arguments)
    result = invoked(function, arguments)
    assert result is None or isinstance(result, bool | int | float | str | list | dict)
    assert repr(arguments) == repr(before)


def fitting(parameter):
    by_type = {
        "string": TEXTS,
        "number": st.integers(-5, 5) | st.floats(allow_nan=False),
        "integer": st.integers(-5, 5),
        "boolean": st.booleans(),
        "array": st.lists(JSON, max_size=3),
        "object": st.dictionaries(KEYS, JSON, max_size=3),
        "null": st.none(),
        "any": JSON,
    }
    return st.one_of([by_type[name] for name in parameter.types])


@given(st.data(), st.sampled_from(LIBRARY))
@settings(max_examples=600)
def test_every_function_is_total_over_arguments_of_its_types(data, function):
    arguments = [data.draw(fitting(p)) for p in function.parameters]
    result = invoked(function, arguments)
    assert repr(invoked(function, arguments)) == repr(result)


@given(EXPRESSIONS)
def test_the_text_of_a_tree_has_the_same_tree(text: str) -> None:
    try:
        expression = parse(text, SPAN)
    except ExpressionSyntax:
        return
    assert parse(text_of(expression.tree), SPAN).tree == expression.tree


@given(EXPRESSIONS, RECORDS)
def test_the_last_step_is_the_whole_expression(text: str, record: dict) -> None:
    try:
        expression = parse(text, SPAN)
    except ExpressionSyntax:
        return
    steps = steps_of(expression, record, CONTEXT)
    if expression.tree["type"] in ("literal", "current", "identity", "expref", "pipe"):
        return
    if steps[-1].error:
        with pytest.raises(EvaluationError, match=re.escape(steps[-1].error)):
            expression.evaluate(record, CONTEXT)
    else:
        value = expression.evaluate(record, CONTEXT)
        assert json.dumps([steps[-1].value, steps[-1].stated]) == json.dumps(value)
