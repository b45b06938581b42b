"""When two values are equal, so that a target which normalises causes no update."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from enum import Enum
from typing import TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.parsing import NUMBER, number_of, parse_day
from oneway.core.paths import at, path_of
from oneway.core.records import MISSING, Value, is_blank
from oneway.core.redacted import Redacted
from oneway.core.unicode import composed


class Compare(Enum):
    """When two values are the same, so that a target which normalises causes no update."""

    EXACT = "exact"
    IGNORE_CASE = "ignore_case"
    TRIMMED = "trimmed"
    DATE = "date"
    NUMBER = "number"
    UNORDERED = "unordered"


@dataclass(frozen=True, slots=True)
class CompareItems:
    """Compares lists of objects by these paths of their items alone, in any order.

    Systems add keys of their own to the items that they are sent, and drop others.
    """

    by: tuple[str, ...]
    each: Compare = Compare.EXACT
    """How the values at a path are compared."""

    @property
    def value(self) -> str:
        """The comparison as messages name it."""
        each = "" if self.each is Compare.EXACT else f" ({self.each.value})"
        return f"by {', '.join(self.by)}{each}"

    def comparable(self, value: object) -> Hashable:
        """See `comparable`; a list is compared exactly if an item has none of the keys."""
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            return identity(value)
        found = [self.of_item(item) for item in value]
        if None in found:
            return identity(value)
        return ("items", frozenset(Counter(found).items()))

    def of_item(self, item: Mapping[str, Value]) -> Hashable:
        """Return what an item has at the paths, in comparable form; None if it has none of them."""
        held = (at(item, path_of(each)) for each in self.by)
        found = tuple(None if each is MISSING else comparable(each, self.each) for each in held)
        return None if set(found) == {None} else found


Comparison: TypeAlias = Compare | CompareItems
"""When two values of a field are the same."""


def identity(value: object) -> Hashable:
    """Return a hashable that is equal for two values exactly if they are the same JSON.

    `42` is not `"42"`, `true` is not `1`; `1` and `1.0` are one number, as in JSON. Texts that are
    canonically equal in Unicode are the same: some systems hold `é` as one character, others as an
    `e` and an accent.
    """
    if isinstance(value, str):
        return composed(value)  # unchanged: it contains no text
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, int | float):
        return ("number", value)
    if isinstance(value, list):
        return ("list", tuple(identity(item) for item in value))
    if isinstance(value, Mapping):
        return ("object", frozenset((key, identity(item)) for key, item in value.items()))
    return value


def comparable(value: object, compare: Comparison) -> Hashable:
    """Return a hashable that is equal for two values exactly where `compare` calls them the same.

    Values the comparison does not apply to, such as an invalid date, are compared exactly.
    All blank values are the same value.
    """
    if isinstance(value, str) and value.isascii():  # as nearly all are
        text = value.strip()
        if compare is Compare.EXACT:
            return value if text else None
        if compare is Compare.IGNORE_CASE:
            return value.lower() if text else None
    if is_blank(value):
        return None
    if isinstance(value, Redacted):
        return value.under(compare.value)
    if isinstance(compare, CompareItems):
        return compare.comparable(value)
    normal = _NORMAL.get(compare)
    return identity(value) if normal is None else normal(value)


def comparable_item(item: object, compare: Comparison) -> Hashable:
    """Return a hashable that is equal for two items of lists exactly where they are the same.

    Items are compared like values, but for blank ones, which are items of their own.
    """
    if isinstance(compare, CompareItems):
        found = compare.of_item(item) if isinstance(item, Mapping) else None
        return identity(item) if found is None else ("item", found)
    normal = None if compare is Compare.UNORDERED else _NORMAL.get(compare)
    return identity(item) if normal is None else normal(item)


def comparables(values: Iterable[object], compare: Comparison) -> list[Hashable]:
    """Return what `comparable` does of each of many values."""
    if compare not in (Compare.EXACT, Compare.IGNORE_CASE):
        return [comparable(value, compare) for value in values]
    exact = compare is Compare.EXACT
    # Text that begins with a letter or a sign, as nearly all does, is not blank.
    return [
        (value if exact else value.lower())
        if value.__class__ is str and value.isascii() and value[:1] > " "
        else comparable(value, compare)
        for value in values
    ]


def same(left: object, right: object, compare: Comparison = Compare.EXACT) -> bool:
    """Return whether two values are the same under a comparison; MISSING counts as blank."""
    left = None if left is MISSING else left
    right = None if right is MISSING else right
    if isinstance(left, str) and isinstance(right, str) and left == right:
        return True
    return comparable(left, compare) == comparable(right, compare)


def is_other_text(value: object, held: object) -> bool:
    """Return whether two values are plain texts, none of them blank, that are not the same.

    Of other texts, two that differ may be the same: blank ones, or forms of one in Unicode.
    """
    return (
        isinstance(value, str)
        and isinstance(held, str)
        and value != held
        and value.isascii()
        and held.isascii()
        and not (value.isspace() or held.isspace() or not value or not held)
    )


def _ignoring_case(value: object) -> Hashable:
    # Folding may decompose a letter again.
    return composed(composed(value).casefold()) if isinstance(value, str) else identity(value)


def _trimmed(value: object) -> Hashable:
    return composed(value.strip()) if isinstance(value, str) else identity(value)


def _as_date(value: object) -> Hashable:
    day = parse_day(value)
    return identity(value) if day is None else ("date", day.isoformat())


def _as_number(value: object) -> Hashable:
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        return ("number", number_of(value.strip()))
    return identity(value)


def _unordered(value: object) -> Hashable:
    if not isinstance(value, list):
        return identity(value)
    return ("unordered", frozenset(Counter(identity(item) for item in value).items()))


_NORMAL = {
    Compare.IGNORE_CASE: _ignoring_case,
    Compare.TRIMMED: _trimmed,
    Compare.DATE: _as_date,
    Compare.NUMBER: _as_number,
    Compare.UNORDERED: _unordered,
}
