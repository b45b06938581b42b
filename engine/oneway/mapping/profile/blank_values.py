"""Counts blank values at a path, of one record or of many at a time."""

from collections.abc import Iterable, Sequence
from typing import Any

from oneway.core.batches import Batch, RecordShape
from oneway.core.paths import at
from oneway.core.records import MISSING, Record, Value, is_blank

Path = tuple[str, ...]


def blanks_at(batch: Batch, path: Path) -> int:
    """Return how many records of a batch, all of which state a path, have a blank value there."""
    if batch.kind(path):
        return 0
    values = None if leads_to_objects(batch, path) else batch.values(path)
    if values is None:
        values = [at(batch.record(each).data, path) for each in range(len(batch))]
        values = [each for each in values if each is not MISSING]
    absent = len(batch) - len(values)  # records with null on the way to it are not among the values
    return absent + _blank_in(values)


def _blank_in(values: Sequence[Value]) -> int:
    """Return how many values are blank; most blank values are null."""
    stated = [each for each in values if each is not None]
    doubtful = [
        e for e in stated if not e or e.__class__ is not str or not e.isascii() or e.isspace()
    ]
    return len(values) - len(stated) + sum(map(is_blank, doubtful))


def blank_in(batch: Batch, path: Path) -> Sequence[bool]:
    """Return, for each record of a batch, whether its value at a path is blank."""
    if batch.kind(path):
        return [False] * len(batch)
    values = None if leads_to_objects(batch, path) else batch.values(path)
    if values is None or len(values) < len(batch):
        return [is_blank_at(batch.record(place), path) for place in range(len(batch))]
    return list(map(is_blank, values)) if _blank_in(values) else [False] * len(values)


def is_blank_at(record: Record, path: Path) -> bool:
    """Return whether a record's value at a path is blank or missing."""
    value = at(record.data, path)
    return value is MISSING or is_blank(value)


def leads_to_objects(batch: Batch, path: Path) -> bool:
    shape = batch.shape
    for key in path:
        if key not in shape.inner:
            return False
        shape = shape.inner[key]
    return True


def nulls_of(whole: RecordShape, paths: Iterable[Path]) -> Sequence[Sequence[str]] | None:
    """Return which attributes must be null for some paths to be stated; None if one cannot be."""
    found: list[Sequence[str]] = []
    for path in paths:
        shape, names = whole, []
        for key in path:
            if key not in shape.attributes:
                return None
            names.append(shape.attributes[key])
            if key not in shape.inner:
                break
            shape = shape.inner[key]
        if len(names) < len(path):
            found.append(names)
    return found


def is_null_in(items: Iterable[Any], names: Sequence[str]) -> bool:
    """Return whether a chain of attributes leads to null in every item."""
    for name in names:
        items = [value for each in items if (value := getattr(each, name)) is not None]
    return not items
