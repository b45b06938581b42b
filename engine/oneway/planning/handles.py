"""Handles: all by which the planner may compare a record with those of other people.

Two records that share no handle have no bearing on each other: none is matched with the other's
partner, claims a value that the other has, or looks like the other. So a pair may be left out of
planning while no record that is planned shares a handle with it. A handle may be the same for
records that the planner tells apart, and never the reverse.
"""

from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import TypeAlias

from oneway.core.packed import unpacker
from oneway.core.records import MISSING, Missing, Value, comparable, comparables
from oneway.mapping.program import AnySourceRow, AnyTargetRow, Policy, SameRow, SteadyRow
from oneway.planning.diff import comparison
from oneway.planning.lookalikes import held_value, one_form, said_value
from oneway.planning.near_misses import loose

_Pair: TypeAlias = tuple[AnySourceRow, AnyTargetRow]
_AT_A_TIME = 1_000


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
        yield source_handle(row.source_id)
        yield from self._keys(row.keys)
        if self._watched:
            yield from self._unique(_said(row))
        for position in self.telling:
            yield from _value(position, said_value(row, position))

    def of_target(self, target: AnyTargetRow) -> Iterator[str]:
        """Yield the handles of a target record; raise `Unhandled`."""
        yield target_handle(target.target_id)
        yield from self._keys(target.keys)
        if self._watched and (values := target.values):
            yield from self._unique([() if each is MISSING else (each,) for each in values])
        for position in self.telling:
            yield from _value(position, held_value(target, position))

    def of_pairs(self, pairs: Sequence[_Pair]) -> Iterator[Collection[str] | None]:
        """Yield the handles of both records of each pair; None where they cannot be told."""
        for start in range(0, len(pairs), _AT_A_TIME):
            some = pairs[start : start + _AT_A_TIME]
            try:
                yield from self._of_equal(some) or map(self._of_pair, some)
            except Unhandled:
                yield from map(self._of_pair, some)

    def _of_pair(self, pair: _Pair) -> Collection[str] | None:
        row, target = pair
        try:
            return {*self.of_source(row), *self.of_target(target)}
        except Unhandled:
            return None

    def _of_equal(self, pairs: Sequence[_Pair]) -> Sequence[Collection[str]]:
        """Return the handles of pairs, by columns, if those of both records are the same.

        They are where the target record holds what the source record says, as nearly all do.
        """
        if self.telling or not all(
            isinstance(target, SameRow) and target.row is row for row, target in pairs
        ):
            return ()
        rows = [row for row, _ in pairs]
        if len({len(row[3]) for row in rows}) > 1:
            return ()
        columns: list[Sequence[str | None]] = [[source_handle(row[0]) for row in rows]]
        columns.append([target_handle(target[0]) for _, target in pairs])
        for level, keys in enumerate(zip(*(row[3] for row in rows), strict=True)):
            columns.append([_key(level, key) for key in keys])
        said = [_said(row) for row in rows] if self._watched else []
        for position, compare, named in self._watched:
            if any(len(values[position]) != 1 for values in said):
                return ()
            found = comparables([values[position][0] for values in said], compare)
            columns.append([None if each is None else _named(named, each) for each in found])
        names = zip(*columns, strict=True)
        return [[each for each in found if each is not None] for found in names]

    def _keys(self, keys: Sequence[Hashable]) -> Iterator[str]:
        yield from filter(None, (_key(level, key) for level, key in enumerate(keys)))

    def _unique(self, values: Sequence[Sequence[Value | Missing]]) -> Iterator[str]:
        for position, compare, named in self._watched if values else ():
            for value in values[position]:
                found = comparable(value, compare)
                if found is not None:
                    yield _named(named, found)


def source_handle(id: str) -> str:
    """Return the handle that a source record has by its id."""
    return f"source {id}"


def target_handle(id: str) -> str:
    """Return the handle that a target record has by its id."""
    return f"target {id}"


def _key(level: int, key: Hashable) -> str | None:
    # Keys that are equal have one loose form.
    return None if key is None else f"key {level} {loose(_plain(key))}"


def _named(named: str, value: Hashable) -> str:
    return f"{named}{_text(_plain(value))}"


def _said(row: AnySourceRow) -> Sequence[Sequence[Value]]:
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
