"""The published JMESPath suite through our evaluator, unchanged; and a small one of our own."""

from datetime import UTC, datetime

import pytest

from jmespath_suite import all_cases, needs_suite
from oneway.core.diagnostics import Span
from oneway.mapping.expressions import Context, EvaluationError, ExpressionSyntax, parse

CONTEXT = Context(datetime(2026, 3, 31, 4, tzinfo=UTC))


def evaluate(expression, data):
    return parse(expression, Span("suite", 1, 1, 1)).evaluate(data, CONTEXT)[0]


EVALUATED = [case for case in all_cases() if "bench" not in case.told]


@needs_suite
def test_the_suite_is_whole_where_it_is_at_hand():
    assert len(EVALUATED) == 892


@needs_suite
@pytest.mark.parametrize("case", EVALUATED, ids=lambda case: case.id)
def test_published_case(case):
    if "error" in case.told:
        with pytest.raises((ExpressionSyntax, EvaluationError)):
            evaluate(case.expression, case.given)
    else:
        assert evaluate(case.expression, case.given) == case.told["result"]


DATA = {
    "name": "Ada",
    "n": 3,
    "none": None,
    "empty": [],
    "accounts": [{"kind": "main", "code": "a"}, {"kind": "old", "code": "b"}, {"kind": "main"}],
    "person": {"given name": "Ada", "age": 36},
}


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("name", "Ada"),
        ("missing", None),
        ("missing.too", None),
        ("name.too", None),
        ('person."given name"', "Ada"),
        ("accounts[0].code", "a"),
        ("accounts[-1].kind", "main"),
        ("accounts[9]", None),
        ("accounts[::-1].kind", ["main", "old", "main"]),
        ("accounts[*].code", ["a", "b"]),
        ("accounts[?kind=='main'].code", ["a"]),
        ("accounts[?kind=='main'] | [0].code", "a"),
        ("accounts[].kind | length(@)", 3),
        ("person.*", ["Ada", 36]),
        ("[name, n]", ["Ada", 3]),
        ("{a: name, b: n}", {"a": "Ada", "b": 3}),
        ("missing || name", "Ada"),
        ("name && n", 3),
        ("!empty", True),
        ("!n", False),
        ("n > `2`", True),
        ("none < `2`", None),
        ("name == 'Ada'", True),
        ("`[1, 2]`", [1, 2]),
        ("sort_by(accounts, &kind)[0].code", "a"),
        ("map(&kind, accounts)", ["main", "old", "main"]),
        ("join('-', accounts[*].code)", "a-b"),
        ("not_null(missing, none, name)", "Ada"),
        ("to_number('12')", 12),
        ("type(person)", "object"),
        # Numbers are no booleans, but for those inside of lists, as in the reference.
        ("`1` == `true`", False),
        ("`0` == `false`", False),
        ("`1` == `1.0`", True),
        ("`[1]` == `[true]`", True),
    ],
)
def test_own_case(expression, result):
    assert evaluate(expression, DATA) == result


@pytest.mark.parametrize(
    "expression",
    [
        "name < n",
        "contains(n, 'x')",
        "contains(name, n)",
        "length(n)",
        "accounts[::0]",
        "sum(name)",
    ],
)
def test_own_error(expression):
    with pytest.raises(EvaluationError):
        evaluate(expression, DATA)
