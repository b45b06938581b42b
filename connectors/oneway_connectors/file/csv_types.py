"""Columns of a CSV file that are not text: what a cell of one means, and how it is written.

A cell is a number or a switch only where its column is declared so and the cell is written in
the one way that gives the same text back; any other cell is text, as it stands in the file.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from oneway.core.connector import ReadError
from oneway.core.records import Value

_WRITTEN = {
    "integer": re.compile(r"0|-?[1-9][0-9]{0,17}"),
    "number": re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?"),
    "boolean": re.compile(r"true|false", re.IGNORECASE),
}

NO_TYPES: Mapping[str, str] = MappingProxyType({})
"""All columns are text."""


def column_types(text: str) -> Mapping[str, str]:
    """Return the type of each column named in the option `types`; raise `ReadError` for no type.

    The option is `column=type`, as often as needed, with spaces between.
    """
    types = {}
    for each in text.split():
        column, _, kind = each.rpartition("=")
        if not column or kind not in _WRITTEN:
            summary = f"the option types cannot be used: {each!r}"
            raise ReadError(
                "R156", summary, f"write column=TYPE, TYPE one of {', '.join(_WRITTEN)}"
            )
        types[column] = kind
    return types


def typed(cell: str, kind: str | None) -> Value:
    """Return what a cell of a column of this type holds; the text where it is not of the type."""
    if kind is None or not _WRITTEN[kind].fullmatch(cell):
        return cell
    match kind:
        case "boolean":
            return cell.lower() == "true"
        case "integer":
            return int(cell)
        case _:
            return float(cell) if "." in cell else int(cell)


def untyped(value: Value, kind: str | None) -> str | None:
    """Return the cell that holds a value in a column of this type, None where none does."""
    if kind is None or not isinstance(value, (bool, int, float)):
        return None
    cell = str(value).lower()
    back = typed(cell, kind)
    return cell if back == value and isinstance(back, bool) == isinstance(value, bool) else None
