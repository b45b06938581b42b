"""Shortens the rows of target records that hold what a source record says.

That is nearly all of them: what such a row says stands in the source row already, and once the
two are compared, while both are at hand, the texts of the target record need not be kept.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import TypeAlias

from oneway.core.packed import packer
from oneway.core.records import MISSING, Missing, Value
from oneway.mapping.program import (
    AnySourceRow,
    AnyTargetRow,
    Cell,
    CellState,
    Policy,
    SameRow,
    SteadyRow,
    TargetRow,
)

_MISSING = b"missing"
"""What the bytes of values contain if one is missing, or is a text that says so."""

_Held: TypeAlias = tuple[tuple[Value | Missing, ...], ...]


class SameRows:
    """The short source rows by their keys, and what each of them says in the same places.

    `find` takes all keys of a record, or the only one. Where the first row is silent whatever its
    record holds, the others are expected to be: at the positions `silent`.
    """

    def __init__(self, policy: Policy, rows: Iterable[AnySourceRow]) -> None:
        found = {
            row[1] if row[2] is None else _found_by(row.keys): row
            for row in rows
            if isinstance(row, SteadyRow)
        }
        self.find: Callable[[Hashable], SteadyRow | None] = found.get
        first = next(iter(found.values()), None)
        cells = first.cells if first is not None else ()
        self.silent = tuple(
            position
            for position, cell in enumerate(cells)
            if cell == _INACTIVE and position not in policy.watched
        )
        self._last: tuple[bytes, _Held, bool] = (b"", (), False)

    def shortened(self, targets: Sequence[TargetRow]) -> Sequence[AnyTargetRow]:
        """Return the rows, in their order, those short that may be."""
        return [self._short(each) or each for each in targets]

    def _short(self, each: TargetRow) -> SameRow | None:
        row = self.find(_found_by(each.keys))
        if row is None or each.left or each.scheduled or each.key != row[1] or not each.values:
            return None
        if not each.keys_known or each.evaluation_error is not None or each.unsaid is not None:
            return None
        said: list[object] = list(each.values)
        for at in self.silent:
            said[at] = _INACTIVE
        if list in map(type, said):  # which may look like a cell without a value
            return None
        try:
            packed = packer()(said)
            # No list is packed into what another one begins with.
            if not row[4].startswith(packed, 1) or (_MISSING in packed and MISSING in said):
                return None
            unsaid = tuple([each.values[at] for at in self.silent])
            beside, _ = self.beside((unsaid, each.leaving, each.told))
        except (TypeError, ValueError, ArithmeticError):  # no JSON: a number too large
            return None
        return _made((each.target_id, row, beside))

    def beside(self, held: _Held) -> tuple[_Held, bool]:
        """Return what stands beside a short row, as one object for all the same.

        With it, whether only what is the same is equal to it.
        """
        last, found, plain = self._last
        packed = packer()(held)
        if packed != last or _MISSING in packed:
            found, plain = held, _is_plain(held)
            self._last = packed, found, plain
        return found, plain


def _found_by(keys: tuple[Hashable, ...]) -> Hashable:
    return keys[0] if len(keys) == 1 else keys


def _is_plain(held: _Held) -> bool:
    """Return whether only what is the same is equal to this: all of it is text or null."""
    return all(each is None or each.__class__ is str for part in held for each in part)


_made: Callable[[tuple[str, SteadyRow, _Held]], SameRow] = partial(tuple.__new__, SameRow)
"""Much quicker than the class, whose own function is Python's."""
_INACTIVE = Cell(CellState.INACTIVE)
