"""Computes once what many leavers share.

Most people on a payroll have left, many of them on the same day. What a target record with such a
day says does not depend on the person, and the mapping's code for other days tells what would be
written then.
"""

from collections.abc import Callable
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.packed import packer
from oneway.core.records import Record
from oneway.mapping.field_cells import moves_with_the_run, uses_today
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.rows import Cell, SourceRow

WORTH_IT = 150
"""How many leavers the interpreter handles before code is generated: generating takes as long."""
_MOST = 10_000
"""The most distinct days, or other values, that are cached."""

Leaves = tuple[bool | None, bool | None]


class _Undecided(Exception):
    """The generated function cannot tell what a field would be on another day."""


@dataclass(slots=True)
class LeaverResults:
    """Answers for leavers what `Interpreted.departing` answers.

    `on` makes the function of source rows some days later.
    """

    program: Interpreted
    on: Callable[[int], Callable[[Record], SourceRow]]
    count: int = 0
    rows: dict[int, Callable[[Record], SourceRow]] = field(default_factory=dict)
    known: dict[bytes, Leaves] = field(default_factory=dict)

    def __call__(
        self, record: Record, cells: tuple[Cell, ...]
    ) -> tuple[tuple[Cell, ...], bool | None, bool | None]:
        """Return a leaver's cells, and whether a record with these values has left, or will.

        Raises `RecordStopped`.
        """
        moving = [i for i, code in enumerate(self.program.code.leaving) if uses_today(code)]
        if moving:
            self.count += 1
            found = list(cells)
            for i in moving:
                found[i] = cells[i]._replace(moving=self._moves(i, cells, record))
            cells = tuple(found)
        return cells, *self._leaves_as(cells)

    def _moves(self, position: int, cells: tuple[Cell, ...], record: Record) -> bool:
        """Return whether a value depends on the day of the run."""
        code, cell = self.program.code.leaving[position], cells[position]
        if self.count <= WORTH_IT:
            return self.program.moves(code, cell, record)

        def differs(days: int) -> bool:
            if days not in self.rows:
                self.rows[days] = self.on(days)
            row = self.rows[days](record)
            if row.evaluation_error is not None or len(row.leaving) != len(cells):
                raise _Undecided
            return row.leaving[position] != cell

        try:
            return moves_with_the_run(differs)
        except _Undecided:
            return self.program.moves(code, cell, record)

    def _leaves_as(self, cells: tuple[Cell, ...]) -> Leaves:
        # keyed as written: mappings distinguish Unicode forms, and 1 from 1.0
        said = packer()([(each.state, each.value) for each in cells])
        found = self.known.get(said)
        if found is None:
            found = self.program.leaves_as(cells)
            if len(self.known) < _MOST:
                self.known[said] = found
        return found
