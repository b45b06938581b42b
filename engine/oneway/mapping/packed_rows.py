"""Stores nearly all rows as adjacent bytes.

Separate row objects take four times the memory, and reading a hundred thousand of them means as
many fetches from all over it. A row is built from its bytes on demand; a column that many rows
share is read from the bytes of all of them at once.
"""

from abc import abstractmethod
from array import array
from bisect import bisect_left
from collections.abc import (
    Callable,
    Collection,
    Container,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from functools import cache, partial
from itertools import accumulate, chain, compress, count, islice
from operator import attrgetter
from typing import Any, Self, TypeAlias, TypeVar, overload

from oneway.core.packed import beginning, lists_of, packed_list, unpacker
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import (
    AnySourceRow,
    AnyTargetRow,
    SameRow,
    SteadyRow,
    packed_row,
    steady_row,
    unpacked_keys,
)

T = TypeVar("T", AnySourceRow, AnyTargetRow)
Packed: TypeAlias = tuple[bytes, Any]
"""The bytes of a row, and an object that most rows share."""
_Decode: TypeAlias = Callable[[bytes], list[Any]]
_AT_A_TIME = 1_000
"""How many rows are decoded at once."""


class PackedRows(Sequence[T]):
    """Rows in the order in which they were read; rows that cannot be packed are kept whole.

    A row that is requested twice is equal, but not the same object.
    """

    def __init__(self) -> None:
        self.packed = bytearray()
        self.starts = array("Q", (0,))
        """Where the bytes of each row start, plus the end of the last."""
        self._shared: list[Any] = [None]
        self._shared_at = array("I")
        """For each row, the position in `_shared` of the object that it shares."""
        self.others: list[T] = []
        """The rows that are not packed, in order."""
        self._others_at = array("I")
        self._lately: dict[int, T] = {}
        """Recently built rows, by place: a few rows are requested repeatedly."""
        self.origin = object()
        """Equal for rows and what `and_also` makes of them: the first rows of both are the same."""

    @abstractmethod
    def _none(self) -> Self:
        """Return an empty collection of the same kind."""

    @abstractmethod
    def _packed(self, row: T) -> Packed | None:
        """Return a row packed; None if it is kept whole."""

    @abstractmethod
    def _made(self, packed: bytes, shared: Any) -> T:
        """Return the row that was packed."""

    def take(self, rows: Sequence[T | Packed]) -> None:
        """Append rows, some of which may be packed."""
        parts: list[Any] = list(rows)
        for at in [at for at, row in enumerate(rows) if row.__class__ is not tuple]:
            parts[at] = self._packed(parts[at])
            if parts[at] is None:
                self._keep(rows[at], len(self) + at)  # type: ignore[arg-type]  # not packed
                parts[at] = b"", None
        packed: list[bytes] = [each for each, _ in parts]
        shared: list[Any] = [each for _, each in parts]
        ends = accumulate(map(len, packed), initial=len(self.packed))
        self.starts.extend(islice(ends, 1, None))
        self.packed += b"".join(packed)
        if {*map(id, shared)} <= {id(self._shared[-1]), id(None)}:  # nearly always
            self._shared_at.extend([len(self._shared) - 1] * len(shared))
            return
        for each in shared:
            if each is not None and each is not self._shared[-1]:
                self._shared.append(each)
            self._shared_at.append(len(self._shared) - 1)

    def take_whole(self, row: T) -> None:
        """Append one row that is not packed."""
        self._keep(row, len(self))
        self.starts.append(self.starts[-1])
        self._shared_at.append(len(self._shared) - 1)

    def _keep(self, row: T, place: int) -> None:
        self.others.append(row)
        self._others_at.append(place)

    def and_also(self, more: Sequence[T]) -> Self:
        """Return a copy with more rows appended."""
        made = self._with(range(len(self)))
        made.origin = self.origin
        made.take(more)
        return made

    def without(self, places: Collection[int]) -> Self:
        """Return a copy without the rows at these places."""
        return self._with([place for place in range(len(self)) if place not in places])

    def _with(self, places: Sequence[int]) -> Self:
        made = self._none()
        made.take([self._at(place) for place in places])
        return made

    def _at(self, place: int) -> T | Packed:
        start, end = self.starts[place], self.starts[place + 1]
        if start == end:
            return self.others[bisect_left(self._others_at, place)]
        return bytes(self.packed[start:end]), self.shared_at(place)

    def is_packed(self, place: int) -> bool:
        """Return whether the row at a place is packed."""
        return self.starts[place] < self.starts[place + 1]

    def shared_at(self, place: int) -> Any:
        """Return the object that the packed row at a place shares with others."""
        return self._shared[self._shared_at[place]]

    def are_packed(self, places: Sequence[int]) -> bool:
        """Return whether the rows at these places are all packed."""
        return set(self._others_at).isdisjoint(places)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[T]:
        return map(self._row, range(len(self)))

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        places = range(len(self))[at]
        if isinstance(places, range):
            return RowsAt(self, places)
        return self._row(places)

    def _row(self, place: int) -> T:
        if place in self._lately:
            return self._lately[place]
        found = self._at(place)
        if found.__class__ is tuple:
            if len(self._lately) >= 2 * _AT_A_TIME:
                self._lately.clear()
            return self._lately.setdefault(place, self._made(*found))
        return found  # type: ignore[return-value]  # a row: a packed one is a plain tuple

    def contents(self) -> Iterator[Any]:
        """Yield the packed content of each row as lists; a row that is not packed as itself."""
        return self._decoded(_lists(), None)

    def content(self, place: int) -> Any:
        """Return the packed content of the row at a place as lists; a row not packed as it is."""
        found: Any = self._at(place)
        return unpacker()(found[0]) if found.__class__ is tuple else found

    def _decoded(self, decode: _Decode, places: Sequence[int] | None) -> Iterator[Any]:
        """Yield the decoded fields of rows at some places, or of all; unpacked rows as they are.

        Each has an attribute for each field that is decoded.
        """
        if places is None:
            places = range(len(self))
        starts = range(0, len(places), _AT_A_TIME)
        some = (places[start : start + _AT_A_TIME] for start in starts)
        return chain.from_iterable(map(partial(self._at_once, decode), some))

    def _at_once(self, decode: _Decode, places: Sequence[int]) -> list[Any]:
        first, end = min(places), max(places) + 1
        if end - first > 2 * len(places):
            return [each for at in places for each in self._of_range(decode, at, at + 1)]
        found = self._of_range(decode, first, end)  # including all between them
        return found if places == range(first, end) else [found[at - first] for at in places]

    def _of_range(self, decode: _Decode, first: int, end: int) -> list[Any]:
        others = range(bisect_left(self._others_at, first), bisect_left(self._others_at, end))
        packed = self.packed[self.starts[first] : self.starts[end]]
        found = decode(packed_list(end - first - len(others), packed))
        for at in others:
            found.insert(self._others_at[at] - first, self.others[at])
        return found


class RowsAt(Sequence[T]):
    """Selected rows, by their places."""

    def __init__(self, rows: PackedRows[T], places: Sequence[int]) -> None:
        self._rows: PackedRows[T] = rows
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[T]:
        return map(self._rows._row, self._places)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return RowsAt(self._rows, self._places[at])
        return self._rows[self._places[at]]


class SourceRows(PackedRows[AnySourceRow]):
    """The rows of source records; those of people who stay are packed."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[str] = []
        self._keys: list[list[Hashable]] = [[]]
        """The keys of the rows at each level."""

    @classmethod
    def of(cls, rows: Sequence[AnySourceRow | Packed]) -> "SourceRows":
        """Return the rows packed; the same object if they already are."""
        if isinstance(rows, SourceRows):
            return rows
        made = cls()
        made.take(rows)
        return made

    def _none(self) -> "SourceRows":
        return SourceRows()

    def _packed(self, row: AnySourceRow) -> Packed | None:
        return (row.packed, row.packed_leaving) if isinstance(row, SteadyRow) else None

    def _made(self, packed: bytes, shared: Any) -> AnySourceRow:
        return steady_row(packed, shared)

    @property
    def shown(self) -> Sequence[str]:
        """The key by which each row is known."""
        if len(self._shown) < len(self):
            self._read_keys()
        return self._shown

    def forget_keys(self) -> None:
        """Free the memory of the keys; they are read again when they are asked for."""
        self._shown, self._keys = [], [[]]

    def _read_keys(self) -> None:
        """Read the keys of new rows."""
        for start in range(len(self._shown), len(self), _AT_A_TIME):
            some = self._decoded(_keys(), range(start, min(start + _AT_A_TIME, len(self))))
            rows: list[Any] = [each if each.__class__ is SourceRow else each.first for each in some]
            shown = [each.key for each in rows]
            self._shown += shown
            for level, column in enumerate(self._keys):
                column += [None] * len(rows) if level else shown
            for place, each in enumerate(rows, start):
                if each.__class__ is SourceRow:
                    self._set_keys(place, each.keys)
                elif each.own_keys is not None:
                    self._set_keys(place, unpacked_keys(each.own_keys))

    def _set_keys(self, place: int, keys: Sequence[Hashable]) -> None:
        while len(self._keys) < len(keys):
            self._keys.append([None] * len(self._shown))
        for level, column in enumerate(self._keys):
            key = keys[level] if level < len(keys) else None
            if column[place] != key:  # else it shares one text with the displayed key
                column[place] = key

    def keys(self, level: int, places: Sequence[int]) -> Sequence[Hashable]:
        """Return the key at one level of each row at some places; None where a row has none."""
        if len(self._shown) < len(self):
            self._read_keys()
        if level >= len(self._keys):
            return [None] * len(places)
        return list(map(self._keys[level].__getitem__, places))

    def by_key(self) -> Mapping[Hashable, int]:
        """Return the places of the packed rows, by first key."""
        keys = self.keys(0, range(len(self)))
        found: dict[Hashable, int] = dict(zip(keys, count(), strict=False))
        for place in self._others_at:
            if found.get(keys[place]) == place:
                del found[keys[place]]
        return found

    def names(self, places: Sequence[int] | None = None) -> Iterator[Any]:
        """Yield objects with the `source_id` and `label` of the rows at some places, or of all.

        For packed rows they also have `named`, as in `SteadyRow`, and their `key` in `first`.
        """
        return self._decoded(_names(), places)

    def ids(self, places: Sequence[int] | None = None) -> list[str]:
        """Return the ids of the rows at some places, or of all."""
        return list(map(attrgetter("source_id"), self._decoded(_ids(), places)))

    def but_without(self, words: Collection[bytes]) -> Iterator[AnySourceRow]:
        """Yield the rows in order, except those whose bytes contain none of some words."""
        found = any(each in self.packed for each in words)
        for row in self if found else self.others:
            if not isinstance(row, SteadyRow) or any(each in row.packed for each in words):
                yield row

    def said(
        self, places: Sequence[int], positions: Collection[int]
    ) -> Mapping[int, Sequence[Any]]:
        """Return what the packed rows at some places say of some fields."""
        decode = _cells(max(positions, default=-1) + 1)
        found = list(map(attrgetter("first.cells"), self._decoded(decode, places)))
        return {at: list(map(attrgetter(f"m{at}"), found)) for at in positions}


class TargetRows(PackedRows[AnyTargetRow]):
    """The rows of target records; one that agrees with a source row is packed as its place."""

    def __init__(self, source: SourceRows, silent: Iterable[int] = ()) -> None:
        super().__init__()
        self.source, self.silent = source, frozenset(silent)
        """The source rows, and the positions of the fields of which packed rows say nothing."""

    @classmethod
    def of(cls, rows: Sequence[AnyTargetRow], source: SourceRows) -> "TargetRows":
        """Return rows linked to those of the source; the same object if they already are."""
        if isinstance(rows, TargetRows) and rows.source.origin is source.origin:
            return rows
        made = cls(source)
        made.take(rows)
        return made

    def _none(self) -> "TargetRows":
        return TargetRows(self.source, self.silent)

    def _packed(self, _: AnyTargetRow) -> None:
        return None

    def _made(self, packed: bytes, shared: Any) -> AnyTargetRow:
        target_id, place = unpacker()(packed)
        row = self.source[place]
        assert isinstance(row, SteadyRow)
        return SameRow(target_id, row, shared)

    def keys(self, level: int, places: Sequence[int]) -> Sequence[Hashable]:
        """Return the key at one level of each row at some places, None where it has none."""
        known = self.source.keys(level, range(len(self.source)))
        return [
            next(iter(each.keys[level:]), None)
            if isinstance(each, TargetRow | SameRow)
            else known[each.place]
            for each in self.names(places)
        ]

    @property
    def besides(self) -> Sequence[Any]:
        """What the packed target rows hold where their source rows are silent, as in `SameRow`."""
        return self._shared[1:]

    def places(self) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
        """Return the places of packed rows, those of their source rows, and of all other rows."""
        is_packed = bytearray(b"\1") * len(self)
        for place in self._others_at:
            is_packed[place] = 0
        theirs = map(attrgetter("place"), compress(self.names(), is_packed))
        return array("I", compress(count(), is_packed)), array("I", theirs), self._others_at

    def names(self, places: Sequence[int] | None = None) -> Iterator[Any]:
        """Yield objects with the `target_id` of the rows at some places, or of all.

        For packed rows they also have the `place` of their source row.
        """
        return self._decoded(_targets(), places)

    def ids(self, places: Sequence[int] | None = None) -> list[str]:
        """Return the ids of the rows at some places, or of all."""
        return list(self.each_id(places))

    def each_id(self, places: Sequence[int] | None = None) -> Iterator[str]:
        """Yield what `ids` returns."""
        return map(attrgetter("target_id"), self._decoded(_target_ids(), places))


def with_more(rows: Sequence[Any], more: Sequence[Any]) -> Sequence[Any]:
    """Return rows with more appended."""
    return rows.and_also(more) if isinstance(rows, PackedRows) else (*rows, *more)


def others_of(rows: Sequence[T]) -> Sequence[T]:
    """Return the rows that are not packed; everyone who leaves or has left is among them."""
    return rows.others if isinstance(rows, PackedRows) else rows


def ids_of(rows: Sequence[AnySourceRow] | Sequence[AnyTargetRow]) -> list[str]:
    """Return the ids of all rows, in order."""
    return rows.ids() if isinstance(rows, SourceRows | TargetRows) else [row[0] for row in rows]


def with_ids(rows: Sequence[T], ids: Container[str]) -> list[T]:
    """Return the rows with these ids, in order."""
    return [rows[at] for at, id in enumerate(ids_of(rows)) if id in ids]


@cache
def _lists() -> _Decode:
    return lists_of(list)


@cache
def _keys() -> _Decode:
    return lists_of(packed_row(until="first"))


@cache
def _ids() -> _Decode:
    return lists_of(packed_row(until="source_id"))


@cache
def _names() -> _Decode:
    return lists_of(packed_row())


@cache
def _cells(number: int) -> _Decode:
    return lists_of(packed_row(number, until="first"))


@cache
def _targets() -> _Decode:
    return lists_of(beginning(("target_id", str), ("place", int)))


@cache
def _target_ids() -> _Decode:
    return lists_of(beginning(("target_id", str)))
