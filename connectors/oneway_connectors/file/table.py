"""Turns rows of cells under headings into records, and reports the rows that are not records."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from oneway.core.connector_errors import ReadError
from oneway.core.decimal_marks import NotationTally
from oneway.core.nesting import DEEPEST
from oneway.core.unicode import encodable
from oneway_connectors.file.blank_words import is_blank_word
from oneway_connectors.file.damage import DAMAGE_SIGNS, damage_of, has_sign
from oneway_connectors.file.footer import Footer
from oneway_connectors.file.headings import Headings, rejected
from oneway_connectors.file.layout import FileEntry
from oneway_connectors.file.missing_headings import MissingHeadings
from oneway_connectors.file.odd_rows import AllRows
from oneway_connectors.file.options import UTF_8, FileOptions
from oneway_connectors.file.other_readings import doubted
from oneway_connectors.file.second_headings import IS_SECOND, is_second_line
from oneway_connectors.file.sniff import footer_in, is_line, is_total


class Table:
    """The rows of one file. Call `head` first, which reads the columns.

    `hint` is called if the headings are unusable. It looks for the cause in the file, and returns
    it in words, or "". `placed`: each cell states its column, as in a workbook.
    """

    def __init__(
        self, name: str, options: FileOptions, hint: Callable[[], str], *, placed: bool = False
    ) -> None:
        self._name = name
        self._options = options
        self._hint = hint
        self._placed = placed
        self.headings = Headings((), {}, flat=False)
        self.padded = 0
        self._numbers: dict[str, NotationTally] = {}
        self._places: dict[str, int] = {}
        """The column numbers by heading, ignoring case."""
        self._footer = Footer(name, options)
        self._all = AllRows(tuple)
        self._second: Sequence[str] = ()
        """The cells of a second line of headings, if there is one."""

    @property
    def missing(self) -> str:
        """Why records may be missing at the end, in words, or ""."""
        return self._footer.missing

    @property
    def _missing_headings(self) -> MissingHeadings:
        return MissingHeadings(self._options, self.headings.keys)

    def head(self, columns: Sequence[str], line: int) -> None:
        """Read the headings; raise `ReadError` if there are no usable columns."""
        options = self._options
        names = self.trimmed(columns)
        self._check(names, line)
        flat = options.headings == "flat"
        self.headings = Headings(names, options.types, flat=flat, heeded=options.heeded)
        changes = (str.upper, str.lower, str.title, str.strip)
        self._places = {  # of equal headings, the first one counts
            change(name.strip()): number
            for change in changes
            for number, name in enumerate(names)
            if name.strip()
        }
        if deep := self.headings.too_deep():
            summary = f"column {names.index(deep) + 1} is nested deeper than {DEEPEST} levels"
            raise self.bad(line, summary, "rename the column, or set the option headings: flat")
        if twice := self.headings.both_value_and_object():
            summary = f"column {names.index(twice) + 1} is both a value and, with a dot, an object"
            help = "rename one of the columns, or set the option headings: flat"
            raise self.bad(line, summary, help)
        strange = [name for name in options.types if name not in names]
        if strange and options.unfit_cells == "error":
            used = {options.id, *options.types}
            help = self._missing_headings.instead(strange[0], names, used)
            summary = f"the option types names {strange[0]!r}, and no column is called so"
            raise self.bad(line, summary, help)
        if options.id and options.id not in names:
            raise self.bad(
                line,
                f"no column is called {options.id!r}",
                self._missing_headings.instead_of_id(names),
            )

    def weigh(self, rows: Callable[[], Iterator[Sequence[str]]]) -> None:
        """Doubt the type of a column that other settings fit better, by the cells of all rows.

        `rows` returns them; it is called again if a row must be compared with the others.
        """
        headings, options = self.headings, self._options
        self._second = self._second_line(rows())
        types = dict(headings.checked)
        self._all = AllRows(lambda: map(self.stated, rows()), len(headings.names), types)
        found = doubted({headings.names[at]: (at, kind) for at, kind in headings.checked}, rows())
        if found:
            settled, flat = {**options.types, **found}, options.headings == "flat"
            self.headings = Headings(headings.names, settled, flat=flat, heeded=options.heeded)

    def _second_line(self, rows: Iterator[Sequence[str]]) -> Sequence[str]:
        first = self.stated(next((row for row in rows if any(map(str.strip, row))), ()))
        below = map(self.stated, rows)
        return first if is_second_line(first, len(self.headings.names), below) else ()

    def entry(self, line: int, raw: bytes, cells: Sequence[str], *, cut: bool) -> FileEntry | None:
        """Return the entry of a row, or None if the row is blank, or only a line of dashes."""
        cells = self.stated(cells)
        if not any(cell.strip() for cell in cells) or is_line(cells):
            return None
        again = self._headings_again(cells)
        if again and any(number != place for number, place in again):
            summary = "the headings are repeated here, in another order than at the top"
            raise ReadError("R154", f"{self._name}:{line}: {summary}", _TWO_TABLES)
        wanted, found = len(self.headings.names), len(cells)
        if found < wanted and cut:
            return FileEntry(line, raw, {}, f"has {_cells(found, wanted)}", gap=True)
        if problem := self._no_record(line, cells):
            return FileEntry(line, raw, {}, problem)
        if found > wanted:
            cells, found = cells[:wanted], wanted
        elif found < wanted:
            cells = [*cells, *[""] * (wanted - found)]
            self.padded += 1
        if problem := self.headings.problem(cells):
            return FileEntry(line, raw, {}, problem)
        # If a row has too many or too few cells, they may be in the wrong columns.
        in_place = found == wanted
        if not all(map(encodable, cells)):
            problem = _not_encoded(self._options.encoding)
            # In another encoding, anything may follow a broken character.
            in_place = in_place and self._options.encoding == UTF_8
            return self._damaged(line, raw, cells, problem, in_place=in_place)
        if any(map(self._quoted_late, cells)) and _LATE.search(raw):
            problem = "has a quotation mark after a space: set the option spaces: trim"
            return FileEntry(line, raw, {}, problem)
        if self._options.damaged_cells == "error" and (problem := self._damage(cells)):
            return self._damaged(line, raw, cells, problem, in_place=in_place)
        if word := footer_in(cells):
            return FileEntry(line, raw, {}, _total(word))
        if again:
            return FileEntry(line, raw, {}, "repeats the headings: remove it")
        if self._options.unfit_cells == "error" and (problem := self.headings.unfit(cells)):
            return self._damaged(line, raw, cells, problem, in_place=in_place)
        self.note_numbers([cells])
        return FileEntry(line, raw, self.headings.record(cells))

    def _no_record(self, line: int, cells: Sequence[str]) -> str:
        """Return why a row is not a record as a whole, or ""."""
        if [*cells] == [*self._second]:
            return IS_SECOND.format(line)
        other = len(cells) != len(self.headings.names)
        return self._lone(cells) or (self._misshapen(cells) if other else "")

    def _lone(self, cells: Sequence[str]) -> str:
        """Return why a row with a single text, in its first cell, is not a record, or ""."""
        if len(cells) > 1 and cells[1].strip():  # as most rows
            return ""
        wanted, first = len(self.headings.names), cells[0].strip()
        if wanted < 2 or not first or "".join(cells[2:]).strip():
            return ""
        if word := footer_in([first, *[""] * (wanted - 1)]):
            return _total(word)
        if self._options.id not in ("", self.headings.names[0]):  # a row without an id, or a person
            return ""
        return self._all.why_odd(first, wanted)

    def _misshapen(self, cells: Sequence[str]) -> str:
        """Return why a row with more or fewer cells than headings cannot be read, or ""."""
        wanted, found = len(self.headings.names), len(cells)
        why = f"has {_cells(found, wanted)}"
        if found > wanted and not self._is_in_place(cells):
            return f"{why}; if one contains the delimiter, it must be quoted"
        if found < wanted and self._options.short_rows == "error":
            return f"{why}; if cells at the end are left out, set short_rows: blank"
        return ""

    def _is_in_place(self, cells: Sequence[str]) -> bool:
        """Return whether a row with more cells than headings has the others in their columns."""
        if self._end_blank([cells], len(cells)):
            return True
        beyond = cells[len(self.headings.names) :]
        return not "".join(beyond).strip() and not self._all.may_have_moved(cells)

    def _end_blank(self, rows: Sequence[Sequence[str]], width: int) -> bool:
        """Return whether the cells beyond the headings are blank, as in nearly all rows.

        If few rows have such cells, the others of these rows may be in the wrong columns.
        """
        wanted = len(self.headings.names)
        if any("".join(cells[wanted:]).strip() for cells in rows):
            return False
        return self._placed or self._all.have(width)

    def without_ends(self, rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
        """Return rows without blank cells beyond the headings, if nearly all rows have some."""
        wanted, width = len(self.headings.names), len(rows[0])
        if width <= wanted or {*map(len, rows)} != {width} or not self._end_blank(rows, width):
            return rows
        return [cells[:wanted] for cells in rows]

    def note_numbers(self, rows: Iterable[Sequence[str]]) -> None:
        """Note the notation of numbers in rows, if no option declares it."""
        for at, kind in self.headings.typed:
            if kind.kind == "number" and not kind.mark:
                tally = self._numbers.setdefault(self.headings.names[at], NotationTally())
                for cell in {row[at] for row in rows}:
                    if not cell.isdigit():
                        tally.note(cell)

    @property
    def notes(self) -> Sequence[str]:
        """Which columns contain numbers that would differ with another decimal mark."""
        return [
            f"{self._name}: numbers like 1.000 in column {name!r} may be thousands: "
            "set the option decimal to comma or point"
            for name, tally in self._numbers.items()
            if tally.notation.is_ambiguous
        ]

    def _headings_again(self, cells: Sequence[str]) -> Sequence[tuple[int, int]]:
        """Return the numbers of the cells that repeat headings, and of the columns they name.

        Returns () unless the row repeats the headings: one of its first two cells, most of its
        cells, and most of the headings must be among them.
        """
        places = self._places
        if places.keys().isdisjoint(map(str.strip, cells[:2])) or len(self.headings.names) < 2:
            return ()
        filled = [*map(str.strip, cells)]
        found = [(number, places[cell]) for number, cell in enumerate(filled) if cell in places]
        named = len({place for _, place in found})
        most = 3 * len(found) >= 2 * sum(map(bool, filled))
        return found if most and 2 * named > len({*places.values()}) else ()

    def are_usual(self, rows: Sequence[Sequence[str]], text: str) -> bool:
        """Return whether `entry` certainly finds a record in each row, and no problem.

        The cells are `stated`; `text` is the text of all rows, in which rare signs of problems are
        searched for first, because that is much faster than in each cell.
        """
        wanted, known = len(self.headings.names), self._places
        second = min(1, wanted - 1)
        if {*map(len, rows)} != {wanted} or self._may_end(text):
            return False
        if self._second and any([*row] == [*self._second] for row in rows):
            return False
        for row in rows:
            first, other = row[0].strip(), row[second].strip()
            if not (first or any(map(str.strip, row))):
                return False
            if (first in known or other in known) and self._headings_again(row):
                return False
            if not other and not "".join(row[2:]).strip() and self._lone(row):
                return False
            if (not first or is_total(first)) and footer_in(row):
                return False
            if (not first or first[0] in "-=+") and is_line(row):
                return False
        if any(row[number].strip() for number in self.headings.nameless for row in rows):
            return False
        cells = chain.from_iterable(rows)
        if has_sign(text, _LATE_SIGNS) and any(map(self._quoted_late, cells)):
            return False
        return not (self._are_damaged(rows, text) or self._are_unfit(rows))

    def _may_end(self, text: str) -> bool:
        """Return whether a text may contain the footer, ignoring case."""
        footer, quote = self._options.footer, self._options.quote
        # A quotation mark within a cell is doubled in the text.
        doubled = bool(quote) and quote in footer
        return bool(footer) and (doubled or footer.casefold() in text.casefold())

    def _are_damaged(self, rows: Sequence[Sequence[str]], text: str) -> bool:
        if self._options.damaged_cells != "error" or not has_sign(text, DAMAGE_SIGNS):
            return False
        return any(map(self._damage, rows))

    def _are_unfit(self, rows: Sequence[Sequence[str]]) -> bool:
        if self._options.unfit_cells != "error":
            return False
        checked = self.headings.checked
        return any(kind.unfit(cell) for at, kind in checked for cell in {row[at] for row in rows})

    def _damaged(
        self, line: int, raw: bytes, cells: Sequence[str], problem: str, *, in_place: bool
    ) -> FileEntry:
        """Return the entry of a row with odd cells; the others may still identify the person."""
        odd = {n for n, cell in enumerate(cells) if not encodable(cell)}
        odd |= {number for number, _ in self._damages(cells)} | self.headings.odd(cells)
        lost = self.headings.paths(odd) if in_place else ()
        return FileEntry(line, raw, self.headings.record(cells, odd), problem, lost=lost)

    def refuse_unreadable(self, cells: Mapping[str, str]) -> None:
        """Raise `Rejected` for cells that the next read would not accept as a record's."""
        options = self._options
        # The word for "nothing" was in the file before, as written records never contain it.
        cells = {name: cell for name, cell in cells.items() if not self._is_word(cell)}
        damaged = next((name for name, cell in cells.items() if damage_of(cell)), None)
        if damaged is not None and options.damaged_cells == "error":
            summary = f"the text of {damaged!r} would be read as an error of a spreadsheet"
            help = "correct it at its source, or set damaged_cells: keep in the target's options"
            raise rejected(summary, help)
        typed = self.headings.typed if options.unfit_cells == "error" else ()
        types = {self.headings.names[at]: kind for at, kind in typed}
        for name, cell in cells.items():
            if name in types and types[name].is_doubted(cell):
                raise rejected(f"{name!r} {types[name].doubt}", "correct the file first")
            if name in types and (words := types[name].unfit(cell)):
                help = "see what the mapping writes to it, or take it out of the option types"
                raise rejected(f"{name!r} holds {words}, and would hold other text", help)

    def is_footer(self, line: int, cells: Sequence[str]) -> bool:
        """Return whether the records end before the row on a line."""
        if not self._options.footer:
            return False
        return self._footer.is_at(line, self.stated(cells), self.headings.names)

    def after_footer(self, line: int, cells: Sequence[str]) -> None:
        """Note a row below the footer that looks like a record, so that it is not missed."""
        self._footer.note_below(line, self.stated(cells), self.headings.names)

    def trimmed(self, cells: Sequence[str]) -> Sequence[str]:
        """Return cells, trimmed if the options say so."""
        return [cell.strip() for cell in cells] if self._options.spaces == "trim" else cells

    def stated(self, cells: Sequence[str]) -> Sequence[str]:
        """Return the cells of a row, with words for "nothing" as blanks."""
        cells = self.trimmed(cells)
        words = self._options.blank
        if not words:
            return cells
        # The same as `is_blank_word`, in half the time.
        return ["" if cell.strip().casefold() in words else cell for cell in cells]

    def _is_word(self, cell: str) -> bool:
        return is_blank_word(cell, self._options.blank)

    def bad(self, line: int, summary: str, help: str) -> ReadError:
        """Return the error for unusable headings."""
        return ReadError("R154", f"{self._name}:{line}: {summary}", self._hint() or help)

    def _quoted_late(self, cell: str) -> bool:
        """Return whether a cell is quoted after a space, so that the quotes belong to it."""
        quote, text = self._options.quote, cell.strip()
        # As the quotes did not count, a delimiter within the cell has split it.
        return bool(quote) and cell[:1].isspace() and text.startswith(quote)

    def _damage(self, cells: Sequence[str]) -> str:
        """Return how a spreadsheet damaged a row's cells, in words, or "".

        Does not show the cells, because a shortened number may be a bank account.
        """
        found = next(self._damages(cells), None)
        if found is None:
            return ""
        number, (what, remedy) = found
        column = self.headings.names[number] if number < len(self.headings.names) else ""
        return f"column {column!r} holds {what}: {remedy}, or set damaged_cells: keep"

    def _damages(self, cells: Sequence[str]) -> Iterator[tuple[int, tuple[str, str]]]:
        """Yield the numbers of relevant cells that a spreadsheet damaged, and how."""
        unheeded = self.headings.unheeded
        for number, cell in enumerate(cells):
            if number in unheeded or not has_sign(cell, DAMAGE_SIGNS):
                continue
            if how := damage_of(cell):
                yield number, how

    def _check(self, names: Sequence[str], line: int) -> None:
        seen: dict[str, int] = {}
        for number, name in enumerate(names, 1):
            if self._quoted_late(name):
                summary = f"the quotation mark of column {number} is after a space"
                raise self.bad(line, summary, "set the option spaces: trim")
            if not encodable(name):
                encoding = encoding_words(self._options.encoding)
                raise self.bad(line, f"column {number} is not {encoding}", HEADER_HELP)
            if name.strip() and name in seen:
                summary = f"column {number} has the name of column {seen[name]}"
                raise self.bad(line, summary, "give each column a name of its own")
            seen[name] = number


def _cells(found: int, wanted: int) -> str:
    return f"{found} cells where the header has {wanted}"


def _total(word: str) -> str:
    return f"looks like a total, not a record: set the option footer: {word}"


_LATE = re.compile(rb"""(?:^|[^\w\s"'])[ \t]+["']""")
"""Matches a quotation mark after spaces in the file, unless it is within a quoted cell, where it
follows the mark that opens the cell."""

_LATE_SIGNS = (('"', ' "'), ("'", " '"), ("\t", '\t"'), ("\t", "\t'"))
"""If `_LATE` matches, the file contains one of these signs (`has_sign`)."""


def encoding_words(encoding: str) -> str:
    """Return the name of an encoding for messages."""
    return "UTF-8" if encoding == UTF_8 else encoding


def _not_encoded(encoding: str) -> str:
    return f"is not {encoding_words(encoding)}: save the file as UTF-8, or set the option encoding"


_TWO_TABLES = (
    "the rows below have other columns: give that table a file of its own, or bring its columns "
    "into the order of the first"
)
HEADER_HELP = "save the file as CSV (UTF-8) with commas and with lines that end in LF or CRLF"


class OfTable:
    """The common part of the layouts of CSV files and workbooks."""

    _table: Table

    @property
    def missing(self) -> str:
        """Why records may be missing at the end, in words."""
        return self._table.missing

    @property
    def notes(self) -> Sequence[str]:
        """Remarks on the file as a whole that do not mean missing records."""
        return self._table.notes

    @property
    def padded(self) -> int:
        """How many rows had too few cells."""
        return self._table.padded

    @property
    def columns(self) -> Sequence[str]:
        """The headings, without empty ones."""
        return [name for name in self._table.headings.names if name.strip()]
