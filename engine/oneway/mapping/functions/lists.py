"""Functions over lists."""

from collections.abc import Hashable

from oneway.core.compare import identity
from oneway.core.records import Value, is_blank
from oneway.mapping.functions.function import (
    EvaluationError,
    Example,
    Function,
    Parameter,
    within_limit,
)
from oneway.mapping.functions.values import as_text


def unique(values: list[Value]) -> list[Value]:
    """Return the list with each value once, in the order of first appearance."""
    first: dict[Hashable, Value] = {}
    for value in values:
        first.setdefault(identity(value), value)
    return list(first.values())


def compact(values: list[Value]) -> list[Value]:
    """Return the list without its blank values."""
    return [value for value in values if not is_blank(value)]


def join_present(separator: str, values: list[Value]) -> str:
    """Return the values that are not blank as one text."""
    parts = [as_text(value) for value in compact(values)]
    within_limit(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def item(values: list[Value], number: int) -> Value:
    """Return the value at a position counted from 1, or null if there are fewer."""
    return values[number - 1] if 0 < number <= len(values) else None


def only(values: list[Value]) -> Value:
    """Return the one value of a list, null if it is empty; more is an error."""
    if len(values) > 1:
        raise EvaluationError("only() needs a list of at most one value")
    return values[0] if values else None


_LIST = Parameter("list", ("array",))

FUNCTIONS = (
    Function(
        "unique",
        (_LIST,),
        "array",
        "The list without repeated values, in the order of first appearance.",
        (Example("unique(codes)", {"codes": ["HR", "IT", "HR"]}, ["HR", "IT"]),),
        unique,
    ),
    Function(
        "compact",
        (_LIST,),
        "array",
        "The list without its blank values.",
        (
            Example(
                "compact([first, middle, last])",
                {"first": "Ada", "middle": "", "last": "Gray"},
                ["Ada", "Gray"],
            ),
        ),
        compact,
    ),
    Function(
        "join_present",
        (Parameter("separator"), _LIST),
        "string",
        "The values of the list that are not blank as one text, with a separator between.",
        (
            Example(
                "join_present(' ', [first, middle, last])",
                {"first": "Ada", "middle": None, "last": "Gray"},
                "Ada Gray",
            ),
        ),
        join_present,
    ),
    Function(
        "item",
        (_LIST, Parameter("number", ("integer",), "counted from 1")),
        "any",
        "One value of the list; null if it has fewer.",
        (Example("item(split(path, '/'), `2`)", {"path": "uk/hr/leeds"}, "hr"),),
        item,
    ),
    Function(
        "only",
        (_LIST,),
        "any",
        "The one value of the list, null if it is empty; an error if it has several, because"
        " the choice would be a guess.",
        (
            Example(
                "only(departments[?primary].code)",
                {
                    "departments": [
                        {"code": "HR", "primary": True},
                        {"code": "IT", "primary": False},
                    ]
                },
                "HR",
            ),
        ),
        only,
    ),
)
