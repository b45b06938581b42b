"""Decides whether the cells of a row with blank cells too many are in the wrong columns.

A spreadsheet writes such rows in ordinary files: its blocks of 16 rows are each as wide as their
widest row. But a row looks the same if one of its cells contains the delimiter without quotes, and
its last column is blank. Then all cells after the delimiter are in the column of another.

So both readings are weighed by what the columns hold in other rows. A row is only trusted if its
cells fit where they are clearly better than if they had moved.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from math import log

from oneway_connectors.file.csv_types import CellType

_SAMPLE = 2000
"""At most how many rows, spread over the file, tell what a column holds."""
_CLEARLY = log(3)
"""By how much the reading as it stands must be the likelier one."""
_UNQUOTED = log(0.05)
"""An unquoted delimiter is so much rarer than one too many at the end."""
_FOREIGN, _NEW, _UNKNOWN, _RARE = 0.001, 0.2, 0.3, 0.005
"""How likely a column holds a text with signs that it has nowhere else (or without those it has
everywhere), one of a new form, any text if all others are blank, and a rare text or blank."""
_MOST = 3
"""So many unquoted delimiters in a row are looked for."""
_THOUSANDS, _DIGITS, _CENTS = re.compile(r"[1-9][0-9]{0,2}"), 3, 2


class SpreadRows:
    """Rows that are spread evenly over a file."""

    def __init__(self) -> None:
        self.rows: list[Sequence[str]] = []
        self._step, self._number = 1, 0

    def add(self, cells: Sequence[str]) -> None:
        """Take a row, or pass over it."""
        if self._number % self._step == 0:
            self.rows.append(cells)
        if len(self.rows) > _SAMPLE:
            del self.rows[1::2]
            self._step *= 2
        self._number += 1


class Columns:
    """What the columns of a file hold, by a sample of its rows."""

    def __init__(self, rows: Sequence[Sequence[str]], types: Mapping[int, CellType]) -> None:
        columns = list(zip(*rows, strict=True))
        self._rows = Counter(map(tuple, rows))
        self._columns = [_Contents(each, types.get(at)) for at, each in enumerate(columns)]
        self._spaced = any(cell[:1].isspace() and cell.strip() for row in rows for cell in row)

    def may_have_moved(self, cells: Sequence[str]) -> bool:
        """Return whether some cells of a row may belong to columns further to the left.

        All cells beyond the columns are blank.
        """
        columns = self._columns
        named = tuple(cells[: len(columns)])
        own = min(1, self._rows[named])
        if self._rows.total() <= own or self._has_piece(named):
            return True
        if any(each.is_unfit(cell) for each, cell in zip(columns, named, strict=True)):
            return True
        stay = self._weights(cells, 0, own)
        last = max(at for at, cell in enumerate(cells) if cell.strip())
        for count in range(1, min(len(cells) - len(columns), _MOST) + 1):
            moved = self._weights(cells, count, own)
            for at in range(min(last, len(columns))):
                joined = columns[at].weight_of_pieces(cells[at : at + count + 1], own)
                if joined + moved[at + 1] + _CLEARLY > stay[at]:
                    return True
        return False

    def _has_piece(self, cells: Sequence[str]) -> bool:
        """Return whether a cell begins with a space, as in no other row: `Crane, MBE`."""
        return not self._spaced and any(cell[:1].isspace() and cell.strip() for cell in cells[1:])

    def _weights(self, cells: Sequence[str], count: int, own: int) -> list[float]:
        """Return how well the cells that are `count` further right fit, from each column on."""
        width = len(self._columns)
        each = [self._columns[at].weight(cells[at + count], own) for at in range(width)]
        return [*accumulate(reversed(each), initial=0.0)][::-1]


class _Contents:
    """What one column holds. `own` is 1 if the row in question is among the sample, else 0."""

    def __init__(self, cells: Sequence[str], kind: CellType | None) -> None:
        self._kind = kind
        self._rows = len(cells)
        self._texts = Counter(text for cell in cells if (text := cell.strip()))
        self._once = sum(1 for count in self._texts.values() if count == 1)
        self._forms = Counter[str]()
        for text, count in self._texts.items():
            self._forms[_form(text)] += count
        signs = [_signs(form) for form in self._forms]
        self._some = frozenset[str]().union(*signs)
        self._all = frozenset[str].intersection(*signs) if signs else frozenset[str]()

    def is_unfit(self, cell: str) -> bool:
        """Return whether a cell does not fit the column's declared type."""
        return self._kind is not None and bool(self._kind.unfit(cell))

    def weight(self, cell: str, own: int) -> float:
        """Return the logarithm of how likely the column holds a cell."""
        text = cell.strip()
        filled = self._texts.total() - (own if text in self._texts else 0)
        share = (filled + 0.5) / (self._rows - own + 1)
        if not text:
            return log(max(1 - share, _RARE))
        share = max(share, _RARE)
        if self._texts[text] > own:
            return log(share)
        return log(share) + self._new(text, own)

    def _new(self, text: str, own: int) -> float:
        """Return how likely the column holds a text that no other row has."""
        known = own if text in self._texts else 0
        filled = self._texts.total() - known
        if self.is_unfit(text):
            return log(_FOREIGN)
        if not filled:
            return log(1 if self._kind else _UNKNOWN)
        once = self._once - (known and self._texts[text] == 1)
        new = (once + 0.5) / (filled + 1)
        form = _form(text)
        if (same := self._forms[form] - known) > 0:
            return log(new) + log(max(same / filled, _NEW))
        fits = self._all <= _signs(form) <= self._some
        return log(new) + log(_NEW if fits else _FOREIGN)

    def weight_of_pieces(self, pieces: Sequence[str], own: int) -> float:
        """Return how likely the column holds a text that delimiters split into these pieces."""
        head, *others = map(str.strip, pieces)
        if (number := _number_of(head, others)) and not self.is_unfit(number):
            return self.weight(number, own)
        alike = not self._texts or all(_signs(_form(each)) <= self._some for each in others if each)
        start = self._new(head, own) if head else log(_NEW)
        return _UNQUOTED + start + log(0.5 if alike else _FOREIGN)


def _number_of(head: str, others: Sequence[str]) -> str:
    """Return the number without its marks that two pieces may be: `32,500` or `12,50`; or ""."""
    tail = others[0]
    if len(others) > 1 or not (head + tail).isdigit() or not (head and tail):
        return ""
    if len(tail) == _DIGITS and _THOUSANDS.fullmatch(head):
        return head + tail
    return head if len(tail) <= _CENTS else ""


@lru_cache(maxsize=1 << 14)
def _form(text: str) -> str:
    """Return a text with 9 for each digit, `a` for each run of letters, and other signs as is."""
    text = re.sub(r"[0-9]", "9", text)
    return re.sub(r"[^\W\d_]+", "a", text)


@lru_cache(maxsize=1 << 14)
def _signs(form: str) -> frozenset[str]:
    """Return the kinds of signs in a form, without spaces."""
    return frozenset(form) - {" "}
