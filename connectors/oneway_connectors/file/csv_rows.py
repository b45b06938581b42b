"""Reads and writes CSV (RFC 4180): a header row, then one record per row, in a given dialect.

All values are text, and an empty cell is the blank text `""`. A heading that is a path makes
nested objects: `bankDetails.sortCode`. Numbers, booleans and dates are only allowed in columns
declared as such (`csv_types`), and lists nowhere: they would be read back as text, and written
again every night. Text is written unchanged, even if it looks like a formula (`=1+1`): a sync must
not alter values, and users should import the file into a spreadsheet as text.
"""

import csv
import io
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from oneway.core.paths import at
from oneway.core.records import MISSING, Value
from oneway_connectors.file.csv_groups import (
    BYTES,
    FAST_AFTER,
    FAST_FROM,
    FEWEST,
    GROUP,
    UsualRows,
)
from oneway_connectors.file.csv_text import Dialect, Lines
from oneway_connectors.file.headings import Headings, changed, rejected
from oneway_connectors.file.joined_rows import MAY_HOLD_RECORDS, JoinedRows, RecordForm
from oneway_connectors.file.last_cell import is_whole
from oneway_connectors.file.layout import FileEntries, FileEntry, line_of
from oneway_connectors.file.options import FileOptions
from oneway_connectors.file.sniff import SAMPLE, what_is_amiss
from oneway_connectors.file.table import HEADER_HELP, OfTable, Table

LONGEST_CELL = 16_000_000
_AT_END = (
    "export the file again in full, or end that line if the cell is whole; if no export ends it, "
    "set the option `last_line: unended`"
)


class CsvRows(OfTable):
    """A CSV file. RecordForm stay in order; new ones are added at the end.

    Lines above the headings and below the footer are preserved.
    """

    def __init__(self, name: str, options: FileOptions) -> None:
        self._name = name
        self._options = options
        self._table = Table(name, options, self._hint)
        spaced = options.spaces == "trim"
        self._dialect = Dialect(options.delimiter or ",", options.quote, spaced)
        self._file: BinaryIO | None = None
        self._bom = b""
        self._end = ""
        self._preface = self._header = self._footer = b""
        self._malformed = 0
        self._joined_rows: JoinedRows | None = None
        self._doubts: list[str] = []
        self._extended = False

    def entries(self, file: BinaryIO) -> Iterator[FileEntry]:
        """Yield the rows; raise `ReadError` if the header has no usable columns."""
        yield from self._each(*self._begun(file))

    def grouped(self, file: BinaryIO) -> Iterator[FileEntry | FileEntries]:
        """Yield the same as `entries`, with several usual rows at once."""
        lines, rows = self._begun(file)
        first = lines.ahead(FAST_AFTER + 1, FAST_FROM)
        if not self._headings.names or (
            len(first) <= FAST_AFTER and sum(map(len, first)) < FAST_FROM
        ):
            yield from self._each(lines, rows)
            return
        usual, size, going_on = UsualRows(self._table, self._dialect), GROUP, True
        while going_on and (some := lines.ahead(size, BYTES)):
            joined = b"".join(some).removesuffix(b"\n")
            ended = some[-1].endswith(b"\n")  # the last line of the file may be truncated
            items = usual.items(joined, len(some)) if ended else None
            if items is not None:
                numbers = range(lines.number + 1, lines.number + 1 + len(some))
                lines.skip(len(some))
                raws = joined.split(b"\n")
                plain = joined.isascii() and b"\\u" not in joined
                yield FileEntries(numbers, raws, items, usual.shape, usual.decode, plain)
                size = min(2 * size, GROUP)
            elif len(some) > FEWEST:
                size = max(len(some) // 4, FEWEST)
            else:
                going_on = yield from self._each(lines, rows, lines.number + len(some))

    def _begun(self, file: BinaryIO) -> tuple[Lines, Iterator[list[str]]]:
        """Read the header, and return the lines below it and their rows."""
        csv.field_size_limit(LONGEST_CELL)
        self._file, lines = file, Lines(file)
        self._preface, said = lines.preface(self._options.header)
        delimiter = self._options.delimiter or said or ","
        self._dialect = replace(self._dialect, delimiter=delimiter)
        rows = self._dialect.rows(lines)
        self._read_header(lines, rows)
        start = file.tell()
        below = partial(self._rows_below, file, start)
        self._table.weigh(below)
        file.seek(start)  # it may have read some of the rows only
        self._joined_rows = self._rows_to_compare(below)
        return lines, rows

    def _rows_below(self, file: BinaryIO, start: int) -> Iterator[list[str]]:
        """Yield the cells of all rows from a position on that can be separated."""
        place = file.tell()
        file.seek(start)
        lines = iter(partial(line_of, file), b"")
        rows = self._dialect.rows(line.decode(errors="surrogateescape") for line in lines)
        while True:
            try:
                yield next(rows)
            except csv.Error:
                continue
            except StopIteration:
                file.seek(place)
                return

    def _each(
        self, lines: Lines, rows: Iterator[list[str]], last: int | None = None
    ) -> Generator[FileEntry, None, bool]:
        """Yield the rows one at a time, up to the first that ends on line `last` or later.

        Returns whether there may be more.
        """
        while self._headings.names and (last is None or lines.number < last):
            line = lines.number + 1
            try:
                cells = next(rows, None)
            except csv.Error as error:
                # A stray quotation mark may have swallowed the rest of the row.
                problem = _what_is_stray(str(error))
                entry: FileEntry | None = FileEntry(line, lines.take(), {}, problem, gap=True)
            else:
                if cells is None:
                    return False
                if self._table.is_footer(line, cells):
                    self._end_at_footer(lines)
                    return False
                entry = self._entry(line, lines.take(), cells, cut=lines.cut)
                if entry is not None and lines.cut and not entry.problem:
                    entry = self._perhaps_cut(entry, cells)
            if entry is not None:
                self._malformed = self._malformed or (entry.line if entry.problem else 0)
                yield entry
        return True

    def _entry(self, line: int, raw: bytes, cells: Sequence[str], *, cut: bool) -> FileEntry | None:
        """Return the entry of a row, or None if the row is blank."""
        if b"\n" in raw and (problem := self._joined(line, raw)):
            return FileEntry(line, raw, {}, problem, gap=True)
        return self._table.entry(line, raw, cells, cut=cut)

    def _joined(self, line: int, raw: bytes) -> str:
        """Return why a row of several lines may be several records that stray marks have joined.

        A doubt is only noted.
        """
        sign, joined = self._dialect.delimiter.encode(), self._joined_rows
        if joined is None or raw.count(sign, raw.index(b"\n")) < joined.form.least - 1:
            return ""  # as most texts of several lines
        problem = joined.problem(raw.decode(errors="surrogateescape"))
        if problem == MAY_HOLD_RECORDS:
            self._doubts.append(f"{self._name}: line {line} {problem}")
            return ""
        return problem

    def _rows_to_compare(self, rows: Callable[[], Iterable[list[str]]]) -> JoinedRows | None:
        """Return what tells joined rows, unless the file has only one column."""
        headings, id, quote = self._headings, self._options.id, self._dialect.quote
        most, named = len(headings.names), id in headings.names
        if most < 2 or not quote:
            return None
        least = most // 2 + 1 if self._options.short_rows == "blank" else most
        at = headings.names.index(id) if named else 0
        form = RecordForm(at, named, least, most, lambda cells: not headings.odd(cells))
        return JoinedRows(rows, form, self._dialect.delimiter, quote)

    def _perhaps_cut(self, entry: FileEntry, cells: Sequence[str]) -> FileEntry:
        """Return the entry of a last line without a line end, whose last cell may be truncated."""
        last = len(self._headings.names) - 1
        cell, quote = self._table.stated(cells)[last], self._options.quote.encode()
        lost = self._headings.paths({last})
        closed = quote and entry.raw.endswith(quote) and not cell.endswith(self._options.quote)
        if not lost or closed or entry.raw.endswith(b"\r") or self._headings.is_whole(last, cell):
            return entry
        if self._options.last_line == "unended":
            return entry
        if is_whole(cell, self._cells_above(last)):
            return entry
        name = self._headings.names[last]
        why = f"column {name!r} may be cut off: only the last line has no line end; {_AT_END}"
        return entry._replace(lost=lost, cut=why)

    def _cells_above(self, number: int) -> set[str]:
        """Return the distinct cells of one column, in all lines that have a line end."""
        assert self._file is not None
        self._file.seek(0)
        lines, found = Lines(self._file), set[str]()
        lines.preface(self._options.header)
        with suppress(csv.Error):
            next((cells for cells in self._dialect.rows(lines) if any(map(str.strip, cells))), None)
            for cells in self._dialect.rows(lines):
                if number < len(cells) and not lines.cut:
                    found.add(self._table.stated(cells)[number])
        self._file.seek(0, io.SEEK_END)
        return found

    def _end_at_footer(self, lines: Lines) -> None:
        """Store the footer and the lines below it, and check those for records."""
        below, line = lines.number + 1, lines.take_line()
        rest = lines.rest()
        self._footer = line + rest
        text = io.StringIO(rest.decode(errors="surrogateescape"), newline="")
        rows = self._dialect.rows(text)
        try:
            for number, cells in enumerate(rows, below):
                self._table.after_footer(number, cells)
        except csv.Error:
            self._table.after_footer(below, self._headings.names)

    @property
    def notes(self) -> Sequence[str]:
        """What is doubtful, though the rows were read."""
        return [*self._table.notes, *self._doubts]

    def decode(self, raw: bytes) -> dict[str, Value]:
        """Return the record of a row."""
        return self._headings.record(self._padded_cells(raw))

    def encode(self, data: dict[str, Value], like: bytes) -> bytes:
        """Return a row without its line end; raise `Rejected` for a value that no cell can have."""
        cells = self._headings.cells(data)
        self._table.refuse_unreadable(cells)
        self._extend([name for name, text in cells.items() if text])
        return self._row([cells.get(name, "") for name in self._headings.names], like)

    def rewrite(self, data: dict[str, Value], raw: bytes) -> bytes:
        """Return a row with new values, and the other cells as they are: `1.50`, `"007"`."""
        old, texts = self.decode(raw), self._dialect.cells_of(raw)
        cells = dict(zip(self._headings.names, texts, strict=False))
        for name, keys in self._headings.keys.items():
            if at(data, keys) is MISSING:  # the object that contained it was replaced
                cells[name] = ""
        new = self._headings.cells(changed(old, data))
        self._table.refuse_unreadable(new)
        self._extend([name for name, text in new.items() if text])
        cells |= new
        names = self._headings.names
        return self._row([*(cells.get(name, "") for name in names), *texts[len(names) :]], raw)

    def assemble(self, raws: Sequence[bytes]) -> bytes:
        """Return the header and rows, each with its line end."""
        header = self._header
        if self._extended:
            header = self._row(self._headings.names, header)
            raws = [self._padded(raw) for raw in raws]
        lines = [header, *raws] if header else []
        rows = b"".join(line + b"\n" for line in lines)
        return self._bom + self._preface + rows + self._footer

    @property
    def _headings(self) -> Headings:
        return self._table.headings

    def _read_header(self, lines: Lines, rows: Iterator[list[str]]) -> None:
        line = lines.number + 1
        try:
            columns: list[str] = []
            while not any(cell.strip() for cell in columns):
                line = lines.number + 1
                columns = next(rows)
        except StopIteration:
            columns = []
        except csv.Error:
            raise self._table.bad(line, "the header cannot be read", HEADER_HELP) from None
        self._header, self._bom = lines.take(), lines.bom
        self._end = "\r" if self._header.endswith(b"\r") else ""
        if columns:
            self._table.head(columns, line)

    def _hint(self) -> str:
        if self._file is None:
            return ""
        self._file.seek(0)
        options = self._options
        said = options.delimiter or self._dialect.delimiter
        return what_is_amiss(self._file.read(SAMPLE), options.id, said, options.header)

    def _row(self, cells: Sequence[str], like: bytes = b"") -> bytes:
        return self._dialect.row_of(cells, like) + self._end.encode()

    def _extend(self, names: Iterable[str]) -> None:
        headings = self._headings
        added = [name for name in names if name not in headings.names]
        if not added:
            return
        if self._malformed:
            raise rejected(
                f"a column cannot be added while line {self._malformed} is not a proper row",
                "correct that row first",
            )
        options = self._options
        wider = Headings([*headings.names, *added], {}, flat=options.headings == "flat")
        if wider.both_value_and_object():
            raise rejected(
                "a field would be both a value and an object",
                "map either the object's fields or the field itself",
            )
        headings.add(added)
        self._extended = True

    def _padded_cells(self, raw: bytes) -> list[str]:
        cells = self._dialect.cells_of(raw)
        cells = list(self._table.trimmed(cells))
        return [*cells, *[""] * (len(self._headings.names) - len(cells))]

    def _padded(self, raw: bytes) -> bytes:
        cells = self._dialect.cells_of(raw)
        missing = len(self._headings.names) - len(cells)
        return self._row([*cells, *[""] * missing], raw) if missing > 0 else raw


def _what_is_stray(error: str) -> str:
    """Return why a row cannot be split into cells."""
    if "unexpected end of data" in error:
        return "opens a quotation mark that is never closed: what follows is lost in that cell"
    if "expected after" in error:
        return "has text after a closing quotation mark: double the marks within the cell"
    return "has a stray quotation mark or line end, or a cell that is too long"
