"""Finds rows that stray quotation marks have joined, so that records are inside a cell of another.

A program that does not quote may write a quotation mark, such as a ditto mark, in two rows. All
records in between would be lost in one cell, and people who leave with them. But texts of several
lines, such as addresses, are ordinary, and one of their lines may have as many delimiters as a
record. So the file is only refused if it is as well formed without quotation marks, a mark stands
alone, and a line has an id like those of other rows. If less of this is true, the row is read, and
a warning names its line.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from oneway.core.majority import is_overwhelming

HOLDS_RECORDS = (
    "has a quotation mark that is closed on a later line, and records in between: remove both "
    "marks or, if the program that writes the file does not quote, set the option quote: none"
)
MAY_HOLD_RECORDS = (
    "has a cell of several lines, and one looks like a record, which is not read: if the program "
    "that writes the file does not quote, set the option quote: none"
)
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")
_LEAST = 2
"""With fewer cells that can be compared, only the id tells."""


class RecordForm(NamedTuple):
    """What a line must have to be a record: see `JoinedRows`."""

    id: int
    """The number of the id's column."""
    named: bool
    """Whether an option says so. Otherwise, it is the first column, in which texts may repeat."""
    least: int
    """How many cells a record has at least."""
    most: int
    fit: Callable[[Sequence[str]], bool]
    """Whether cells fit the types of their columns."""


class JoinedRows:
    """Compares the lines of a cell with all rows, which are read when the first one is doubtful."""

    def __init__(
        self, rows: Callable[[], Iterable[Sequence[str]]], form: RecordForm, sign: str, quote: str
    ) -> None:
        self._rows = rows
        self.form = form
        self._sign = sign
        self._quote = quote

    def problem(self, text: str) -> str:
        """Return `HOLDS_RECORDS`, `MAY_HOLD_RECORDS` or "" for a row of several lines."""
        first, *others = text.replace("\r", "").split("\n")
        row, lines = first.split(self._sign), [line.split(self._sign) for line in others]
        is_prose = _is_prose(row)
        found = [
            line
            for line in lines
            if self._has_width(line)
            and (is_prose or not _is_prose(line))
            and self._are_alike(row, line)
            and self._is_id(line[self.form.id].strip())
        ]
        if not found:
            return ""
        filled = [line for line in lines if any(map(str.strip, line))]
        well_formed = all(map(self._has_width, [row, *filled]))
        alone = any(cell.strip() == self._quote for cell in (*row, *lines[-1]))
        is_certain = well_formed and alone and any(map(self._fit, found))
        return HOLDS_RECORDS if is_certain else MAY_HOLD_RECORDS

    def _has_width(self, cells: Sequence[str]) -> bool:
        most = self.form.most
        return len(cells) >= self.form.least and not any(map(str.strip, cells[most:]))

    def _fit(self, cells: Sequence[str]) -> bool:
        return self.form.fit(["" if self._quote in cell else cell for cell in cells])

    def _is_id(self, name: str) -> bool:
        """Return whether a text is like nearly all ids, and not the id of another row."""
        lengths = self._lengths.get(_shape(name), Counter())
        if name in self._ids and (self.form.named or self._ids.total() == len(self._ids)):
            return False
        if not is_overwhelming(lengths.total(), len(self._ids)):
            return False
        # The highest of ids that are counted may have one digit more.
        return min(lengths) <= len(name) <= max(lengths) + 1

    @cached_property
    def _ids(self) -> Counter[str]:
        at = self.form.id
        ids = (cells[at].strip() for cells in self._rows() if at < len(cells))
        return Counter(id for id in ids if id)

    @cached_property
    def _lengths(self) -> dict[str, Counter[int]]:
        """How many ids have each length, by their shape."""
        found = defaultdict[str, Counter[int]](Counter)
        for id in self._ids:
            found[_shape(id)][len(id)] += 1
        return found

    def _are_alike(self, row: Sequence[str], other: Sequence[str]) -> bool:
        """Return whether the cells of two lines look like those of the same columns."""
        at, quote = self.form.id, self._quote
        name, own = (cells[at].strip() if at < len(cells) else "" for cells in (other, row))
        if len(name.split()) != 1 or quote in name:
            return False
        kinds = [(_kind(a, quote), _kind(b, quote)) for a, b in zip(row, other, strict=False)]
        same = [a == b for a, b in kinds if a and b]
        if len(same) < _LEAST:
            return all(same) and len(name) == len(own)
        return 2 * sum(same) > len(same) and (
            _kind(name, quote) == _kind(own, quote) or len(name) == len(own)
        )


def _is_prose(cells: Sequence[str]) -> bool:
    """Return whether a space follows each delimiter, as in a sentence."""
    return all(cell.startswith(" ") for cell in cells[1:])


def _shape(id: str) -> str:
    """Return an id with "1" for its digits, and "a" for its letters: `A-100` is `a-1`."""
    return _LETTERS.sub("a", _DIGITS.sub("1", id))


def _kind(cell: str, quote: str) -> str:
    """Return what a cell begins with: "1" for a digit, "a" for a letter; "" if it is unknown."""
    cell = cell.strip()
    if not cell or quote in cell:
        return ""
    return "1" if cell[0].isdigit() else "a" if cell[0].isalpha() else "*"
