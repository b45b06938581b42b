"""CSV: a header row, then a record a row (RFC 4180, in UTF-8, parted by commas).

All values are text, and an empty cell is the blank text `""`. A dotted header makes nested
objects: `bankDetails.sortCode`. Numbers and booleans stand in columns that are declared so
(`csv_types`) and nowhere else, and lists nowhere: they would come back as text, and be
written again every night. Text arrives unchanged, also where it
looks like a formula (`=1+1`): a sync that altered values would be wrong, and who opens the
file in a spreadsheet should import it as text.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO

from oneway.core.connector import ReadError
from oneway.core.diagnostics import did_you_mean
from oneway.core.records import Value, path_of
from oneway_connectors.file.csv_text import (
    Lines,
    both_value_and_object,
    cells_of,
    encodable,
    flat,
    is_utf8,
    nested,
    rejected,
    row_of,
)
from oneway_connectors.file.layout import FileEntry

LONGEST_CELL = 16_000_000


class CsvRows:
    """A CSV file. Columns keep their order; new ones are added at the end."""

    def __init__(self, name: str, id_column: str, types: Mapping[str, str]) -> None:
        self._name = name
        self._id_column = id_column
        self._types = types
        self._bom = b""
        self._end = ""
        self._columns: list[str] = []
        self._header = b""
        self._malformed = 0
        self._extended = False

    def entries(self, file: BinaryIO) -> Iterator[FileEntry]:
        """Yield the rows; raise `ReadError` where the header names no columns to go by."""
        csv.field_size_limit(LONGEST_CELL)
        lines = Lines(file)
        rows = csv.reader(lines, strict=True)
        self._read_header(lines, rows)
        while self._columns:
            entry = self._next(lines, rows)
            if entry is None:
                return
            self._malformed = self._malformed or (entry.line if entry.problem else 0)
            if entry.raw.strip(b"\r"):
                yield entry

    def decode(self, raw: bytes) -> dict[str, Value]:
        """Return the record that a row is."""
        return nested(self._columns, cells_of(raw), self._types)

    def encode(self, data: dict[str, Value], like: bytes) -> bytes:
        """Return a row, without its end; raise `Rejected` for what a cell cannot hold."""
        cells = flat(data, self._types)
        self._extend([name for name, text in cells.items() if text])
        del like  # rows are all of one style
        return row_of([cells.get(name, "") for name in self._columns]) + self._end.encode()

    def assemble(self, raws: Sequence[bytes]) -> bytes:
        """Return header and rows, each with its end."""
        header = self._header
        if self._extended:
            header = row_of(self._columns) + self._end.encode()
            raws = [self._padded(raw) for raw in raws]
        lines = [header, *raws] if header else []
        return self._bom + b"".join(line + b"\n" for line in lines)

    def _read_header(self, lines: Lines, rows: Iterator[list[str]]) -> None:
        try:
            self._columns = next((row for row in rows if row), [])
        except csv.Error:
            raise self._bad_header("the header cannot be read", _HEADER_HELP) from None
        self._header, self._bom = lines.take(), lines.bom
        self._end = "\r" if self._header.endswith(b"\r") else ""
        if self._columns:
            self._check_header()

    def _check_header(self) -> None:
        seen: dict[str, int] = {}
        for number, name in enumerate(self._columns, 1):
            if not encodable(name):
                raise self._bad_header(f"column {number} is not UTF-8", _HEADER_HELP)
            if not all(key.strip() for key in path_of(name)):
                raise self._bad_header(f"column {number} has no name", "name every column")
            if name in seen:
                summary = f"column {number} has the name of column {seen[name]}"
                raise self._bad_header(summary, "give each column a name of its own")
            seen[name] = number
        if twice := both_value_and_object(self._columns):
            summary = f"column {seen[twice]} is both a value and, with a dot, an object"
            raise self._bad_header(summary, "rename one of the columns")
        if self._id_column not in seen:
            hint = did_you_mean(self._id_column, seen) or _HEADER_HELP
            summary = f"no column is called {self._id_column!r}"
            raise self._bad_header(summary, f"the option id names the column of the id; {hint}")

    def _bad_header(self, summary: str, help: str) -> ReadError:
        return ReadError("R154", f"{self._name}:1: {summary}", help)

    def _next(self, lines: Lines, rows: Iterator[list[str]]) -> FileEntry | None:
        line = lines.number + 1
        try:
            cells = next(rows, None)
        except csv.Error:
            # What follows a stray quotation mark may have been taken for part of the cell.
            problem = "has a stray quotation mark or line end, or a cell that is too long"
            return FileEntry(line, lines.take(), {}, problem, gap=True)
        raw = lines.take()
        if cells is None:
            return None
        wanted, found = len(self._columns), len(cells)
        if cells and found != wanted:
            problem = f"has {found} cells where the header has {wanted}"
            return FileEntry(line, raw, {}, problem, gap=lines.cut and found < wanted)
        if not is_utf8(raw):
            return FileEntry(line, raw, {}, "is not UTF-8")
        return FileEntry(line, raw, nested(self._columns, cells, self._types) if cells else {})

    def _extend(self, names: Iterable[str]) -> None:
        added = [name for name in names if name not in self._columns]
        if not added:
            return
        if self._malformed:
            raise rejected(
                f"a column cannot be added while line {self._malformed} is not a proper row",
                "mend that row first",
            )
        if both_value_and_object([*self._columns, *added]):
            raise rejected(
                "a field would be both a value and an object",
                "map either the object's fields or the field itself",
            )
        self._columns += added
        self._extended = True

    def _padded(self, raw: bytes) -> bytes:
        cells = cells_of(raw)
        missing = len(self._columns) - len(cells)
        return row_of([*cells, *[""] * missing]) + self._end.encode() if missing else raw


_HEADER_HELP = "save the file as CSV (UTF-8) with commas and with lines that end in LF or CRLF"
