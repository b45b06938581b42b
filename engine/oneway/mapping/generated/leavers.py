"""How leavers leave: results shared by many of them are computed once.

Most people of a payroll have left, many of them on the same day. What a target record with such a
day says does not depend on the person, and the generated code of tomorrow's mapping tells what
tomorrow would write.
"""

from collections.abc import Callable
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.packed import packer
from oneway.core.records import Record
from oneway.mapping.field_cells import uses_today
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.program import Cell, SourceRow

WORTH_IT = 150
"""Leavers for whom the interpreter computes tomorrow's values: generating code takes as long."""
_MOST = 10_000
"""The most distinct days, or other values, that are remembered."""

Leaves = tuple[bool | None, bool | None]


@dataclass(slots=True)
class LeaverResults:
    """RecordAnswers for leavers what `Interpreted.departing` answers.

    `tomorrow` makes the function of source rows as the mapping runs tomorrow.
    """

    program: Interpreted
    tomorrow: Callable[[], Callable[[Record], SourceRow]]
    count: int = 0
    rows: Callable[[Record], SourceRow] | None = None
    known: dict[bytes, Leaves] = field(default_factory=dict)

    def __call__(
        self, record: Record, cells: tuple[Cell, ...]
    ) -> tuple[tuple[Cell, ...], bool | None, bool | None]:
        """Return the cells of a leaver, and whether a record with their values has left, or will.

        Raises `RecordStopped`.
        """
        moving = [i for i, code in enumerate(self.program.code.leaving) if uses_today(code)]
        if moving:
            later = self._later(record)
            found = list(cells)
            for i in moving:
                moves = (
                    later[i] != cells[i]
                    if len(later) == len(cells)
                    else self.program.moves(self.program.code.leaving[i], cells[i], record)
                )
                found[i] = cells[i]._replace(moving=moves)
            cells = tuple(found)
        return cells, *self._leaves_as(cells)

    def _later(self, record: Record) -> tuple[Cell, ...]:
        """Return the values of tomorrow; None if the interpreter must compute them."""
        if self.rows is None:
            self.count += 1
            if self.count <= WORTH_IT:
                return ()
            self.rows = self.tomorrow()
        row = self.rows(record)
        return row.leaving if row.evaluation_error is None else ()

    def _leaves_as(self, cells: tuple[Cell, ...]) -> Leaves:
        # As they are written: `==` in a mapping tells forms of one text apart, and 1 from 1.0.
        said = packer()([(each.state, each.value) for each in cells])
        found = self.known.get(said)
        if found is None:
            found = self.program.leaves_as(cells)
            if len(self.known) < _MOST:
                self.known[said] = found
        return found
