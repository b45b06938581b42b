"""The rows of a table of rules (`choose`), as conditions of an expression and as an index."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import field
from typing import Any, NamedTuple, cast

from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.mapping.expressions.named_calls import CHOOSE
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions import EvaluationError


def is_table(node: Node) -> bool:
    """Return whether a node is a table of rules."""
    is_call = node["type"] == "function_expression" and node["value"] == CHOOSE
    return is_call and len(node["children"]) > 1


def rows_of(node: Node) -> Iterator[tuple[Node, Node]]:
    """Yield the rows of a table of rules, each as its condition and what it says."""
    children = node["children"]
    yield from zip(children[1::2], children[2::2], strict=True)


def no_row(node: Node) -> EvaluationError:
    """Return the error of a record that no row of a table fits."""
    return EvaluationError(f"no row of '{node['children'][0]['value']}' fits")


class TableRow(NamedTuple):
    """A row: of each column that it is about, the values that fit, and what it says."""

    cells: Mapping[int, frozenset[Hashable]]
    then: Node


@dataclass(frozen=True, slots=True)
class RowTable:
    """A table of rules with each of its columns once."""

    columns: tuple[Node, ...]
    rows: tuple[TableRow, ...]


def table_of(node: Node) -> RowTable:
    """Return the table that a node is; it is noted there."""
    notes = cast(dict[str, Any], node)
    if "table" not in notes:
        notes["table"] = _table_of(node)
    found: RowTable = notes["table"]
    return found


def _table_of(node: Node) -> RowTable:
    columns: dict[object, tuple[int, Node]] = {}
    rows = []
    for condition, then in rows_of(node):
        cells: dict[int, frozenset[Hashable]] = {}
        for cell in _cells(condition):
            values = list(_values(cell))
            column = values[0][0]
            number, _ = columns.setdefault(_shape(column), (len(columns), column))
            fitting = frozenset(comparable_cell(value) for _, value in values)
            cells[number] = cells.get(number, fitting) & fitting
        rows.append(TableRow(cells, then))
    return RowTable(tuple(column for _, column in columns.values()), tuple(rows))


_MOST = 1_000
"""The most records' values that are remembered with their row."""


@dataclass(frozen=True, slots=True)
class RowIndex:
    """A table of rules whose answers are constants, for records that leave none of it unknown.

    It takes the values of the columns, and returns the answer of the first row that fits.
    """

    node: Node
    rows: tuple[TableRow, ...]
    known: dict[tuple[Hashable, ...], Value] = field(default_factory=dict, compare=False)

    def __call__(self, *values: Value) -> Value:
        key = tuple(map(comparable_cell, values))
        if key in self.known:
            return self.known[key]
        for cells, then in self.rows:
            if all(key[column] in fitting for column, fitting in cells.items()):
                answer: Value = then["value"]
                if len(self.known) < _MOST:
                    self.known[key] = answer
                return answer
        raise no_row(self.node)


def index_of(node: Node) -> RowIndex | None:
    """Return the index of a table of rules; None if it says more than constants."""
    rows = table_of(node).rows
    return RowIndex(node, rows) if all(each.then["type"] == "literal" for each in rows) else None


def _cells(condition: Node) -> Iterator[Node]:
    if condition["type"] == "and_expression":
        for each in condition["children"]:
            yield from _cells(each)
    elif condition["type"] != "literal":  # which a row that is open has
        yield condition


def _values(cell: Node) -> Iterator[tuple[Node, Value]]:
    """Yield what a cell compares, with each value that fits."""
    if cell["type"] == "or_expression":
        for each in cell["children"]:
            yield from _values(each)
    else:
        column, constant = cell["children"]
        yield column, constant["value"]


def comparable_cell(value: Value) -> Hashable:
    """Return what is equal for values for which `==` holds; no constant is a list or an object."""
    if value.__class__ is str:
        return str(value)
    if value is None or isinstance(value, list | dict):
        return None
    return (isinstance(value, bool), value)


def _shape(node: Node) -> object:
    """Return a value that is equal for nodes that differ only in their notes."""
    value, children = repr(node.get("value")), node["children"]
    parts = children if node["type"] == "slice" else map(_shape, children)
    return (node["type"], value, tuple(parts))
