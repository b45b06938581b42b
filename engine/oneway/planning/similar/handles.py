"""Handles: every value by which the planner may compare a record with those of other people.

Two records that share no handle do not affect each other: neither is matched with the other's
partner, claims a value that the other has, or looks like the other. So a pair may be left out of
planning as long as no planned record shares a handle with it. Records that the planner tells apart
may share a handle. Records without a common handle never affect each other.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeAlias

from oneway.core.compare import comparables
from oneway.core.key_forms import loose
from oneway.core.records import MISSING, Value
from oneway.mapping.policy import Policy
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow, SameRow, SteadyRow
from oneway.planning.diff import comparison
from oneway.planning.match import Pairs
from oneway.planning.similar.lookalikes import held_value, said_value
from oneway.planning.similar.marks import each_claim, marks_of

_Pair: TypeAlias = tuple[AnySourceRow, AnyTargetRow]
_AT_A_TIME = 1_000


class Unhandled(Exception):
    """Raised for a key or unique value that is a list or an object."""


class Handles:
    """Returns the handles of records; `telling` are the fields whose values identify people."""

    def __init__(self, policy: Policy, telling: Sequence[int]) -> None:
        self.policy, self.telling, self._levels = policy, telling, len(policy.match)
        fields = [(at, comparison(policy.fields[at])) for at in policy.watched]
        self._watched = [(at, compare, f"unique {at} ") for at, compare in fields]

    def of_all(self, rows: Sequence[AnySourceRow], targets: Sequence[AnyTargetRow]) -> set[str]:
        """Return the handles of these records of both sides; raise `Unhandled`."""
        named = {source_handle(row[0]) for row in rows}
        named.update(target_handle(target[0]) for target in targets)
        known = {row[0] for row in rows}
        others = [each for each in targets if not _is_shown_by(each, known)]
        keys = {pair for each in (*rows, *others) for pair in enumerate(each.keys)}
        named.update(_key(level, key) for level, key in keys if key is not None)
        said = [*filter(None, map(_said, rows if self._watched else ()))]
        held = [*filter(None, (each.values for each in others if self._watched))]
        for position, compare, prefix in self._watched:
            values: list[object] = [value for each in said for value in each[position]]
            values += [each[position] for each in held if each[position] is not MISSING]
            found = {claim for _, claim in each_claim(values, compare)}
            named.update(_named(prefix, claim) for claim in found)
        for position in self.telling:
            own = [said_value(self.policy, row, position) for row in rows]
            own += [held_value(target, position) for target in targets]
            marks = {mark for each in own if each is not None for mark in marks_of(each)}
            named.update(f"value {position} {mark}" for mark in marks)
        return named

    def of_pairs(self, pairs: Pairs) -> Iterator[Collection[str] | None]:
        """Yield the handles of both records of each pair; None if they cannot be determined."""
        for start in range(0, len(pairs), _AT_A_TIME):
            some = pairs.some(start, start + _AT_A_TIME)
            try:
                yield from self._of_equal(some) or map(self._of_pair, some)
            except Unhandled:
                yield from map(self._of_pair, some)

    def _of_pair(self, pair: _Pair) -> Collection[str] | None:
        row, target = pair
        try:
            return self.of_all((row,), (target,))
        except Unhandled:
            return None

    def _of_equal(self, pairs: Pairs) -> Sequence[Collection[str]]:
        """Return the handles of pairs, computed by column, if both records of each have the same.

        This is so if the target record holds what the source record states, the usual case.
        """
        if self.telling or not pairs.hold_the_same():
            return ()
        said = pairs.source.said(pairs.rows_at, [at for at, _, _ in self._watched])
        if any(list in map(type, values) for values in said.values()):
            return ()  # some cell does not state a plain value
        sources, targets = pairs.ids()
        columns: list[Iterable[str | None]] = [map(source_handle, sources)]
        columns.append(map(target_handle, targets))
        for level in range(self._levels):
            columns.append([None if key is None else _key(level, key) for key in pairs.keys(level)])
        for position, compare, named in self._watched:
            found = comparables(said[position], compare)
            columns.append([None if each is None else _named(named, each) for each in found])
        names = zip(*columns, strict=True)
        return [[each for each in found if each is not None] for found in names]


def source_handle(id: str) -> str:
    """Return the handle for the id of a source record."""
    return f"source {id}"


def target_handle(id: str) -> str:
    """Return the handle for the id of a target record."""
    return f"target {id}"


def _key(level: int, key: Hashable) -> str:
    # Equal keys have the same loose form.
    return f"key {level} {loose(_plain(key))}"


def _named(named: str, value: Hashable) -> str:
    # Most are text: named at once.
    return f"{named}text {value}" if value.__class__ is str else f"{named}{_text(_plain(value))}"


def _said(row: AnySourceRow) -> Sequence[Sequence[Value]]:
    """Return the values that a source record has for each field; empty if unknown."""
    if isinstance(row, SteadyRow):
        values = row.said
        if list not in map(type, values):  # each cell states a plain value, as nearly all do
            return list(zip(values))  # one by one
    return [(each.value, each.initial, each.unwritten) for each in row.cells]


def _is_shown_by(target: AnyTargetRow, rows: AbstractSet[str]) -> bool:
    """Return whether a target record holds exactly what one of these rows states."""
    return isinstance(target, SameRow) and not target.beside[0] and target.row[0] in rows


def _plain(key: Hashable) -> Hashable:
    """Return the comparable form of a plain value; raise `Unhandled` for other values."""
    if key.__class__ is str:  # the usual case
        return key
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
