"""The program that runs generated functions, once there are enough records for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import partial
from itertools import count, repeat
from typing import Any, TypeAlias, cast

from oneway.core.batches import Batch, RecordShape
from oneway.core.dataclass import dataclass
from oneway.core.packed import packer
from oneway.core.records import Record, Value, identity
from oneway.mapping.generated.departures import Departures
from oneway.mapping.generated.limits import MOST_EXPRESSIONS, Shapeless, Uncompiled
from oneway.mapping.generated.rows import Columns, Rows
from oneway.mapping.generated.runtime import names_for
from oneway.mapping.generated.text import compiled
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.program import (
    AnySourceRow,
    AnyTargetRow,
    Cell,
    CellState,
    SameRow,
    SourceRow,
    SteadyRow,
    TargetRow,
    cell_of,
)
from oneway.mapping.same_rows import SameRows

WORTH_IT = 40
"""Records that are interpreted first: generating code takes about as long as they do."""
WORTH_MORE = 1_000
"""Records after which complete records get a function of their own."""


@dataclass(frozen=True, slots=True)
class GeneratedRows:
    """The functions that were generated for one program, and their text."""

    text: str
    source_row: Callable[[Record], SourceRow]
    target_row: Callable[[Record], TargetRow]


@dataclass(frozen=True, slots=True)
class RowsTogether:
    """The function that makes the rows of many records, and the columns that it takes."""

    rows: Callable[..., Sequence[Any]]
    columns: Columns


@dataclass(slots=True)
class _Progress:
    """How many records were interpreted, and what was generated since."""

    records: int = 0
    rows: GeneratedRows | None = None
    usual: GeneratedRows | None = None
    shaped: dict[tuple[RecordShape, str], Callable[..., Any] | None] = field(default_factory=dict)
    together: dict[tuple[RecordShape, tuple[int, ...] | None], RowsTogether | None] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class GeneratedProgram(Interpreted):
    """A bound mapping that runs as generated Python once that pays off.

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
        return row if self.code.one_per is None else row._replace(standing=self.standing(record))

    def target_row(self, record: Record) -> TargetRow:
        """Return what the mapping sees of a target record; never raises."""
        rows = self._progress.usual or self._rows()
        return _target_row(self, record) if rows is None else rows.target_row(record)

    def source_rows(self, batch: Batch) -> Sequence[AnySourceRow]:
        """Return the source rows of many records of one shape."""
        if self.code.one_per is not None:  # which of a person's records counts, rows of one say
            return _source_rows(self, batch)
        together = self._together(batch, partial(self._row, batch, "source"))
        if together is not None:
            return together
        return self._all_rows(batch, "source") or _source_rows(self, batch)

    def target_rows(self, batch: Batch) -> list[TargetRow]:
        """Return the target rows of many records of one shape."""
        return self._all_rows(batch, "target") or _target_rows(self, batch)

    def target_rows_beside(self, batch: Batch, same: SameRows) -> Sequence[AnyTargetRow]:
        """Return the target rows of many records of one shape, short where they may be."""

        def other(position: int) -> AnyTargetRow:
            return same.shortened([self._row(batch, "target", position)])[0]

        together = self._together(batch, other, same)
        return _beside(self, batch, same) if together is None else together

    def _all_rows(self, batch: Batch, side: str) -> list[Any]:
        """Return rows by the function for records of a shape; none where there is no such one."""
        row = self._shaped(batch, side)
        if row is None:
            return []
        return list(map(row, batch.ids, batch.items, repeat(batch.record), count()))

    def _shaped(self, batch: Batch, side: str) -> Callable[..., Any] | None:
        known, shaped = self._progress.shaped, (batch.shape, side)
        if shaped not in known:
            known[shaped] = shaped_rows(self, batch.shape, side, batch)
        return known[shaped]

    def _row(self, batch: Batch, side: str, position: int) -> Any:
        """Return the row of one record of many."""
        row = self._shaped(batch, side)
        if row is None:
            of_one = self.source_row if side == "source" else self.target_row
            return of_one(batch.record(position))
        return row(batch.ids[position], batch.items[position], batch.record, position)

    def _together(
        self, batch: Batch, other: Callable[[int], Any], same: SameRows | None = None
    ) -> Sequence[Any] | None:
        """Return rows by the function for columns; None where there is no such one.

        Without `same`, they are source rows. `other` returns the row of one record by itself.
        """
        known, silent = self._progress.together, None if same is None else same.silent
        if (batch.shape, silent) not in known:
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

    def _rows(self) -> GeneratedRows | None:
        progress = self._progress
        progress.records += 1
        if progress.records > self.worth_more:
            progress.usual = generated(self)
            return progress.usual
        if progress.rows is None and progress.records > self.worth_it:
            progress.rows = generated(self, usual=False)
        return progress.rows


_source_row = Interpreted.source_row
_target_row = Interpreted.target_row
_source_rows = Interpreted.source_rows
_target_rows = Interpreted.target_rows
_beside = Interpreted.target_rows_beside


Leaving: TypeAlias = Callable[
    [Record, tuple[Cell, ...]], tuple[tuple[Cell, ...], bool | None, bool | None]
]
"""The answers for leavers that a function of source rows needs."""


def generated(
    program: Interpreted, leaving: Leaving | None = None, *, usual: bool = True
) -> GeneratedRows:
    """Return the functions of a bound mapping; the interpreter does what cannot be generated.

    With `usual`, complete source records have a function of their own.
    """
    rows = Rows(program)
    if rows.count > MOST_EXPRESSIONS:
        return GeneratedRows("", *_interpreted(program))
    try:
        rows.write(usual=usual)
        code = compiled(rows.source.text)
    except (SyntaxError, RecursionError, MemoryError):
        # Too deep for Python's parser: the interpreter goes deeper.
        return GeneratedRows("", *_interpreted(program))
    names = _names(program, rows, leaving)
    exec(code, names)
    return GeneratedRows(
        rows.source.text,
        cast(Callable[[Record], SourceRow], names[f"{'usual_' * usual}source_row"]),
        cast(Callable[[Record], TargetRow], names["target_row"]),
    )


def shaped_rows(
    program: Interpreted, shape: RecordShape, side: str, sample: Batch | None = None
) -> Callable[..., Any] | None:
    """Return the function of one side's records of a shape; None where there can be none.

    It takes an id, what has the attributes, and what returns the record at a position, with that.
    What repeats in the `sample` is worked out once.
    """
    rows = Rows(program, shape=shape, sample=sample)
    names = _compiled(program, rows, partial(rows.write_shaped, side))
    return cast(Callable[..., Any], names[f"shaped_{side}_row"]) if names else None


def rows_together(
    program: Interpreted, sample: Batch, silent: Sequence[int] | None = None
) -> RowsTogether | None:
    """Return the function of records of a shape that come in columns; None without one.

    It is that of target records where source rows are `silent` about some fields.
    """
    rows = Rows(program, shape=sample.shape, sample=sample, columns=True)
    write = rows.write_columns if silent is None else partial(rows.write_beside, silent)
    columns: list[tuple[tuple[str, ...], str]] = []
    names = _compiled(program, rows, lambda: columns.extend(write()))
    if names is None:
        return None
    name = "shaped_source_rows" if silent is None else "shaped_target_rows"
    return RowsTogether(cast(Callable[..., Any], names[name]), columns)


def _compiled(
    program: Interpreted, rows: Rows, write: Callable[[], None]
) -> dict[str, object] | None:
    """Return what the names of a module of generated code stand for; None if it cannot be."""
    if rows.count > MOST_EXPRESSIONS:
        return None
    try:
        write()
        code = compiled(rows.source.text)
    except (Shapeless, SyntaxError, RecursionError, MemoryError):
        return None
    names = _names(program, rows, None)
    names |= {"interpreted_source_row": program.source_row}
    names |= {"interpreted_target_row": program.target_row}
    exec(code, names)
    return names


def _names(program: Interpreted, rows: Rows, leaving: Leaving | None) -> dict[str, object]:
    """Return the objects that the names in generated code stand for."""
    return {
        **names_for(program.context),
        **rows.source.bound,
        **_of(program),
        "interpreted_leaving": leaving or Departures(program, partial(_of_tomorrow, program)),
    }


_Interpreted: TypeAlias = tuple[Callable[[Record], SourceRow], Callable[[Record], TargetRow]]


def _interpreted(program: Interpreted) -> _Interpreted:
    return (
        lambda record: _source_row(program, record),
        lambda record: _target_row(program, record),
    )


def _of_tomorrow(program: Interpreted) -> Callable[[Record], SourceRow]:
    """Return the function of source rows as a mapping runs tomorrow, which looks no further."""
    tomorrow = Interpreted(program.code, program.context.later(1), program.tables)
    return generated(tomorrow, lambda _, cells: (cells, None, None), usual=False).source_row


def _of(program: Interpreted) -> Mapping[str, object]:
    """Return what a program's generated functions may call besides the runtime."""
    source_row, target_row = _interpreted(program)
    return {
        "interpreted_source_row": source_row,
        "interpreted_target_row": target_row,
        "interpreted_label": program.label,
        "interpreted_why": program.why,
        "filled": program.filled,
        "looked_up": program.looked_up,
        "sought": _sought,
        # Much quicker than the classes, whose own functions are Python's.
        "row_of_source": partial(tuple.__new__, SourceRow),
        "row_of_target": partial(tuple.__new__, TargetRow),
        "steady_row": partial(tuple.__new__, SteadyRow),
        "same_row": partial(tuple.__new__, SameRow),
        "packed": packer(),
        "packed_once": _once(packer()),
        "whole_cells": lambda said: tuple(map(cell_of, said)),
        "cell_of": partial(tuple.__new__, Cell),
        "STATED": CellState.STATED,
    }


def _once(pack: Callable[[object], bytes]) -> Callable[[object], bytes]:
    """Return what packs values, and gives those that are the same as the last ones as one."""
    before: object = None
    last = b""

    def packed(values: object) -> bytes:
        nonlocal before, last
        if values is not before:
            before, found = values, pack(values)
            if found != last:
                last = found
        return last

    return packed


def _sought(value: Value) -> object:
    if isinstance(value, list | dict):
        raise Uncompiled
    return identity(value)
