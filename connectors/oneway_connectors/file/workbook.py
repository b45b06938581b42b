"""Reads one sheet of an Excel or LibreOffice workbook as if it were CSV.

All values are text, as in CSV: a whole number has no fraction, a date is ISO text. Formulas
are read as the values that the spreadsheet last computed. A workbook is never written.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, BinaryIO

from oneway.core.connector import ReadError
from oneway.core.records import Value
from oneway_connectors.file.layout import FileEntry
from oneway_connectors.file.options import FileOptions
from oneway_connectors.file.table import OfTable, Table

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

MAX_SIZE = 200_000_000


class WorkbookRows(OfTable):
    """One sheet of a workbook."""

    def __init__(self, name: str, options: FileOptions) -> None:
        self._name = name
        self._options = options
        self._table = Table(name, options, lambda: "")

    def entries(self, file: BinaryIO) -> Iterator[FileEntry]:
        """Yield the rows; raise `ReadError` for what is no workbook, or has no such sheet."""
        rows = self._rows(file.read(MAX_SIZE + 1))
        header = self._header(rows)
        for line, cells in rows[header:]:
            if self._table.is_footer(cells):
                return
            entry = self._table.entry(line, b"", cells, cut=False)
            if entry is not None:
                yield entry

    # A workbook is never written: the connector refuses it before it gets here (W110).

    def decode(self, raw: bytes) -> dict[str, Value]:
        """Fail: rows are read again only to be written."""
        raise NotImplementedError

    def encode(self, data: dict[str, Value], like: bytes) -> bytes:
        """Fail: a workbook is never written."""
        raise NotImplementedError

    def assemble(self, raws: Sequence[bytes]) -> bytes:
        """Fail: a workbook is never written."""
        raise NotImplementedError

    def _header(self, rows: Sequence[tuple[int, list[str]]]) -> int:
        """Return how many rows stand above the first record, having taken the headings."""
        first = self._options.header
        for number, (line, cells) in enumerate(rows):
            if line >= first and any(cell.strip() for cell in cells):
                self._table.head(cells, line)
                return number + 1
        return len(rows)

    def _rows(self, data: bytes) -> list[tuple[int, list[str]]]:
        if not data:
            return []
        with _opened(self._name, data) as book:
            return _sheet_rows(book, self._sheet(book))

    def _sheet(self, book: "CalamineWorkbook") -> str:
        names = visible_sheets(book)
        wanted = self._options.sheet
        if wanted in book.sheet_names or (not wanted and len(names) == 1):
            return wanted or names[0]
        known = ", ".join(repr(name) for name in names)
        what = f"has no sheet {wanted!r}" if wanted else "has several sheets"
        raise ReadError(
            "R154", f"{self._name}: the workbook {what}", f"set the option sheet: {known}"
        )


def first_sheet(path: str, data: bytes) -> tuple[str, bool, list[tuple[int, list[str]]]]:
    """Return the first sheet that a person sees, whether there are others, and its rows."""
    with _opened(path, data) as book:
        names = visible_sheets(book)
        if not names:
            raise ReadError("R154", f"{path}: the workbook has no sheet", "check the file")
        return names[0], len(names) > 1, _sheet_rows(book, names[0])


@contextmanager
def _opened(name: str, data: bytes) -> Iterator["CalamineWorkbook"]:
    # Importing it takes as long as a small run, so import it only for workbooks.
    from python_calamine import CalamineError, CalamineWorkbook

    if len(data) > MAX_SIZE:
        raise ReadError("R150", f"{name}: the workbook is too large", "save it as CSV")
    try:
        yield CalamineWorkbook.from_filelike(io.BytesIO(data))
    except CalamineError:
        help = "check that the file is a workbook, whole, without a password; or save it as CSV"
        raise ReadError("R153", f"{name}: the workbook cannot be read", help) from None


def _sheet_rows(book: "CalamineWorkbook", sheet: str) -> list[tuple[int, list[str]]]:
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    return [(line, [cell_text(cell) for cell in row]) for line, row in enumerate(rows, 1)]


def visible_sheets(book: "CalamineWorkbook") -> list[str]:
    """Return the names of the sheets that a person sees."""
    from python_calamine import SheetVisibleEnum

    return [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]


def cell_text(cell: object) -> str:
    """Return a cell as the CSV of its sheet has it: dates as ISO text, whole numbers whole."""
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return "" if cell is None else str(cell)
