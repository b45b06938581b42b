"""Converts rows, cells and values to JSON data and back."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from oneway.core.diagnostics import Span
from oneway.core.records import MISSING, Missing, Value
from oneway.core.redacted import Redacted
from oneway.mapping.rows import (
    Cell,
    CellState,
    EvaluationFailure,
    ImplausibleDay,
    Missed,
    RecordRank,
    SourceRow,
    TargetRow,
)
from oneway.planning.plan_file.codec import place_text

Data = dict[str, Any]


def row_data(row: SourceRow) -> Data:
    """Return a source row as JSON data."""
    return {
        "id": row.source_id,
        "key": row.key,
        "label": row.label,
        "keys": list(map(key_data, row.keys)),
        "key_values": list(map(value_data, row.key_values)),
        "leaver": row.leaver,
        "failed": row.failed_rules,
        "outside": row.outside,
        "cells": list(map(cell_data, row.cells)),
        "leaving": list(map(leaving_data, row.leaving)),
        "leaves": [row.leaves_left, row.leaves_later],
        "missed": [_missed(each) for each in row.missed],
        "failure": _failure(row.evaluation_error),
        "keys_known": row.keys_known,
        "not_given": [list(each) for each in row.not_given],
        "unsaid": _failure(row.unsaid),
        **({"standing": _rank(row.rank)} if row.rank is not None else {}),
        **({"may_have_left": True} if row.may_have_left else {}),
        **_readable(row),
        **({"why": row.why} if row.why else {}),
        **({"odd_day": list(row.odd_day)} if row.odd_day is not None else {}),
    }


def _missed(each: Missed) -> list[Any]:
    why = [each.why, each.instead] if each.why or each.instead else []
    return [each.reference, each.value, each.found, each.field, *why]


def _readable(row: SourceRow | TargetRow) -> Data:
    return {"readable_keys": list(map(key_data, row.readable_keys))} if row.readable_keys else {}


def _rank(rank: RecordRank) -> list[Any]:
    person, current, latest, *failures, _ = rank
    return [key_data(person), current, latest, *map(_failure, failures)]


def _rank_of(data: list[Any] | None) -> RecordRank | None:
    if data is None:
        return None
    person, current, latest, *failures = data
    whose, is_current, day = map(_failure_of, failures)
    return RecordRank(hashable_of(person), current, latest, whose, is_current, day)


def row_of(data: Data) -> SourceRow:
    return SourceRow(
        source_id=data["id"],
        key=data["key"],
        label=data["label"],
        keys=each_of(hashable_of, data["keys"]),
        key_values=each_of(value_of, data["key_values"]),
        leaver=data["leaver"],
        failed_rules=tuple(data["failed"]),
        outside=tuple(data.get("outside", ())),
        cells=each_of(_cell_of, data["cells"]),
        leaving=each_of(leaving_cell_of, data["leaving"]),
        leaves_left=data["leaves"][0],
        leaves_later=data["leaves"][1],
        missed=tuple(Missed(*each) for each in data["missed"]),
        evaluation_error=_failure_of(data["failure"]),
        keys_known=data["keys_known"],
        not_given=tuple((position, text) for position, text in data.get("not_given", ())),
        unsaid=_failure_of(data.get("unsaid")),
        rank=_rank_of(data.get("standing")),
        may_have_left=data.get("may_have_left", False),
        readable_keys=each_of(hashable_of, data.get("readable_keys", ())),
        why=data.get("why", ""),
        odd_day=ImplausibleDay(*data["odd_day"]) if "odd_day" in data else None,
    )


def held_data(held: TargetRow) -> Data:
    """Return a target row as JSON data."""
    return {
        "id": held.target_id,
        "key": held.key,
        "keys": list(map(key_data, held.keys)),
        "left": held.left,
        "scheduled": held.scheduled,
        "values": list(map(value_data, held.values)),
        "leaving": list(map(value_data, held.leaving)),
        "failure": _failure(held.evaluation_error),
        "keys_known": held.keys_known,
        "unsaid": _failure(held.unsaid),
        **_readable(held),
    }


def held_of(data: Data) -> TargetRow:
    return TargetRow(
        target_id=data["id"],
        key=data["key"],
        keys=each_of(hashable_of, data["keys"]),
        left=data["left"],
        scheduled=data["scheduled"],
        values=each_of(value_of, data["values"]),
        leaving=each_of(value_of, data["leaving"]),
        evaluation_error=_failure_of(data["failure"]),
        keys_known=data["keys_known"],
        unsaid=_failure_of(data.get("unsaid")),
        readable_keys=each_of(hashable_of, data.get("readable_keys", ())),
    )


def cell_data(cell: Cell) -> Any:
    """Return a cell as JSON data."""
    found = [cell.state.value, value_data(cell.value), value_data(cell.initial)]
    if cell.unwritten is not None:
        return [*found, cell.read, value_data(cell.unwritten)]
    return [*found, cell.read] if cell.read else found


def _cell_of(data: Any) -> Cell:
    state, value, initial = data[:3]
    read = data[3] if len(data) > 3 else ""
    unwritten = value_of(data[4]) if len(data) > 4 else None
    found = CellState(state), value_of(value), value_of(initial)
    return Cell(*found, read=read, unwritten=unwritten)


def leaving_data(cell: Cell) -> Any:
    """Return a cell of `SourceRow.leaving` as JSON data."""
    return [*cell_data(cell), cell.moving]


def leaving_cell_of(data: Any) -> Cell:
    if not isinstance(data[-1], bool):  # stored by a version without `moving`
        return _cell_of(data)
    *cell, moving = data
    return _cell_of(cell)._replace(moving=moving)


def value_data(value: object) -> Any:
    """Return a value as JSON data; anything but text, numbers, booleans and null is wrapped."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Redacted):
        facts = {"facts": list(value.facts)} if value.facts else {}
        return {"veiled": value.same_as, "digest": value.digest, **facts}
    if isinstance(value, list) and value and isinstance(value[0], Redacted):
        return {**value_data(value[0]), "list": True}
    if value is MISSING:
        return {"missing": True}
    return {"value": value} if isinstance(value, list | dict) else value


_PLAIN = frozenset({str, int, bool, float})


def value_of(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    if "veiled" in data:
        same_as = data["veiled"]
        words = same_as if isinstance(same_as, str) else tuple(map(tuple, same_as))
        veiled = Redacted(words, data["digest"], tuple(data.get("facts", ())))
        return [veiled] if "list" in data else veiled
    if "missing" in data:
        missing: Missing = MISSING
        return missing
    value: Value = data["value"]
    return value


def key_data(key: Hashable) -> Any:
    """Return a key as JSON text. Tuples become lists; keys contain no other lists."""
    return list(map(key_data, key)) if type(key) is tuple else key


def hashable_of(data: Any) -> Any:
    return tuple(map(hashable_of, data)) if isinstance(data, list) else data


def _failure(failure: EvaluationFailure | None) -> Any:
    if failure is None:
        return None
    place = place_text(failure.place)
    return [failure.text, failure.expression, place, failure.code, failure.value]


def _failure_of(data: Any) -> EvaluationFailure | None:
    if data is None:
        return None
    text, expression, place, *code = data
    file, line, column, end = place.rsplit(":", 3)
    span = Span(file, int(line), int(column), int(end))
    return EvaluationFailure(text, expression, span, *code)


def each_of(read: Callable[[Any], Any], data: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(map(read, data))
