"""Reads many rows of a CSV file at once, if that certainly gives the same records.

Rows with anything unusual, such as a cell of several lines, are left to the code that reads one row
at a time and has all messages.
"""

import csv
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeAlias

from oneway.core.batches import RecordShape
from oneway.core.records import Value
from oneway_connectors.file.csv_text import Dialect
from oneway_connectors.file.csv_types import CellType
from oneway_connectors.file.headings import Headings
from oneway_connectors.file.table import Table

FAST_AFTER, FAST_FROM = 1_000, 500_000
"""Lines and bytes up to which a file is read one row at a time, because that starts faster."""
GROUP, BYTES = 200, 150_000
"""How many rows, or bytes of rows, are read at once."""
FEWEST = 16
"""The smallest group; if one of its rows is unusual, they are read one at a time."""

_Column: TypeAlias = Iterable[Any]
_Make: TypeAlias = Callable[[Sequence[_Column]], _Column]


class UsualRows:
    """Turns groups of rows into objects with attributes, if all rows are usual."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self._table = table
        self._dialect = dialect
        self._typed = table.headings.typed
        self.shape, self._make = _objects(_tree(table.headings))

    def items(self, joined: bytes, count: int) -> list[Any] | None:
        """Return the objects of `count` lines, or None if a line is unusual or not a whole row.

        `joined` are these lines, separated by line feeds.
        """
        try:
            text = joined.decode()
            split = self._dialect.rows_of_lines(text)
            rows: Sequence[Sequence[str]] = list(map(self._table.stated, split))
        except (UnicodeDecodeError, csv.Error):
            return None
        # With a cell of several lines, there are fewer rows than lines.
        if len(rows) != count:
            return None
        rows = self._table.without_ends(rows)
        if not self._table.are_usual(rows, text):
            return None
        self._table.note_numbers(rows)
        columns: list[_Column] = list(zip(*rows, strict=True))
        for number, kind in self._typed:
            columns[number] = _read(kind, columns[number])
        return list(self._make(columns))

    def decode(self, raw: bytes) -> dict[str, Value]:
        """Return the record of one of these rows."""
        return self._table.headings.record(self._table.stated(self._dialect.cells_of(raw)))


def _read(kind: CellType, cells: _Column) -> list[Value]:
    """Return the values of cells; each distinct text is read once."""
    cells = list(cells)
    known = {cell: kind.read(cell) for cell in set(cells)}
    return [known[cell] for cell in cells]


_Tree: TypeAlias = dict[str, "int | _Tree"]
"""Column numbers by the keys of records, in the order of the keys."""


def _tree(headings: Headings) -> _Tree:
    tree: _Tree = {}
    for number, keys in headings.columns:
        inner = tree
        for key in keys[:-1]:
            step = inner.setdefault(key, {})
            assert isinstance(step, dict)  # a column is a value or an object, never both
            inner = step
        inner[keys[-1]] = number
    return tree


def _objects(tree: _Tree) -> tuple[RecordShape, _Make]:
    """Return the shape of records with these columns, and a function that builds them."""
    names = {key: f"m{position}" for position, key in enumerate(tree)}
    inner: dict[str, RecordShape] = {}
    parts: list[_Make] = []
    for key, each in tree.items():
        if isinstance(each, int):
            parts.append(partial(_column, each))
        else:
            inner[key], make = _objects(each)
            parts.append(make)
    kind = namedtuple("Row", list(names.values()))  # type: ignore[misc]  # as many as there are columns
    made = partial(tuple.__new__, kind)

    def make_all(columns: Sequence[_Column]) -> _Column:
        return map(made, zip(*(part(columns) for part in parts), strict=True))

    scalars = frozenset(names.keys() - inner.keys())
    return RecordShape(names, inner, scalars=scalars), make_all


def _column(number: int, columns: Sequence[_Column]) -> _Column:
    return columns[number]
