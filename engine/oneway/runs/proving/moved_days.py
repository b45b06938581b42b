"""The days around which an expression that moves a day by a constant changes its answer.

`is_past(add_days(lastDay, `30`))` changes its answer about 30 days ago, not today. Only a record
with a day next to that one tells it from `is_past(lastDay)`.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from oneway.core.records import Value
from oneway.mapping.expressions.syntax import Node, path_in
from oneway.mapping.functions.dates import add_days, add_months
from oneway.mapping.functions.function import EvaluationError

UNITS = {
    "add_days": (1, 0),
    "add_months": (0, 1),
    "add_years": (0, 12),
    "days_between": (1, 0),
    "months_between": (0, 1),
    "years_between": (0, 12),
}
"""How many days and months one unit of each function's number stands for."""
_Move = tuple[tuple[str, ...] | None, int, int]
"""A path, or None for today, with the days and months by which it is moved."""


def boundary_days(
    node: Node, path: tuple[str, ...], today: date, settings: Mapping[str, Value]
) -> Iterator[date]:
    """Yield each day on which an expression changes its answer, with the days before and after it.

    That is the day that, once moved, is today; or today moved, if the expression moves today.
    """
    for of, days, months in dict.fromkeys(_moves(node, settings)):
        if (days or months) and of in (path, None):
            back = -1 if of is not None else 1
            try:
                moved = add_months(date.fromisoformat(add_days(today, back * days)), back * months)
                at = date.fromisoformat(moved)
                yield from (at + timedelta(days=each) for each in (-1, 0, 1))
            except (EvaluationError, OverflowError):
                continue  # no record has such a day


def _moves(
    node: Node, settings: Mapping[str, Value], days: int = 0, months: int = 0
) -> Iterator[_Move]:
    """Yield each path that an expression reads, and today, with how far it is moved."""
    path = path_in(node)
    if path is not None:
        yield path, days, months
        return
    if node["type"] == "function_expression":
        if node["value"] == "today":
            yield None, days, months
        if str(node["value"]).startswith("add_") and node["value"] in UNITS:
            by_days, by_months = UNITS[str(node["value"])]
            number = _constant(node["children"][1], settings)
            days, months = days + number * by_days, months + number * by_months
    if node["type"] == "comparator":
        yield from _spans(node, settings)
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _moves(child, settings, days, months)


def _spans(node: Node, settings: Mapping[str, Value]) -> Iterator[_Move]:
    """Yield the paths whose distance from another day a comparison compares with a constant."""
    left, right = node["children"]
    for one, other in ((left, right), (right, left)):
        if one["type"] == "function_expression" and str(one["value"]).endswith("_between"):
            by_days, by_months = UNITS[str(one["value"])]
            number = _constant(other, settings)
            for each in (number, number + 1, -number, -number - 1):
                for child in one["children"]:
                    yield from _moves(child, settings, each * by_days, each * by_months)


def _constant(node: Node, settings: Mapping[str, Value]) -> int:
    """Return the number that a literal or a setting is; 0 for anything else."""
    value = node.get("value")
    if node["type"] == "function_expression" and value == "setting":
        value = settings.get(str(node["children"][0].get("value")))
    return int(value) if isinstance(value, int | float) else 0
