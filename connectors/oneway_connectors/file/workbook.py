"""Reads one sheet of an Excel or LibreOffice workbook as if it were CSV.

All values are text, as in CSV: whole numbers have no fraction, dates are ISO text. Formulas are
read as the values that the spreadsheet last computed. Workbooks are never written.
"""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple, TypeAlias

from oneway.core.bounded_read import read_up_to
from oneway.core.connector_errors import ReadError
from oneway.core.records import Value
from oneway_connectors.file import workbook_process
from oneway_connectors.file.damage import MERGED
from oneway_connectors.file.layout import FileEntry
from oneway_connectors.file.options import FileOptions
from oneway_connectors.file.sniff import (
    LINES,
    SAVE_AS,
    footer_in,
    guess_rows,
    header_of_sheet,
    markup_of,
)
from oneway_connectors.file.table import OfTable, Table

MAX_SIZE = 200_000_000
_SHEETS = 8
"""How many sheets are searched for the one with the records."""
Rows: TypeAlias = Sequence[tuple[int, list[str]]]
"""The cells of a sheet's rows, with their lines."""


class WorkbookRows(OfTable):
    """One sheet of a workbook."""

    def __init__(self, name: str, options: FileOptions) -> None:
        self._name = name
        self._options = options
        self._table = Table(name, options, self._hint, placed=True)
        self._sheet: Rows = ()
        self._merged: Mapping[int, Sequence[tuple[int, str]]] = {}

    def entries(self, file: BinaryIO) -> Iterator[FileEntry]:
        """Yield the rows; raise `ReadError` if the file is not a workbook or lacks the sheet."""
        if any(kind.mark for kind in self._options.types.values()):
            summary = f"{self._name}: the option decimal is for CSV: a workbook contains numbers"
            help = "remove it; if cells contain numbers as text, use parse_number() in the mapping"
            raise ReadError("R156", summary, help)
        self._sheet = rows = self._rows(read_up_to(file, MAX_SIZE + 1))
        header = self._header(rows)
        self._table.weigh(lambda: (cells for _, cells in rows[header:]))
        for position, (line, cells) in enumerate(rows[header:], header + 1):
            if self._table.is_footer(line, cells):
                for below, others in rows[position:]:
                    self._table.after_footer(below, others)
                return
            entry = self._table.entry(line, b"", self._with_merged(line, cells), cut=False)
            if entry is not None:
                yield entry

    def _hint(self) -> str:
        return header_of_sheet(self._sheet, self._options.id, self._options.header)

    def _with_merged(self, line: int, cells: Sequence[str]) -> Sequence[str]:
        """Return the cells of a record's row, with a mark in those that are blank due to a merge.

        A blank row stays blank, and a total over several columns stays a total.
        """
        merged = self._merged.get(line, ())
        if not merged or not any(map(str.strip, cells)) or footer_in(cells):
            return cells
        row, keep = list(cells), self._options.damaged_cells == "keep"
        for number, text in merged:
            row[number - 1] = text if keep else MERGED
        return row

    # The connector refuses to write a workbook before it gets here (W110).

    def decode(self, raw: bytes) -> dict[str, Value]:
        """Fail: rows are read again only to be written."""
        raise NotImplementedError

    def encode(self, data: dict[str, Value], like: bytes) -> bytes:
        """Fail: a workbook is never written."""
        raise NotImplementedError

    rewrite = encode

    def assemble(self, raws: Sequence[bytes]) -> bytes:
        """Fail: a workbook is never written."""
        raise NotImplementedError

    def _header(self, rows: Rows) -> int:
        """Read the headings, and return the number of rows above the first record."""
        first = self._options.header
        for number, (line, cells) in enumerate(rows):
            if line >= first and any(cell.strip() for cell in cells):
                self._table.head(cells, line)
                return number + 1
        return len(rows)

    def _rows(self, data: bytes) -> Rows:
        if not data:
            return []
        wanted = self._options.sheet
        names, rows, merged = _read(self._name, data, wanted)
        if rows is not None:
            found: dict[int, list[tuple[int, str]]] = defaultdict(list)
            for line, column, text in merged:
                found[line].append((column, text))
            self._merged = found
            return rows
        known = ", ".join(repr(name) for name in names)
        what = f"has no sheet {wanted!r}" if wanted else "has several sheets"
        raise ReadError(
            "R154", f"{self._name}: the workbook {what}", f"set the option sheet: {known}"
        )


class Sheets(NamedTuple):
    """The fullest sheet of a workbook with its rows, and the visible sheets beside it.

    `others` are their names, and `alike` those of the sheets with the same headings.
    """

    best: str
    rows: Rows
    others: Sequence[str]
    alike: Sequence[str]


def fullest_sheet(path: str, data: bytes) -> Sheets:
    """Return the fullest sheet: the first one is often a cover. Of equally full ones, the first."""
    names, rows, _ = _read(path, data, first=True)
    if rows is None:
        raise ReadError("R154", f"{path}: the workbook has no sheet", "check the file")
    found = {names[0]: rows}
    for name in names[1:_SHEETS]:
        _, more, _ = _read(path, data, name)
        found[name] = more or []
    best = max(found, key=lambda name: _filled(found[name]))
    others = [name for name in names if name != best]
    headings = _headings(found[best])
    alike = [name for name in others if name in found and _headings(found[name]) == headings]
    return Sheets(best, found[best], others, alike)


def _headings(rows: Rows) -> frozenset[str]:
    return frozenset(each.strip().casefold() for each in guess_rows(rows[:LINES]).headings) - {""}


def _filled(rows: Rows) -> int:
    """Return how many cells of a sheet are not blank."""
    return sum(1 for _, cells in rows for cell in cells if cell.strip())


def _read(
    name: str, data: bytes, sheet: str = "", *, first: bool = False
) -> tuple[list[str], Rows | None, Sequence[tuple[int, int, str]]]:
    """Return the names of visible sheets, and the rows and merged cells of the requested one.

    The rows are None if it does not exist. Merged cells are blank in the rows; each comes with its
    line, its column, and the value of the cell that it is merged with.
    """
    if len(data) > MAX_SIZE:
        raise ReadError("R150", f"{name}: the workbook is too large", "save it as CSV")
    request = json.dumps({"sheet": sheet, "first": first}).encode() + b"\n"
    try:
        ended = subprocess.run(
            [sys.executable, "-P", workbook_process.__file__],
            input=request + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=2 * workbook_process.MOST_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise _too_much(name) from None
    if ended.returncode:
        raise _too_much(name)
    answer = json.loads(ended.stdout)
    if "broken" in answer and (said := markup_of(data)):
        raise ReadError("R153", f"{name}: {said}", SAVE_AS)
    if "broken" in answer:
        help = "check that the file is a workbook, whole, without a password; or save it as CSV"
        raise ReadError("R153", f"{name}: the workbook cannot be read", help)
    if "large" in answer:
        raise _too_much(name)
    return answer["names"], answer["rows"], answer.get("merged", ())


def _too_much(name: str) -> ReadError:
    help = "a cell may be far away from all others: save the sheet as CSV"
    return ReadError("R150", f"{name}: the workbook takes too much memory or time", help)
