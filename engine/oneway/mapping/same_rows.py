"""Shortens the rows of target records that hold what a source record says.

That is nearly all of them: what such a row says stands in the source row already, and once the
two are compared, while both are at hand, the texts of the target record need not be kept.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from oneway.core.packed import packer
from oneway.core.records import Missing, Value
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
"""What is in the bytes of values of which one is missing, or a text that says so."""

_Held: TypeAlias = tuple[tuple[Value | Missing, ...], ...]


class SameRows:
    """The short source rows by their keys, and what each of them says in the same places.

    Where the first of them is silent whatever its record holds, the others are expected to be.
    """

    def __init__(self, policy: Policy, rows: Iterable[AnySourceRow]) -> None:
        self._rows: dict[tuple[Hashable, ...], SteadyRow] = {
            row[3]: row for row in rows if isinstance(row, SteadyRow)
        }
        first = next(iter(self._rows.values()), None)
        cells = first.cells if first is not None else ()
        self._silent: Mapping[int, Cell] = {
            position: cell
            for position, cell in enumerate(cells)
            if cell == _INACTIVE and position not in policy.watched
        }
        self._last: tuple[bytes, _Held, bool] = (b"", (), False)

    def shortened(self, targets: Sequence[TargetRow]) -> Sequence[AnyTargetRow]:
        """Return the rows, in their order, those short that may be."""
        find, pack, silent, made = self._rows.get, packer(), self._silent, _made
        last, beside, plain = self._last
        found: list[AnyTargetRow] = []
        for each in targets:
            # Taken apart once: each name of a named tuple takes as long as a comparison.
            id, key, keys, left, scheduled, values, leaving, error, known, unsaid, told = each
            row = find(keys)
            short: SameRow | None = None
            if row is not None and not (left or scheduled) and key == row[1] and values:
                said: Sequence[object] = values
                if silent:
                    said = [silent.get(at, value) for at, value in enumerate(values)]
                try:
                    same = pack(said) == row[5] and _MISSING not in row[5]
                    if same and known and error is None and unsaid is None:
                        unsaid_of = tuple([values[at] for at in silent]) if silent else ()
                        held = (unsaid_of, leaving, told)
                        if not (plain and held == beside):
                            packed = pack(held)
                            if packed != last or _MISSING in packed:  # one object for all the same
                                last, beside, plain = packed, held, _is_plain(held)
                        short = made((id, row, beside))
                except (TypeError, ValueError, ArithmeticError):  # no JSON: a number too large
                    pass
            found.append(short or each)
        self._last = last, beside, plain
        return found


def _is_plain(held: _Held) -> bool:
    """Return whether only what is the same is equal to this: all of it is text or null."""
    return all(each is None or each.__class__ is str for part in held for each in part)


_made: Callable[[tuple[str, SteadyRow, _Held]], SameRow] = partial(tuple.__new__, SameRow)
"""Much quicker than the class, whose own function is Python's."""
_INACTIVE = Cell(CellState.INACTIVE)
