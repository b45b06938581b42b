"""Decides whether the last cell of a file without a final line end is complete.

A truncated cell is the beginning of a longer one. So a cell is complete if it ends like other cells
of its column, and none of them continues after such an ending.
"""

import re
from collections.abc import Iterable, Sequence

_FEW = 2
"""With this many distinct cells or fewer, a column shows no common ending."""
_SIGN = re.compile(r"([\W_])")


def is_whole(cell: str, above: Iterable[str]) -> bool:
    """Return whether a cell is certainly complete, judging by the other cells of its column."""
    different = set(above)
    if cell in different:
        return True
    others = [each.strip() for each in different if each.strip()]
    return _is_as_long(cell.strip(), others) or _ends_as(cell.strip(), others)


def _is_as_long(cell: str, others: Sequence[str]) -> bool:
    """Return whether all of several cells have the same length, like codes and days."""
    known = {cell, *others}
    return len(known) > _FEW and {*map(len, known)} == {len(cell)}


def _ends_as(cell: str, others: Sequence[str]) -> bool:
    """Return whether several others end alike (`.com`, `.50`), and none continues after that."""
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
