"""The text of a CSV file: lines, cells, and what a cell can hold."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from oneway.core.connector import Rejected
from oneway.core.records import Value, path_of
from oneway_connectors.file.csv_types import typed, untyped
from oneway_connectors.file.layout import BOM

_QUOTED = frozenset(',"\r\n')


class Lines:
    """The lines of a file as text, and the bytes of those read since the last `take`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._taken: list[bytes] = []
        self.bom = b""
        self.number = 0
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._file)
        self.number += 1
        if self.number == 1 and line.startswith(BOM):
            self.bom, line = BOM, line.removeprefix(BOM)
        self.cut = not line.endswith(b"\n")
        self._taken.append(line)
        # A byte that is not UTF-8 spoils its own row only: it stands as a lone surrogate.
        return line.decode(errors="surrogateescape")

    def take(self) -> bytes:
        """Return the bytes since the last call, without the last line feed."""
        raw = b"".join(self._taken).removesuffix(b"\n")
        self._taken.clear()
        return raw


def cells_of(raw: bytes) -> list[str]:
    """Return the cells of one row."""
    text = io.StringIO(raw.decode(errors="surrogateescape"), newline="")
    return next(csv.reader(text, strict=True), [])


def row_of(cells: Sequence[str]) -> bytes:
    """Return one row, without its end."""
    # csv.writer leaves a lone carriage return unquoted before Python 3.13.
    row = '""' if list(cells) == [""] else ",".join(_quoted(cell) for cell in cells)
    return row.encode(errors="surrogateescape")


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.intersection(cell) else cell


def is_utf8(raw: bytes) -> bool:
    """Return whether bytes are UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def encodable(text: str) -> bool:
    """Return whether UTF-8 can hold a text: it has no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def nested(
    columns: Sequence[str], cells: Sequence[str], types: Mapping[str, str]
) -> dict[str, Value]:
    """Return a record from its cells; a dotted column goes into an object."""
    data: dict[str, Value] = {}
    for name, cell in zip(columns, cells, strict=False):
        *way, last = path_of(name)
        inner: dict[str, Value] = data
        for key in way:
            step = inner.setdefault(key, {})
            assert isinstance(step, dict)  # the header has no column that is value and object
            inner = step
        inner[last] = typed(cell, types.get(name))
    return data


def flat(data: Mapping[str, Value], types: Mapping[str, str], prefix: str = "") -> dict[str, str]:
    """Return the text of each column of a record; raise `Rejected` for what is none."""
    cells: dict[str, str] = {}
    for key, value in data.items():
        if not key.strip() or "." in key or not encodable(key):
            raise rejected("a field has a name that no column can have", _CELL_HELP)
        if isinstance(value, dict):
            cells |= flat(value, types, f"{prefix}{key}.")
        else:
            written = untyped(value, types.get(prefix + key))
            cells[prefix + key] = _cell(value, prefix + key) if written is None else written
    return cells


def _cell(value: Value, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        kind = _KINDS.get(type(value), "number")
        raise rejected(f"a CSV file cannot hold the {kind} of field {name!r}", _CELL_HELP)
    if not encodable(value):
        raise rejected(f"field {name!r} holds half of a character", "mend the value at its source")
    return value


def both_value_and_object(columns: Sequence[str]) -> str:
    """Return a column that others reach into with a dot, or nothing."""
    known = set(columns)
    for name in columns:
        way = path_of(name)
        for length in range(1, len(way)):
            if ".".join(way[:length]) in known:
                return ".".join(way[:length])
    return ""


def rejected(summary: str, help: str) -> Rejected:
    """Return the error for a record that a CSV file cannot hold."""
    return Rejected("W150", summary, help)


_KINDS: dict[type, str] = {bool: "boolean", list: "list"}
_CELL_HELP = "make it text with to_text(...), leave the field out, or use a .jsonl file"
