"""The rows of a table of rules (`choose`), as conditions of an expression and as an index."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import field
from typing import Any, NamedTuple, TypeAlias, cast

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.records import Value, is_blank
from oneway.core.similar_words import spelt
from oneway.mapping.expressions.named_calls import CHOOSE
from oneway.mapping.expressions.near_words import how_near
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions import EvaluationError


def is_table(node: Node) -> bool:
    """Return whether a node is a table of rules."""
    is_call = node["type"] == "function_expression" and node["value"] == CHOOSE
    return is_call and len(node["children"]) > 1


def rows_of(node: Node) -> Iterator[tuple[Node, Node]]:
    """Yield the rows of a table of rules, each as its condition and its answer.

    A call with other arguments is an error that is reported elsewhere.
    """
    children = node["children"]
    yield from zip(children[1::2], children[2::2], strict=False)


def no_row(node: Node) -> EvaluationError:
    """Return the error of a record that fits no row of a table."""
    return EvaluationError(f"no row of '{node['children'][0]['value']}' fits")


def cells_in(node: Node) -> Iterator[Node]:
    """Yield every node with which the tables in a tree compare a cell's values."""
    if node["type"] == "slice":
        return
    for condition, _ in rows_of(node) if is_table(node) else ():
        yield from (part for cell in _cells(condition) for part, _ in _values(cell))
    for child in node["children"]:
        yield from cells_in(child)


_MOST = 1_000
"""The most values that are cached with their row or with the words that they nearly are."""
NearWords: TypeAlias = Mapping[Hashable, str]


class TableRow(NamedTuple):
    """A row: the values that fit for each of its columns, and its answer."""

    cells: Mapping[int, frozenset[Hashable]]
    then: Node


class ColumnWords(NamedTuple):
    """The values that fit in some row of a column.

    `forms` are these texts in canonical spelling; empty if some are not texts.
    """

    by_value: Mapping[Hashable, Value]
    forms: frozenset[str]


@dataclass(frozen=True, slots=True)
class RowTable:
    """A table of rules, with each of its columns once."""

    columns: tuple[Node, ...]
    rows: tuple[TableRow, ...]
    words: tuple[ColumnWords, ...]
    _known: dict[tuple[int, Hashable], NearWords] = field(default_factory=dict, compare=False)

    def near(self, column: int, value: Value) -> NearWords:
        """Return the words of a column that a value nearly is, and how; none if it is one."""
        words = self.words[column]
        if is_blank(value) or comparable_cell(value) in words.by_value:
            return {}
        if isinstance(value, str) and words.forms and spelt(value) not in words.forms:
            return {}  # nearly always
        key = (column, identity(value))
        found = self._known.get(key)
        if found is None:
            how = {each: how_near(value, word) for each, word in words.by_value.items()}
            found = {each: text for each, text in how.items() if text}
            if len(self._known) < _MOST:
                self._known[key] = found
        return found


def table_of(node: Node) -> RowTable:
    """Return the table that a node stands for; it is cached at the node."""
    notes = cast(dict[str, Any], node)
    if "table" not in notes:
        notes["table"] = _table_of(node)
    found: RowTable = notes["table"]
    return found


def _table_of(node: Node) -> RowTable:
    columns: dict[object, tuple[int, Node]] = {}
    words: dict[int, dict[Hashable, Value]] = {}
    rows = []
    for condition, then in rows_of(node):
        cells: dict[int, frozenset[Hashable]] = {}
        for cell in _cells(condition):
            values = list(_values(cell))
            column = values[0][0]
            number, _ = columns.setdefault(_shape(column), (len(columns), column))
            fitting = frozenset(comparable_cell(value) for _, value in values)
            said = words.setdefault(number, {})
            said.update((comparable_cell(e), e) for _, e in values if not is_blank(e))
            cells[number] = cells.get(number, fitting) & fitting
        rows.append(TableRow(cells, then))
    made = tuple(column for _, column in columns.values())
    return RowTable(made, tuple(rows), tuple(_words(words[each]) for each in range(len(made))))


def _words(by_value: Mapping[Hashable, Value]) -> ColumnWords:
    texts = {spelt(each) for each in by_value.values() if isinstance(each, str)}
    all_texts = all(isinstance(each, str) for each in by_value.values())
    return ColumnWords(by_value, frozenset(texts if all_texts else ()))


@dataclass(frozen=True, slots=True)
class RowIndex:
    """A table of rules with constant answers, for records that leave no column unknown.

    It takes the values of the columns, and returns the answer of the first row that fits. Raises
    `EvaluationError` if no row fits, or if an earlier one may fit.
    """

    node: Node
    table: RowTable
    known: dict[tuple[Hashable, ...], Value] = field(default_factory=dict, compare=False)

    def __call__(self, *values: Value) -> Value:
        key = tuple(map(comparable_cell, values))
        if key in self.known:
            return self.known[key]
        near = [self.table.near(column, value) for column, value in enumerate(values)]
        unsure = any(near)
        for cells, then in self.table.rows:
            if all(key[column] in fitting for column, fitting in cells.items()):
                answer: Value = then["value"]
                if len(self.known) < _MOST:
                    self.known[key] = answer
                return answer
            if unsure and all(
                key[column] in fitting or not fitting.isdisjoint(near[column])
                for column, fitting in cells.items()
            ):
                raise EvaluationError("it is not known whether a row fits")
        raise no_row(self.node)


def index_of(node: Node) -> RowIndex | None:
    """Return the index of a table of rules; None if some answers are not constant."""
    table = table_of(node)
    constant = all(each.then["type"] == "literal" for each in table.rows)
    return RowIndex(node, table) if constant else None


def _cells(condition: Node) -> Iterator[Node]:
    if condition["type"] == "and_expression":
        for each in condition["children"]:
            yield from _cells(each)
    elif condition["type"] != "literal":  # a row without conditions has it
        yield condition


def _values(cell: Node) -> Iterator[tuple[Node, Value]]:
    """Yield what a cell compares, with each value that fits."""
    if cell["type"] == "or_expression":
        for each in cell["children"]:
            yield from _values(each)
    elif cell["type"] == "comparator":
        column, constant = cell["children"]
        yield column, constant["value"]


def comparable_cell(value: Value) -> Hashable:
    """Return a form that is equal whenever `==` holds; constants are never lists or objects."""
    if value.__class__ is str:
        return str(value)
    if value is None or isinstance(value, list | dict):
        return None if value is None else (list, identity(value))
    return (isinstance(value, bool), value)


def _shape(node: Node) -> object:
    """Return a form that is equal for nodes that differ only in their notes."""
    value, children = repr(node.get("value")), node["children"]
    parts = children if node["type"] == "slice" else map(_shape, children)
    return (node["type"], value, tuple(parts))
