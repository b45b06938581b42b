"""Finds columns that other settings of the export fit better than their declared type.

An export with other settings swaps days and months, or points and commas. Some cells then do not
fit the declared type, and show it. Others fit both: `12/10/2026` would be a wrong day that nobody
notices. So the cells that tell decide about the whole column before any of its cells is read.

A slip tells as well, and must not discredit the days of everybody else. If few cells tell, those
that fit both count by what is usual: people start on the first of a month, or on one weekday, and
numbers with thousands are commoner than numbers with three decimals.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

from oneway.core import day_patterns
from oneway.core.decimal_marks import MARKS, POINT
from oneway.core.majority import is_overwhelming
from oneway_connectors.file.csv_types import SERIAL, CellType

_ROWS = 10_000
"""How many rows are counted at a time."""
_MANY = 10
"""If so many cells fit both readings, more than one of them would tell if the other were right."""
_LEAST = 4
"""Fewer days may fall on one weekday by chance."""
_SAMPLE = 1000
"""How many different values that both readings accept are kept."""


def others_of(kind: CellType) -> tuple[CellType, ...]:
    """Return the types that a column may have after an export with other settings."""
    if kind.kind == "number":
        return tuple(replace(kind, mark=mark) for mark in MARKS if mark != (kind.mark or POINT))
    if not kind.pattern or kind.pattern == SERIAL:
        return ()
    return tuple(replace(kind, pattern=each) for each in day_patterns.reordered(kind.pattern))


def doubted(
    columns: Mapping[str, tuple[int, CellType]], rows: Iterator[Sequence[str]]
) -> Mapping[str, CellType]:
    """Return the columns that another type fits better, each with its type and the doubt.

    `columns` are the places and types of columns by name.
    """
    tallies = [
        (name, at, [_Tally(kind, other) for other in others_of(kind)])
        for name, (at, kind) in columns.items()
        if others_of(kind)
    ]
    while tallies and (some := list(islice(rows, _ROWS))):
        for _, at, each in tallies:
            cells = Counter(row[at].strip() for row in some if at < len(row))
            for tally in each:
                tally.note(cells)
    found = {}
    for name, _, each in tallies:
        if better := [tally for tally in each if tally.is_better]:
            kind, best = columns[name][1], max(better, key=lambda tally: tally.theirs)
            others = tuple(tally.other for tally in better)
            found[name] = replace(kind, others=others, doubt=best.doubt)
    return found


class _Tally:
    """Counts the cells of a column that fit only its type (`ours`) or only another (`theirs`)."""

    def __init__(self, kind: CellType, other: CellType) -> None:
        self.kind = kind
        self.other = other
        self.ours = self.theirs = self._both = self._neither = 0
        self._is_swap = other == others_of(kind)[0]
        self._pairs: set[tuple[Hashable, Hashable]] = set()
        self._three_decimals = False

    def note(self, cells: Mapping[str, int]) -> None:
        """Note the texts of cells, with the number of each."""
        for text, times in cells.items():
            ours, theirs = self._declared(text), self.other.meaning(text)
            if ours is None and (theirs is None or not self._tells(text)):
                self._neither += times if text else 0
            elif ours is None:
                self.theirs += times
                self._three_decimals |= "" != self.other.mark == text[-4:-3]
            elif theirs is None:
                self.ours += times
            elif ours != theirs:
                self._both += times
                if len(self._pairs) < _SAMPLE:
                    self._pairs.add((ours, theirs))

    def _declared(self, text: str) -> Hashable:
        found = self.kind.meaning(text)
        if found is None and self.kind.kind == "number" and not self.kind.mark:
            # Thousands do not fit JSON notation, but `1,250` does not speak for a comma either.
            return replace(self.kind, mark=POINT).meaning(text)
        return found

    def _tells(self, text: str) -> bool:
        """Return whether a cell that fits only the other type tells that the column has it.

        Any day of a month may be a year: 31/02/26 is a slip, although 2031-02-26 exists.
        """
        return self._is_swap or not day_patterns.is_missing_day(text, self.kind.pattern)

    @property
    def is_better(self) -> bool:
        """Whether so many cells fit only the other type that they are no slips."""
        leaning, pairs = self._leaning, len(self._pairs)
        # Among many firsts of months in the other order, a few of `ours` are the slips.
        ours = self.ours if leaning >= 0 or self.ours * _MANY >= pairs else 0
        fit = ours + (pairs if leaning > 0 else 0)
        may_slip = ours > 1 or (self._both >= _MANY and leaning >= 0)
        slips = (self.theirs == 1 and may_slip) or is_overwhelming(fit, fit + self.theirs)
        return self.theirs > 0 and not slips

    @property
    def _leaning(self) -> int:
        """What the cells that fit both speak for: above 0 for the type, below 0 for the other."""
        # If one number has three decimals, `1.250` is probably not a thousand.
        if self._three_decimals:
            return -1
        ours, theirs = zip(*self._pairs, strict=True) if self._pairs else ((), ())
        return _usual(ours) - _usual(theirs) if self._is_swap else 0

    @property
    def doubt(self) -> str:
        """Why the column's type is doubted, in words that follow the column's name."""
        form, other = self.kind.form, self.other.form
        if self.ours or self._neither:
            why = f"{self.theirs:,} of its cells fit only {other}, and {self.ours:,} only {form}"
        else:
            why = f"{other} fits all of its cells"
        option = "types" if self.kind.pattern else "decimal"
        return (
            f"is perhaps not written like {form}: {why}; was the export made with other settings? "
            f"export it again, or change the option {option}"
        )


def _usual(values: Sequence[Hashable]) -> int:
    """Return how usual some days or numbers are.

    2 for firsts of months and whole numbers, 1 for days of one weekday, otherwise 0.
    """
    days = [each for each in values if isinstance(each, date)]
    whole = sum(isinstance(each, (int, float)) and each % 1 == 0 for each in values)
    if is_overwhelming(whole + sum(each.day == 1 for each in days), len(values)):
        return 2
    alike = max(Counter(each.weekday() for each in days).values(), default=0)
    return int(alike >= _LEAST and is_overwhelming(alike, len(values)))
