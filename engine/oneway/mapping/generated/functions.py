"""Generates the functions of one program, and supplies the objects that they name."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, cast

from oneway.core.batches import Batch, RecordShape
from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.packed import packer
from oneway.core.records import Record, Value
from oneway.mapping.generated.leavers import LeaverResults
from oneway.mapping.generated.limits import MOST_EXPRESSIONS, Shapeless, Uncompiled
from oneway.mapping.generated.rows import Columns, Rows
from oneway.mapping.generated.runtime import names_for
from oneway.mapping.generated.text import compiled
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.rows import Cell, CellState, SourceRow, TargetRow
from oneway.mapping.short_rows import cell_of, steady_row


@dataclass(frozen=True, slots=True)
class GeneratedRows:
    """The generated functions of one program, and their text."""

    text: str
    source_row: Callable[[Record], SourceRow]
    target_row: Callable[[Record], TargetRow]


@dataclass(frozen=True, slots=True)
class RowsTogether:
    """The function that makes the rows of many records, and the columns that it takes."""

    rows: Callable[..., Sequence[Any]]
    columns: Columns


Leaving: TypeAlias = Callable[
    [Record, tuple[Cell, ...]], tuple[tuple[Cell, ...], bool | None, bool | None]
]
"""The answers about leavers that a function of source rows needs."""


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
        # too deep for Python's parser; the interpreter can go deeper
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
    """Return the function for one side's records of a shape; None if none can be generated.

    It takes an id, an object with the attributes, and a callable that returns the record at a
    position, and that position. Values that repeat in the `sample` are computed once.
    """
    rows = Rows(program, shape=shape, sample=sample)
    names = _compiled(program, rows, partial(rows.write_shaped, side))
    return cast(Callable[..., Any], names[f"shaped_{side}_row"]) if names else None


def rows_together(
    program: Interpreted, sample: Batch, silent: Sequence[int] | None
) -> RowsTogether | None:
    """Return the function for records of a shape that come in columns; None if there is none.

    With `silent`, it is for target records, whose source rows say nothing of these fields.
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
    """Return the objects of a generated module by name; None if they cannot be made."""
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
    """Return the objects that generated code uses, by name."""
    return {
        **names_for(program.context),
        **rows.source.bound,
        **_of(program),
        "interpreted_leaving": leaving or LeaverResults(program, partial(_on, program)),
    }


_Interpreted: TypeAlias = tuple[Callable[[Record], SourceRow], Callable[[Record], TargetRow]]


def _interpreted(program: Interpreted) -> _Interpreted:
    return (
        lambda record: Interpreted.source_row(program, record),
        lambda record: Interpreted.target_row(program, record),
    )


def _on(program: Interpreted, days: int) -> Callable[[Record], SourceRow]:
    """Return the function of source rows some days later; it does not look further ahead itself."""
    then = Interpreted(program.code, program.context.later(days), program.tables)
    return generated(then, lambda _, cells: (cells, None, None), usual=False).source_row


def _of(program: Interpreted) -> Mapping[str, object]:
    """Return what a program's generated functions may call besides the runtime."""
    source_row, target_row = _interpreted(program)
    return {
        "interpreted_source_row": source_row,
        "interpreted_target_row": target_row,
        "interpreted_label": program.label,
        "interpreted_why": program.why,
        "interpreted_dated": program.dated,
        "interpreted_cell": program.cell,
        "filled": program.filled,
        "looked_up": program.looked_up,
        "sought": _sought,
        # much faster than the classes, whose constructors are written in Python
        "row_of_source": partial(tuple.__new__, SourceRow),
        "row_of_target": partial(tuple.__new__, TargetRow),
        "steady_row": steady_row,
        "packed": packer(),
        "packed_once": _once(packer()),
        "whole_cells": lambda said: tuple(map(cell_of, said)),
        "cell_of": partial(tuple.__new__, Cell),
        "STATED": CellState.STATED,
    }


def _once(pack: Callable[[object], bytes]) -> Callable[[object], bytes]:
    """Return a packing function that returns the previous object for equal values."""
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
