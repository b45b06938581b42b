"""Handles: all by which the planner may compare a record with those of other people.

Two records that share no handle have no bearing on each other: none is matched with the other's
partner, claims a value that the other has, or looks like the other. So a pair may be left out of
planning while no record that is planned shares a handle with it. A handle may be the same for
records that the planner tells apart, and never the reverse.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence

from oneway.core.packed import unpacker
from oneway.core.records import MISSING, Missing, Value, comparable
from oneway.mapping.program import AnySourceRow, AnyTargetRow, Policy, SameRow, SteadyRow
from oneway.planning.diff import comparison
from oneway.planning.lookalikes import held_value, one_form, said_value
from oneway.planning.near_misses import loose


class Unhandled(Exception):
    """A record has a key or a unique value that is a list or an object."""


class Handles:
    """Names the handles of records; `telling` are the fields whose values tell people apart."""

    def __init__(self, policy: Policy, telling: Sequence[int]) -> None:
        self.telling = telling
        fields = [(at, comparison(policy.fields[at])) for at in policy.watched]
        self._watched = [(at, compare, f"unique {at} ") for at, compare in fields]

    def of_source(self, row: AnySourceRow) -> Iterator[str]:
        """Yield the handles of a source record; raise `Unhandled`."""
        yield f"source {row.source_id}"
        yield from self._keys(row.keys)
        if self._watched:
            yield from self._unique(_said(row))
        for position in self.telling:
            yield from _value(position, said_value(row, position))

    def of_target(self, target: AnyTargetRow) -> Iterator[str]:
        """Yield the handles of a target record; raise `Unhandled`."""
        yield f"target {target.target_id}"
        yield from self._keys(target.keys)
        if self._watched and (values := target.values):
            yield from self._unique([() if each is MISSING else (each,) for each in values])
        for position in self.telling:
            yield from _value(position, held_value(target, position))

    def of_pair(self, row: AnySourceRow, target: AnyTargetRow) -> set[str]:
        """Return the handles of both records of a pair; raise `Unhandled`."""
        if isinstance(target, SameRow) and target.row is row and not self.telling:
            # Its keys and its unique values are those of the source record.
            return {f"target {target.target_id}", *self.of_source(row)}
        return {*self.of_source(row), *self.of_target(target)}

    def _keys(self, keys: Sequence[Hashable]) -> Iterator[str]:
        for level, key in enumerate(keys):
            if key is not None:
                # Keys that are equal have one loose form.
                yield f"key {level} {loose(_plain(key))}"

    def _unique(self, values: Sequence[Iterable[Value | Missing]]) -> Iterator[str]:
        for position, compare, named in self._watched if values else ():
            for value in values[position]:
                found = comparable(value, compare)
                if found is not None:
                    yield f"{named}{_text(_plain(found))}"


def _said(row: AnySourceRow) -> Sequence[Iterable[Value]]:
    """Return what a source record may write in each field; nothing if that is not known."""
    if isinstance(row, SteadyRow):
        values = unpacker()(row.packed)
        if list not in map(type, values):  # each cell states a plain value, as nearly all do
            return [(each,) for each in values]
    return [(each.value, each.initial) for each in row.cells]


def _value(position: int, value: Value) -> Iterator[str]:
    if value is not None:
        yield f"value {position} {one_form(value)}"


def _plain(key: Hashable) -> Hashable:
    """Return what a comparison made of a plain value; raise `Unhandled` for all else."""
    value = key[1] if isinstance(key, tuple) and len(key) == 2 else key
    if isinstance(value, str | int | float | bool):
        return key
    raise Unhandled


def _text(key: Hashable) -> str:
    """Return the same text for equal keys: `1` and `1.0` are one number."""
    if isinstance(key, tuple):
        kind, value = key
        whole = isinstance(value, float) and value.is_integer()
        return f"{kind} {int(value) if whole else value}"
    return f"text {key}"
