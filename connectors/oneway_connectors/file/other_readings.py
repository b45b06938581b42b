"""Finds columns that other settings of the export fit better than their declared type.

An export with other settings swaps days and months, or points and commas. Some cells then do not
fit the declared type, and show it. Others fit both: `12/10/2026` would be a wrong day that nobody
notices. So the cells that tell decide about the whole column before any of its cells is read.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from oneway.core import day_patterns
from oneway.core.decimal_marks import MARKS, POINT
from oneway.core.majority import is_overwhelming
from oneway_connectors.file.csv_types import SERIAL, CellType

_ROWS = 10_000
"""How many rows are counted at a time."""
_ONE_IN = 10
"""Another place of the year needs this share of the cells that it reads: any day of a month may be
a year, so that a slip such as 31/02/26 would speak against a whole column."""


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

    def note(self, cells: Mapping[str, int]) -> None:
        """Note the texts of cells, with the number of each."""
        for text, times in cells.items():
            ours, theirs = self.kind.meaning(text), self.other.meaning(text)
            if ours is None and theirs is None:
                self._neither += times if text else 0
            elif ours is None:
                self.theirs += times
            elif theirs is None:
                self.ours += times
            elif ours != theirs:
                self._both += times

    @property
    def is_better(self) -> bool:
        """Whether so many cells fit only the other type that they are no slips."""
        slip = self.theirs == 1 < self.ours
        if not self.theirs or slip or is_overwhelming(self.ours, self.ours + self.theirs):
            return False
        swapped = self.other == others_of(self.kind)[0]
        return swapped or self.theirs * _ONE_IN >= self._both

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
