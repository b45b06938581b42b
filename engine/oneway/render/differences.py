"""Shows how two values differ, so that a reviewer can see it even in long ones."""

from collections import Counter

from oneway.core.compare import identity
from oneway.core.phrases import count, some
from oneway.core.records import Value
from oneway.render.layout import MOST, clip, columns
from oneway.render.sanitize import quoted, shown

_WIDEST_ITEM = 300
"""Columns; enough for a person's address or bank account."""
_MOST_ITEMS = 20
_BEFORE = 15
"""How many characters are shown before the first difference."""


def apart(one: str, other: str, width: int = MOST) -> tuple[str, str]:
    """Return two values, clipped so that each shows the first difference."""
    unlike = (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    same = next(unlike, min(len(one), len(other)))
    if one == other or columns(one[:same]) + _BEFORE <= width or _fit(one, other, width):
        return clip(one, width), clip(other, width)
    begin = same - _BEFORE
    return clip(f"...{one[begin:]}", width), clip(f"...{other[begin:]}", width)


def of_parts(before: Value, after: Value, width: int = MOST) -> str:
    """Return what a list, or an object too wide to be shown, loses and gains; "" for other values.

    Lists everything that is lost, because the reviewer must see it.
    """
    if isinstance(before, list) and isinstance(after, list):
        return list_change(before, after)
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return ""
    if _fit(shown(before), shown(after), width):
        return ""
    return "; ".join(
        f"{quoted(key)}: {_of_part(before, after, key)}"
        for key in {**before, **after}
        if _part(before, key) != _part(after, key)
    )


def _of_part(before: dict[str, Value], after: dict[str, Value], key: str) -> str:
    if key in before and key in after and (said := of_parts(before[key], after[key])):
        return said
    return " -> ".join(apart(_part(before, key), _part(after, key), _WIDEST_ITEM))


def _part(whole: dict[str, Value], key: str) -> str:
    return shown(whole[key]) if key in whole else "absent"


def _fit(one: str, other: str, width: int) -> bool:
    return max(columns(one), columns(other)) <= width


def list_change(before: list[Value], after: list[Value]) -> str:
    """Return the items that a list loses and gains, each clipped to a readable width.

    Lists every lost item, because the reviewer must see it.
    """
    lost, gained = _without(before, after), _without(after, before)
    if len(lost) == len(gained) == 1:
        gone, come = apart(shown(lost[0]), shown(gained[0]), _WIDEST_ITEM)
        said = [f"loses {gone}", f"gains {come}"]
    else:
        said = [f"loses {_items(lost, len(lost))}"] if lost else []
        said += [f"gains {_items(gained)}"] if gained else []
    kept = len(before) - len(lost)
    said += [f"keeps {count(kept, 'item')}"] if kept else []
    return "; ".join(said) if lost or gained else f"{_items(before)} in another order"


def _without(items: list[Value], others: list[Value]) -> list[Value]:
    """Return the items missing from the others, counting equal ones."""
    left = Counter(map(identity, others))
    found = []
    for item in items:
        if left[identity(item)]:
            left[identity(item)] -= 1
        else:
            found.append(item)
    return found


def _items(items: list[Value], most: int = _MOST_ITEMS) -> str:
    return some([clip(shown(item), _WIDEST_ITEM) for item in items], most)
