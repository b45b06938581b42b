"""A heading in the wrong quotes is a text, wherever in an expression it stands (M226)."""

import json

import pytest

from oneway.core.description import Capability, Description, Field, Resource
from whole_mappings import compile_mapping, load_mapping

MAPPING = """
oneway: 1
name: m
source: {connector: payroll, resource: people}
target: {connector: expenses, resource: users}
settings: {word: {type: string, default: a, description: A word.}}
match: [{source: code, target: ref}]
fields:
  ref: {from: code, write: on_create}
  x: {from: EXPRESSION, write: on_create}
"""
ALL = frozenset(Capability)
PEOPLE = Resource("people", "id", {"First Name": Field("First Name")}, ALL, open=True)
USERS = Resource("users", "id", {}, ALL, open=True)
SYSTEMS = {
    "payroll": Description("payroll", "Payroll", "rest", {"people": PEOPLE}),
    "expenses": Description("expenses", "Expenses", "rest", {"users": USERS}),
}


def helps(expression: str) -> list[str]:
    text = MAPPING.replace("EXPRESSION", json.dumps(expression))
    loaded = load_mapping(text.encode(), "m.yaml")
    warnings = compile_mapping(loaded.spec, loaded.document.lines, SYSTEMS).warnings
    return [each.help for each in warnings if each.code == "M226"]


def warned(expression: str) -> bool:
    return bool(helps(expression))


@pytest.mark.parametrize(
    ("expression", "help"),
    [
        ("upper('end')", "for the field, write end, without quotes"),
        ("'end'", "for the field, write end, without quotes; for the text, write `value: end`"),
        ("upper('no')", "for the field, write '\"no\"'"),
        ("upper('Last Day')", "for the field, write '\"Last Day\"'"),
        (
            "'Last Day'",
            "for the field, write '\"Last Day\"'; for the text, write `value: Last Day`",
        ),
        ("concat(name, upper('Known As'))", 'for the field, write "Known As", in double quotes'),
    ],
)
def test_the_help_says_how_to_write_the_field_and_the_text_if_it_is_all(
    expression: str, help: str
) -> None:
    assert helps(expression) == [help]


@pytest.mark.parametrize(
    "expression",
    [
        "'Work Email'",
        '`"Work Email"`',
        "lower(trim('Work Email'))",
        "coalesce('Known As', name)",
        "default('Known As', name)",
        "not_null('Known As', name)",
        "coalesce(nick, 'Known As', name)",
        "'Known As' || name",
        "name && ('Known As' || name)",
        "'Leaving Date' && !is_future(leaving)",
        "coalesce('Leaving Date', today())",
        "iif('Leaving Date', status, code)",
        "iif(is_past('Leaving Date'), status, code)",
        "concat(name, upper('Known As'))",
        "iif(!'Left', status, code)",
        "iif('Status' == 'Left', status, code)",
        "status | coalesce('Known As', @)",
        "people[?upper('Name') == name].code | [0]",
        "join(' ', ['First Name', name])",
        "concat('First Name', name)",
        "iif(name, 'First Name', code)",
    ],
)
def test_a_text_that_is_meant_for_a_field_is_named(expression: str) -> None:
    assert warned(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "coalesce(name, 'Unknown')",
        "people[0:2]",
        "lower(name[1:])",
        "name || 'Unknown'",
        "name && 'Yes'",
        "iif(status == 'Left', 'No', 'Yes')",
        "iif(status == 'First Name', code, name)",
        "concat('Mr ', name)",
        "join(' ', ['Mr', name])",
        "setting('word')",
        "iif(setting('word') == 'b', 'Yes', 'No')",
        "coalesce(setting('word'), name)",
        "map_value(status, {L: 'Left'}, 'Here')",
        "one_of(status, ['Left', 'Gone'])",
        "iif(start > parse_date('2026-01-01'), code, name)",
        "[{value: mail, type: 'work'}]",
        "starts_with(to_string(@), 'Ann')",
        "format_date(today(), 'dd MMM')",
    ],
)
def test_a_text_that_is_meant_is_none_of_these(expression: str) -> None:
    assert not warned(expression)
