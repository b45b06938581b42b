"""Whatever an expression is made of, lint has an answer, and no rule fails on a part of it."""

import json
from string import Formatter

import hypothesis.strategies as st
from hypothesis import example, given, settings

from oneway.core.description import Capability, Description, Field, Resource
from oneway.core.diagnostics import Refused
from whole_mappings import compile_mapping, load_mapping

MAPPING = """
oneway: 1
name: m
source: {connector: payroll, resource: people}
target: {connector: expenses, resource: users}
settings: {word: {type: string, default: a, description: A word.}}
match: [{source: code, target: ref}]
eligible: [{id: any, when: EXPRESSION, otherwise: Left out}]
fields:
  ref: {from: code, write: on_create}
  x: {from: EXPRESSION, write: on_create}
leavers: {when: EXPRESSION, set: {x: EXPRESSION}, left: x}
"""
PEOPLE = Resource("people", "id", {"name": Field("name")}, frozenset(Capability), open=True)
USERS = Resource("users", "id", {}, frozenset(Capability), open=True)
SYSTEMS = {
    "payroll": Description("payroll", "Payroll", "rest", {"people": PEOPLE}),
    "expenses": Description("expenses", "Expenses", "rest", {"users": USERS}),
}
PARTS = [
    *("name", '"First Name"', "'First Name'", "`1`", "`null`", "@", "a.b", "a[0]", "a[-1]"),
    *("a[1:2]", "a[::-1]", "[0:1]", "a[]", "a[*].b", "*.b", "today()", "setting('word')"),
]
WHOLES = [
    *("({0})[1:2]", "({0})[0]", "({0})[]", "({0})[*].x", "({0})[?{1}]", "({0}).x", "({0}) | ({1})"),
    *("({0}) || ({1})", "({0}) && ({1})", "!({0})", "({0}) == ({1})", "({0}) < ({1})"),
    *("[{0}, {1}]", "{{x: {0}, y: {1}}}", "lower({0})", "coalesce({0}, {1})", "iif({0}, {1}, {0})"),
    *("sort_by(a, &({0}))", "is_past({0})", "map_value({0}, {{a: {1}}})", "length({0})"),
]


def _whole(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(Formatter().format, st.sampled_from(WHOLES), parts, parts)


EXPRESSIONS = st.recursive(st.sampled_from(PARTS), _whole, max_leaves=6)


@given(EXPRESSIONS)
@settings(max_examples=150)
@example("lower(a[1:2])")
@example("('First Name')[1:2] || name")
@example("((setting('word'))[0])[1:2]")
def test_no_rule_fails_on_an_expression(expression: str) -> None:
    text = MAPPING.replace("EXPRESSION", json.dumps(expression))
    try:
        loaded = load_mapping(text.encode(), "m.yaml")
        warnings = compile_mapping(loaded.spec, loaded.document.lines, SYSTEMS).warnings
    except Refused as refused:
        warnings = refused.diagnostics
    assert all(each.summary and each.code for each in warnings)
