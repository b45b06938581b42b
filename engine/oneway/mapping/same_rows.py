"""Shortens the rows of target records that hold what a source record says.

That is nearly all of them: what such a row says stands in the source row already, and once the
two are compared, while both are at hand, the texts of the target record need not be kept.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeAlias

from oneway.core.packed import packer
from oneway.core.records import MISSING, Missing, Value
from oneway.mapping.packed_rows import Packed, SourceRows
from oneway.mapping.policy import Policy
from oneway.mapping.rows import Cell, CellState, TargetRow
from oneway.mapping.short_rows import AnyTargetRow

_MISSING = b"missing"
"""What the bytes of values contain if one is missing, or is a text that says so."""

_Held: TypeAlias = tuple[tuple[Value | Missing, ...], ...]


class SameRows:
    """The places of short source rows by their keys, and what each of them says there.

    `find` takes the first key of a record. `holds` returns whether some bytes are at a
    place among those of all rows, which start at `starts`. Where the first row is silent whatever
    its record holds, the others are expected to be: at the positions `silent`.
    """

    def __init__(self, policy: Policy, rows: SourceRows) -> None:
        self.rows = rows
        self._is_shown = len(policy.match) == 1 and policy.key_shown[0]
        found = rows.by_key()
        self.find: Callable[[Hashable], int | None] = found.get
        self.holds, self.starts = rows.packed.startswith, rows.starts
        first = next(iter(found.values()), None)
        cells = rows[first].cells if first is not None else ()
        self.silent = tuple(
            position
            for position, cell in enumerate(cells)
            if cell == _INACTIVE and position not in policy.watched
        )
        self._last: tuple[bytes, _Held, bool] = (b"", (), False)

    def shortened(self, targets: Sequence[TargetRow]) -> Sequence[AnyTargetRow | Packed]:
        """Return the rows, in their order, those short that may be."""
        return [self._short(each) or each for each in targets]

    def _short(self, each: TargetRow) -> Packed | None:
        place = self.find(each.keys[0]) if each.keys else None
        if place is None or each.left or each.scheduled or not each.values:
            return None
        if not each.keys_known or each.evaluation_error is not None or each.unsaid is not None:
            return None
        said: list[object] = list(each.values)
        for at in self.silent:
            said[at] = _INACTIVE
        if list in map(type, said):  # which may look like a cell without a value
            return None
        try:
            own = None if self._is_shown and each.keys == (each.key,) else each.keys
            packed = packer()((said, each.key, own))
            # No list is packed into what another one begins with.
            same = self.holds(packed, self.starts[place] + 1)
            if not same or (_MISSING in packed and MISSING in said):
                return None
            unsaid = tuple([each.values[at] for at in self.silent])
            beside, _ = self.beside((unsaid, each.leaving, each.condition_values))
            return packer()((each.target_id, place)), beside
        except (TypeError, ValueError, ArithmeticError):  # no JSON: a number too large
            return None

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


def _is_plain(held: _Held) -> bool:
    """Return whether only what is the same is equal to this: all of it is text or null."""
    return all(each is None or each.__class__ is str for part in held for each in part)


_INACTIVE = Cell(CellState.INACTIVE)
