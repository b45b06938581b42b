"""Short forms of the rows of people who stay: nearly all rows, in a fraction of the memory.

A `SteadyRow` stands for a `SourceRow`, and a `SameRow` for the `TargetRow` that holds what it says.
`whole` and `whole_target` return the full rows.
"""

from collections.abc import Callable, Hashable, Sequence
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple, TypeAlias

from oneway.core.packed import beginning, unpacker, unpacker_of
from oneway.core.records import Missing, Value
from oneway.mapping.rows import STATED, Cell, CellState, SourceRow, TargetRow


class SteadyRow(NamedTuple):
    """The short source row of a person who is in order and stays: nearly all rows.

    `packed` holds all of the row except `packed_leaving`: a list of the cells, the key and the own
    keys, then the own values, the id, `named`, and the label. A cell that states text, a whole
    number or a boolean is packed as that value alone. `named` says whether all identifying fields
    state text. `own_keys` and `own_values` are None if `key` is the only match key and its value.
    """

    source_id: str
    key: str
    own_keys: tuple[Hashable, ...] | None
    own_values: tuple[Value, ...] | None
    packed_leaving: bytes
    named: bool
    packed: bytes

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """See `SourceRow`."""
        return (self.key,) if self.own_keys is None else self.own_keys

    @property
    def key_values(self) -> tuple[Value, ...]:
        """See `SourceRow`."""
        return (self.key,) if self.own_values is None else self.own_values

    @property
    def label(self) -> str:
        """See `SourceRow`."""
        label: str = unpacker()(self.packed)[-1]
        return label

    @property
    def leaver(self) -> bool:
        """False: a leaver's row is never short."""
        return False

    @property
    def cells(self) -> tuple[Cell, ...]:
        """See `SourceRow`."""
        return _cells(self.said)

    @property
    def said(self) -> list[Any]:
        """The cells as they are packed; a cell without a plain value is a list."""
        said: list[Any] = unpacker()(self.packed)[0][0]
        return said

    @property
    def leaving(self) -> tuple[Cell, ...]:
        """See `SourceRow`."""
        return unpacked_leaving(self.packed_leaving)


def steady_row(packed: bytes, leaving: bytes) -> SteadyRow:
    """Return the row that is packed in these bytes."""
    each = _unpack_steady()(packed)
    own = each.first.own_keys
    keys = None if own is None else unpacked_keys(own)
    values = None if each.own_values is None else tuple(each.own_values)
    return _steady((each.source_id, each.first.key, keys, values, leaving, each.named, packed))


_steady: Callable[[tuple[object, ...]], SteadyRow] = partial(tuple.__new__, SteadyRow)


@cache
def _unpack_steady() -> Callable[[bytes], Any]:
    return unpacker_of(packed_row(until="named"))


def packed_row(cells: int = 0, until: str = "label") -> Any:
    """Return the type that unpacks this many cells of a row, and the fields up to `until`."""
    first = beginning(*((f"m{at}", Any) for at in range(cells)))
    fields = {
        "first": beginning(("cells", first), ("key", str), ("own_keys", list | None)),
        "own_values": list | None,
        "source_id": str,
        "named": bool,
        "label": str,
    }
    last = list(fields).index(until)
    return beginning(*list(fields.items())[: last + 1])


def unpacked_keys(keys: Sequence[Any]) -> tuple[Hashable, ...]:
    """Return keys as they were before packing: each is a scalar, or a tuple of keys."""
    return tuple([unpacked_keys(each) if isinstance(each, list) else each for each in keys])


PLAIN = frozenset({str, int, bool})
"""Classes whose equal values are equal under every `compare` of a mapping."""
AnySourceRow: TypeAlias = SourceRow | SteadyRow


def cell_of(said: Value | Cell) -> Cell:
    """Return the cell that a plain value of a short row stands for."""
    return said if isinstance(said, Cell) else _cell((STATED, said, None, None, False, "", None))


def _cells(said: Sequence[Any]) -> tuple[Cell, ...]:
    made, stated = _cell, CellState.STATED
    return tuple([
        made((CellState(each[0]), *each[1:]))
        if each.__class__ is list  # a cell; no plain value is one
        else made((stated, each, None, None, False, "", None))
        for each in said
    ])  # fmt: skip


@lru_cache  # nearly everybody has the same
def unpacked_leaving(packed: bytes) -> tuple[Cell, ...]:
    """Return the cells of `leaving` that are packed in these bytes."""
    return _cells(unpacker()(packed))


_cell: Callable[[tuple[object, ...]], Cell] = partial(tuple.__new__, Cell)
"""Much faster than calling the class, whose `__new__` is written in Python."""


def whole(row: AnySourceRow) -> SourceRow:
    """Return a source row in its full form."""
    if isinstance(row, SourceRow):
        return row
    (said, *_), *_, label = unpacker()(row.packed)
    names = (row.source_id, row.key, label, row.keys, row.key_values)
    cells = _cells(said), unpacked_leaving(row.packed_leaving)
    return _row(names + _BEFORE + cells + _AFTER)


_STAYING = SourceRow("", "", "", ())
_BEFORE, _AFTER = _STAYING[5:8], _STAYING[10:]
"""The other columns of a row of a person who stays."""
_row: Callable[[tuple[object, ...]], SourceRow] = partial(tuple.__new__, SourceRow)


class SameRow(NamedTuple):
    """The short row of a target record that holds exactly what its source record states.

    It has not left, and is not due to leave. `beside` is what it holds in fields that the source
    record does not state, in the fields of leavers, and at the paths of `Policy.condition_paths`.
    """

    target_id: str
    row: SteadyRow
    beside: tuple[tuple[Value | Missing, ...], ...]

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """See `SourceRow`."""
        return self.row.keys

    @property
    def values(self) -> tuple[Value | Missing, ...]:
        """See `TargetRow`."""
        return held_values(self.row.said, self.beside[0])

    @property
    def key(self) -> str:
        """See `TargetRow`."""
        return self.row.key

    @property
    def left(self) -> bool:
        """False: the row of a record that has left is never short."""
        return False


AnyTargetRow: TypeAlias = TargetRow | SameRow


def held_values(
    said: Sequence[Any], silent: Sequence[Value | Missing]
) -> tuple[Value | Missing, ...]:
    """Fill the fields that a source row does not state with what the target record holds."""
    if not silent:
        return tuple(said)
    others = iter(silent)
    return tuple([next(others) if each.__class__ is list else each for each in said])


def whole_target(row: AnyTargetRow) -> TargetRow:
    """Return a target row in its full form."""
    if isinstance(row, TargetRow):
        return row
    _, leaving, conditions = row.beside
    return TargetRow(
        row.target_id,
        row.key,
        row.keys,
        values=row.values,
        leaving=leaving,
        condition_values=conditions,
    )
