"""The program that runs generated functions, once there are records enough to make any."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias, cast

from oneway.core.records import Record, Value, identity
from oneway.mapping.generated.departures import Departures
from oneway.mapping.generated.limits import MOST_EXPRESSIONS, Uncompiled
from oneway.mapping.generated.rows import Rows
from oneway.mapping.generated.runtime import names_for
from oneway.mapping.generated.text import compiled
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.program import Cell, CellState, SourceRow, TargetRow

WORTH_IT = 40
"""Records that are interpreted first: generating code takes about as long as they do."""
WORTH_MORE = 1_000
"""Records after which a function of their own is generated for those that lack no key."""


@dataclass(frozen=True, slots=True)
class GeneratedRows:
    """The functions that were generated for one program, and their text."""

    text: str
    source_row: Callable[[Record], SourceRow]
    target_row: Callable[[Record], TargetRow]


@dataclass(slots=True)
class _Progress:
    """How many records were interpreted, and what was generated since."""

    records: int = 0
    rows: GeneratedRows | None = None
    usual: GeneratedRows | None = None


@dataclass(frozen=True, slots=True)
class GeneratedProgram(Interpreted):
    """A bound mapping that runs as generated Python once that is worth it.

    It makes the same rows as the interpreter that it extends.
    """

    worth_it: int = WORTH_IT
    worth_more: int = WORTH_MORE
    _progress: _Progress = field(default_factory=_Progress, repr=False, compare=False)

    def source_row(self, record: Record) -> SourceRow:
        """Return what the mapping makes of a source record; never raises."""
        rows = self._progress.usual or self._rows()
        return _source_row(self, record) if rows is None else rows.source_row(record)

    def target_row(self, record: Record) -> TargetRow:
        """Return what the mapping sees of a target record; never raises."""
        rows = self._progress.usual or self._rows()
        return _target_row(self, record) if rows is None else rows.target_row(record)

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


Leaving: TypeAlias = Callable[
    [Record, tuple[Cell, ...]], tuple[tuple[Cell, ...], bool | None, bool | None]
]
"""What a function of source rows asks of leavers."""


def generated(
    program: Interpreted, leaving: Leaving | None = None, *, usual: bool = True
) -> GeneratedRows:
    """Return the functions of a bound mapping; what cannot be generated is interpreted.

    With `usual`, source records that lack no key have a function of their own.
    """
    rows = Rows(program)
    if rows.count > MOST_EXPRESSIONS:
        return GeneratedRows("", *_interpreted(program))
    try:
        rows.write(usual=usual)
        code = compiled(rows.source.text)
    except (SyntaxError, RecursionError, MemoryError):
        # Deeper than Python can take: the interpreter goes deeper.
        return GeneratedRows("", *_interpreted(program))
    names: dict[str, object] = {
        **names_for(program.context),
        **rows.source.bound,
        **_of(program),
        "interpreted_leaving": leaving or Departures(program, partial(_of_tomorrow, program)),
    }
    exec(code, names)
    return GeneratedRows(
        rows.source.text,
        cast(Callable[[Record], SourceRow], names[f"{'usual_' * usual}source_row"]),
        cast(Callable[[Record], TargetRow], names["target_row"]),
    )


_Interpreted: TypeAlias = tuple[Callable[[Record], SourceRow], Callable[[Record], TargetRow]]


def _interpreted(program: Interpreted) -> _Interpreted:
    return (
        lambda record: _source_row(program, record),
        lambda record: _target_row(program, record),
    )


def _of_tomorrow(program: Interpreted) -> Callable[[Record], SourceRow]:
    """Return the function of source rows as a mapping runs tomorrow, when nobody asks further."""
    tomorrow = Interpreted(program.code, program.context.later(1), program.tables)
    return generated(tomorrow, lambda _, cells: (cells, None, None), usual=False).source_row


def _of(program: Interpreted) -> Mapping[str, object]:
    """Return what the generated functions of one program may call beside the runtime."""
    source_row, target_row = _interpreted(program)
    return {
        "interpreted_source_row": source_row,
        "interpreted_target_row": target_row,
        "interpreted_label": program.label,
        "filled": program.filled,
        "looked_up": program.looked_up,
        "sought": _sought,
        # Much quicker than the classes, whose own functions are Python's.
        "row_of_source": partial(tuple.__new__, SourceRow),
        "row_of_target": partial(tuple.__new__, TargetRow),
        "cell_of": partial(tuple.__new__, Cell),
        "STATED": CellState.STATED,
    }


def _sought(value: Value) -> object:
    if isinstance(value, list | dict):
        raise Uncompiled
    return identity(value)
