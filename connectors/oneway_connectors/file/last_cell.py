"""Tells whether the last cell of a file, which no line end follows, is whole.

A cell that was cut off is the beginning of another one. So it is whole if it ends as other cells of
its column do, and none of them goes on where it ends.
"""

import re
from collections.abc import Iterable, Sequence

_FEW = 2
"""How many different cells are too few to say how those of their column end."""
_SIGN = re.compile(r"([\W_])")


def is_whole(cell: str, above: Iterable[str]) -> bool:
    """Return whether a cell is certain to be whole, by the other cells of its column."""
    different = set(above)
    if cell in different:
        return True
    others = [each.strip() for each in different if each.strip()]
    return _is_as_long(cell.strip(), others) or _ends_as(cell.strip(), others)


def _is_as_long(cell: str, others: Sequence[str]) -> bool:
    """Return whether several cells are all as long, as codes and days are."""
    known = {cell, *others}
    return len(known) > _FEW and {*map(len, known)} == {len(cell)}


def _ends_as(cell: str, others: Sequence[str]) -> bool:
    """Return whether several others end alike, as in `.com` or `.50`, and none goes on there."""
    *_, sign, last = ("", "", *_SIGN.split(cell))
    if not sign or not last:
        return False
    if last.isdigit():
        return _ends_as_numbers(cell, others)
    ending = sign + last
    return (
        not any(ending in each[:-1] for each in others)
        and sum(each.endswith(ending) for each in others) >= _FEW
    )


def _ends_as_numbers(cell: str, others: Sequence[str]) -> bool:
    """Return whether all others with these signs have no more of them, and end as long a number."""
    *before, last = _SIGN.split(cell)
    signs = before[1::2]
    alike = 0
    for other in map(_SIGN.split, others):
        found = other[1::2]
        if found[: len(signs)] != signs:
            continue
        if len(found) > len(signs) or not other[-1].isdigit() or len(other[-1]) != len(last):
            return False
        alike += 1
    return alike > _FEW
