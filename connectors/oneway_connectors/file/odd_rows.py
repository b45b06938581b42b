"""Finds rows of a table that are not one record each, though their cells can be separated.

Taken as records, they would create people that do not exist, or hide people who leave:

- a note below the records (`(3 rows affected)`), or a whole line in one cell, as a spreadsheet
  saves a file that it did not split into columns;
- cells that are in the wrong columns, because one of them contains the delimiter and is not quoted.

What is odd depends on the file: in some, all rows end with a delimiter, or all ids have spaces. So
a doubtful row is compared with all others, which are counted when the first such row is found.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from oneway.core.majority import is_overwhelming
from oneway_connectors.file.csv_types import CellType
from oneway_connectors.file.options import DELIMITERS
from oneway_connectors.file.shifted_rows import Columns, SpreadRows

_SIGNS = frozenset(DELIMITERS.values())
_MARK = re.compile(r"\W")
_FEW = 3
"""A text that a delimiter splits into fewer pieces may be a name (`Ellis, Eve`)."""

IS_LINE = (
    "has a whole line in its first cell, as when a spreadsheet saves a file that it did not split "
    "into columns: export the file again"
)
IS_NOTE = (
    "has text in its first cell only, unlike other rows, and looks like a note: remove it, or fill "
    "in its other cells if it is a record; if the records end there, set the option footer to "
    "words at its beginning with which no record begins"
)


class AllRows:
    """What the rows of a file have in common. Reads them when first asked.

    `width` is the number of headings, `types` are the types of columns by number.
    """

    def __init__(
        self,
        rows: Callable[[], Iterable[Sequence[str]]],
        width: int = 0,
        types: Mapping[int, CellType] = MappingProxyType({}),
    ) -> None:
        self._rows = rows
        self._width = width
        self._types = types
        self._sample = SpreadRows()

    def have(self, width: int) -> bool:
        """Return whether nearly all rows have this many cells."""
        widths, *_ = self._seen
        return is_overwhelming(widths[width], widths.total())

    def may_have_moved(self, cells: Sequence[str]) -> bool:
        """Return whether cells of a row with blank ones too many may be in the wrong columns."""
        return self._columns.may_have_moved(cells)

    def why_odd(self, text: str, columns: int) -> str:
        """Return why a row that has only this text, in its first cell, is not a record, or ""."""
        found = _signs_in(text)
        if not found:  # as in most ids
            return ""
        _, usual, is_usual = self._seen
        is_line = any(count + 1 >= max(_FEW, columns / 2) for count in found.values())
        if usual is None:  # no other row tells
            return IS_LINE if is_line else ""
        if found <= usual:
            return ""
        if is_line:
            return IS_LINE
        return IS_NOTE if is_usual else ""

    @cached_property
    def _columns(self) -> Columns:
        widths, *_ = self._seen
        ((most, count),) = widths.most_common(1)
        usual = {self._width, most if 2 * count > widths.total() else self._width}
        rows = [row[: self._width] for row in self._sample.rows if len(row) in usual]
        return Columns(rows, self._types)

    @cached_property
    def _seen(self) -> tuple[Counter[int], Counter[str] | None, bool]:
        """The number of rows by their width, the signs in the first cells of full rows, and
        whether there are enough full rows to say what is usual.
        """
        widths, signs, full, lone = Counter[int](), Counter[str](), 0, 0
        for cells in self._rows():
            filled = sum(1 for cell in cells if cell.strip())
            widths[len(cells)] += filled > 0
            if filled > 1:
                signs |= _signs_in(cells[0])
                self._sample.add(cells)
                full += 1
            else:
                lone += filled
        return widths, signs if full else None, full >= 2 * lone


def _signs_in(text: str) -> Counter[str]:
    """Return how often a text has the signs that few ids have.

    They are delimiters, and, counted once, spaces and a mark at the beginning.
    """
    text = text.strip()
    found = {sign: text.count(sign) for sign in _SIGNS if sign in text}
    if len(text.split()) > 1:
        found[" "] = 1
    if _MARK.match(text):
        found["*"] = 1
    return Counter(found)
