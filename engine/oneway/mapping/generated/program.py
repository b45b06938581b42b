"""Runs generated functions once there are enough records for them."""

from collections.abc import Callable, Sequence
from dataclasses import field
from functools import partial
from itertools import count, repeat
from typing import TYPE_CHECKING, Any

from oneway.core.batches import Batch, RecordShape
from oneway.core.dataclass import dataclass
from oneway.core.description import Capability
from oneway.core.records import Record
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.packed_rows import Packed, SourceRows
from oneway.mapping.program import LeftAnswer, Written
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.same_rows import SameRows
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow

if TYPE_CHECKING:
    from oneway.mapping.generated.functions import GeneratedRows, RowsTogether

WORTH_IT = 40
"""How many records are interpreted first: generating code takes about as long."""
WORTH_MORE = 1_000
"""The number of records after which complete records get a function of their own."""
_MOST_ASKED = 10_000
"""The most questions, such as one for each leave date, whose answers are cached."""
_LONGEST_ASKED = 1_000
"""The longest question, in characters, whose answer is cached; longer ones seldom recur."""


@dataclass(slots=True)
class _Progress:
    """How many records were interpreted, and what has been generated.

    `left` holds the answers of `left_with`.
    """

    records: int = 0
    rows: "GeneratedRows | None" = None
    usual: "GeneratedRows | None" = None
    shaped: dict[tuple[RecordShape, str], Callable[..., Any] | None] = field(default_factory=dict)
    together: "dict[tuple[RecordShape, tuple[int, ...] | None], RowsTogether | None]" = field(
        default_factory=dict
    )
    left: dict[str, LeftAnswer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GeneratedProgram(Interpreted):
    """A bound mapping that runs as generated Python once this pays off.

    It makes the same rows as the interpreter that it extends.
    """

    worth_it: int = WORTH_IT
    worth_more: int = WORTH_MORE
    _progress: _Progress = field(default_factory=_Progress, repr=False, compare=False)

    def source_row(self, record: Record) -> SourceRow:
        """Return what the mapping makes of a source record; never raises."""
        rows = self._progress.usual or self._rows()
        if rows is None:
            return _source_row(self, record)
        row = rows.source_row(record)
        return row if self.code.one_per is None else row._replace(rank=self.rank(record))

    def target_row(self, record: Record) -> TargetRow:
        """Return what the mapping sees of a target record; never raises."""
        rows = self._progress.usual or self._rows()
        return _target_row(self, record) if rows is None else rows.target_row(record)

    def source_rows(self, batch: Batch) -> Sequence[AnySourceRow]:
        """Return the source rows of many records of one shape."""
        found = self.packed_source_rows(batch)
        return [*SourceRows.of(found)]

    def packed_source_rows(self, batch: Batch) -> Sequence[AnySourceRow | Packed]:
        """Return the same, short ones packed."""
        if self.code.one_per is not None:  # the choice between a person's records needs whole rows
            return _source_rows(self, batch)
        together = self._together(batch, partial(self._row, batch, "source"))
        if together is not None:
            return together
        return self._all_rows(batch, "source") or _source_rows(self, batch)

    def target_rows(self, batch: Batch) -> list[TargetRow]:
        """Return the target rows of many records of one shape."""
        return self._all_rows(batch, "target") or _target_rows(self, batch)

    def target_rows_beside(self, batch: Batch, same: SameRows) -> Sequence[AnyTargetRow | Packed]:
        """Return the target rows of many records of one shape, short where they may be."""

        def other(position: int) -> AnyTargetRow | Packed:
            return same.shortened([self._row(batch, "target", position)])[0]

        together = self._together(batch, other, same)
        return _beside(self, batch, same) if together is None else together

    def left_with(
        self, target: TargetRow, written: Sequence[Written], by: Capability
    ) -> LeftAnswer:
        """Return whether a target record has left once these values are written; never raises."""
        known = self._progress.left
        # as text, which tells 1 from 1.0 and Unicode forms apart, as a mapping does
        asked = repr((target.condition_values, target.leaving, written, by))
        found = known.get(asked)
        if found is None:
            found = _left_with(self, target, written, by)
            if len(known) < _MOST_ASKED and len(asked) <= _LONGEST_ASKED:
                known[asked] = found
        return found

    def _all_rows(self, batch: Batch, side: str) -> list[Any]:
        """Return the rows that the function for a shape makes; none without such a function."""
        row = self._shaped(batch, side)
        if row is None:
            return []
        return list(map(row, batch.ids, batch.items, repeat(batch.record), count()))

    def _shaped(self, batch: Batch, side: str) -> Callable[..., Any] | None:
        known, shaped = self._progress.shaped, (batch.shape, side)
        if shaped not in known:
            from oneway.mapping.generated.functions import shaped_rows

            known[shaped] = shaped_rows(self, batch.shape, side, batch)
        return known[shaped]

    def _row(self, batch: Batch, side: str, position: int) -> Any:
        """Return the row of one record of a batch."""
        row = self._shaped(batch, side)
        if row is None:
            of_one = self.source_row if side == "source" else self.target_row
            return of_one(batch.record(position))
        return row(batch.ids[position], batch.items[position], batch.record, position)

    def _together(
        self, batch: Batch, other: Callable[[int], Any], same: SameRows | None = None
    ) -> Sequence[Any] | None:
        """Return the rows that the function for columns makes; None without such a function.

        Without `same`, they are source rows. `other` returns the row of a single record.
        """
        known, silent = self._progress.together, None if same is None else same.silent
        if (batch.shape, silent) not in known:
            from oneway.mapping.generated.functions import rows_together

            known[batch.shape, silent] = rows_together(self, batch, silent)
        found = known[batch.shape, silent]
        if found is None:
            return None
        columns = [batch.values(path) for path, _ in found.columns]
        if any(each is None or len(each) < len(batch) for each in columns):
            return None  # an object on the way is null
        usual = all(batch.kind(path) == kind for path, kind in found.columns if kind)
        more = () if same is None else (same,)
        records = zip(batch.ids, *columns, strict=True)
        return found.rows(records, usual, other, batch.record, *more)

    def _rows(self) -> "GeneratedRows | None":
        progress = self._progress
        progress.records += 1
        if progress.records > self.worth_more:
            progress.usual = _generated(self, usual=True)
            return progress.usual
        if progress.rows is None and progress.records > self.worth_it:
            progress.rows = _generated(self, usual=False)
        return progress.rows


def _generated(program: GeneratedProgram, *, usual: bool) -> "GeneratedRows":
    from oneway.mapping.generated.functions import generated  # few records can be done at once

    return generated(program, usual=usual)


_source_row = Interpreted.source_row
_target_row = Interpreted.target_row
_source_rows = Interpreted.source_rows
_target_rows = Interpreted.target_rows
_beside = Interpreted.target_rows_beside
_left_with = Interpreted.left_with
