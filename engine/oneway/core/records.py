"""Records and snapshots; when a value is blank, and when two values are equal.

A record is what one system holds about one person, as plain JSON data: None, bool, int,
float, str, list, dict. Records are read whole and never changed.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Generic, Literal, TypeAlias, TypeVar, Union
from unicodedata import category, combining, normalize

from oneway.core.dataclass import dataclass
from oneway.core.sealed import MASK

# Not written with `|`: a union of text has none at run time, and unions of it are needed.
Value: TypeAlias = Union[bool, int, float, str, "list[Value]", "dict[str, Value]", None]


Form: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]
"""A form of Unicode's."""


ItemPath: TypeAlias = tuple[tuple[str, ...], ...]
"""A place within lists: (("jobs",), ("status",)) is `jobs[].status`, (("tags",), ()) `tags[]`."""


class Missing(Enum):
    """The value of a key that a record does not have: not null, not blank."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a system: the system's own id for it, and all its data.

    `problem` is set by a connector that could not make a record of what it read; such a record
    becomes an `error` outcome and affects no other. Its `data` are then empty, or identify the
    person. `damage` says why text of a record must not be written elsewhere, such as letters lost
    in an export: an `error` too for a source record, but not for a target record, which the sync
    may mend. `lost` are the paths whose values are wrong, where it is known that all other values
    are right; the data may lack these paths. `cut` says that these values may be right all the
    same, as the last ones of a file whose last line has no end. `place` is where a record with a
    problem stands, such as the line of a file, if that is not its id already.
    """

    id: str
    data: Mapping[str, Value]
    problem: str = ""
    damage: str = ""
    lost: tuple[tuple[str, ...], ...] = ()
    place: str = ""
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one read of a resource returned.

    `complete` is False where any record may be missing: then nothing may be concluded from
    a record's absence. `problems` says in words why.
    """

    records: tuple[Record, ...]
    complete: bool = True
    problems: tuple[str, ...] = ()


T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Collected(Generic[T_co]):
    """What was made of each record of one read; the records themselves are not kept.

    `complete` and `problems` are those of the snapshot that the read would have returned.
    """

    items: Sequence[T_co]
    complete: bool = True
    problems: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True, repr=False)
class Redacted:
    """An unknown value: only what it equals, and its keyed digest.

    It stands for a sensitive value when a plan is derived again from a snapshot. `same_as` is one
    word for every comparison, or a number for each: values that share it are equal. Numbers that
    differ only below `FORMS` stand for values that differ only in form. `facts` say how the value
    compares with that of the matched record, where planning asks for more than whether they are
    equal.
    """

    same_as: str | tuple[tuple[str, int], ...]
    digest: str = field(default="", compare=False)
    facts: tuple[str, ...] = field(default=(), compare=False)

    def under(self, compare: Comparison) -> Hashable:
        """Return a key that is equal for two values exactly if `compare` calls them the same."""
        if isinstance(self.same_as, str):
            return ("veiled", self.same_as)
        return next((("veiled", each) for each in self.same_as if each[0] == compare.value), self)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__


FORMS = 1_000_000
"""How many values that differ only in form a number of `Redacted` tells apart."""
SAME_AS_ID = "id"
"""The word for a match value that is the id of its source record."""
MARK, EMAIL, ITEM = MARKS = ("mark", "email", "item")
"""What a number of `Redacted` stands for, if not for a comparison: what the value has in common
with others of the same person (`oneway.planning.similar.marks`). `ITEM` is an email in a list."""
WORD = "word"
"""Stands for a word of a name (`oneway.planning.similar.same_person`)."""
CONSTANT = "constant"
"""Says that the value is a constant of the mapping."""
LOST, ADDED, BEGUN, DEPARTED, GIVEN = "lost", "added", "begun", "departed", "given"
"""The facts of `Redacted`. Of a source record's value: the target's value has letters where it has
question marks; the target's list holds all its items; the target's value is a day that is no later.
`DEPARTED` stands on the value for records without a source record, and on each day in the target
that is no later. `GIVEN` is on a value in the target that a return would not change."""


def known_of(value: object) -> tuple[tuple[str, int], ...]:
    """Return the numbers of a redacted value, which may be the only item of a list."""
    redacted = redacted_of(value)
    found = redacted.same_as if redacted is not None else ()
    return () if isinstance(found, str) else found


def facts_of(value: object) -> tuple[str, ...]:
    """Return the facts of a redacted value, which may be the only item of a list."""
    redacted = redacted_of(value)
    return redacted.facts if redacted is not None else ()


def redacted_of(value: object) -> Redacted | None:
    """Return a redacted value, which may be the only item of a list; None for any other value."""
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    return value if isinstance(value, Redacted) else None


def is_blank(value: object) -> bool:
    """Return whether a value is null, text that shows nothing, or an empty list or object."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip() or not (value.isascii() or any(map(_is_seen, value)))
    return isinstance(value, list | dict) and not value


def _is_seen(letter: str) -> bool:
    return not (letter.isspace() or letter in FILLERS or category(letter) in ("Cc", "Cf"))


FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(point)
    for part in ((0x180B, 0x1810), (0xFE00, 0xFE10), (0xE0100, 0xE01F0))
    for point in range(*part)
}
"""Characters that Unicode calls ignorable, other than format characters, and Braille's blank."""


def holds(value: object) -> bool:
    """Return whether a condition holds: everything but blank and `false` does (0 holds)."""
    return value is not False and not is_blank(value)


@lru_cache(maxsize=4096)
def path_of(text: str) -> tuple[str, ...]:
    """Return the keys of a path: `bankDetails.sortCode` has two.

    A key that holds a dot, a space or a quote stands between double quotes, as in
    `address."Post Code"`. Text that is no path of plain and quoted keys, such as the heading
    `N.I. Number`, is one key as it stands.
    """
    if '"' not in text and not _SPACE.search(text):
        keys = tuple(text.split("."))
        return keys if all(keys) else (text,)
    if not re.fullmatch(_PATH, text):
        return (text,)
    return tuple(_unquoted(key) for key in re.findall(_KEY, text, re.DOTALL))


def path_text(keys: Iterable[str]) -> str:
    """Return the text of a path, the one that `path_of` takes back to the same keys."""
    found = tuple(keys)
    if len(found) == 1 and path_of(found[0]) == found:
        return found[0]
    return ".".join(key if _PLAIN.fullmatch(key) else _quoted(key) for key in found)


def as_written(constant: Value) -> str:
    """Return a constant as people write it: text as it is, anything else as JSON."""
    return constant if isinstance(constant, str) else json.dumps(constant, ensure_ascii=False)


def item_text(path: ItemPath) -> str:
    """Return the text of a place within lists: `jobs[].status`."""
    first, *inner = map(path_text, path)
    return first + "".join(f"[].{each}" if each else "[]" for each in inner)


def _quoted(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(key: str) -> str:
    return re.sub(_ESCAPE, r"\1", key[1:-1]) if key.startswith('"') else key


_SPACE = re.compile(r"\s")
_PLAIN = re.compile(r'[^.\s"]+')
_KEY = r'"(?:[^"\\]|\\.)*"|[^.\s"]+'
_PATH = rf"(?s)(?:{_KEY})(?:\.(?:{_KEY}))*"
_ESCAPE = r"(?s)\\(.)"


def overlap(one: str, other: str) -> bool:
    """Return whether two paths are equal, or one leads into the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def keys_overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two paths, as their keys, are equal, or one leads into the other."""
    return one[: len(other)] == other[: len(one)]


def at(data: Mapping[str, Value], path: Iterable[str]) -> Value | Missing:
    """Return the value at a path, or MISSING where a key on the way is absent."""
    value: Value = data  # type: ignore[assignment]  # a record's data is an object
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return MISSING
        value = value[key]
    return value


def with_value(data: Mapping[str, Value], path: tuple[str, ...], value: Value) -> dict[str, Value]:
    """Return a copy of the data with the value at a path; objects on the way are made."""
    head, *rest = path
    copy = dict(data)
    if rest:
        inner = copy.get(head)
        copy[head] = with_value(inner if isinstance(inner, dict) else {}, tuple(rest), value)
    else:
        copy[head] = value
    return copy


def without_path(data: Mapping[str, Value], path: tuple[str, ...]) -> dict[str, Value]:
    """Return a copy of the data without a path."""
    head, *rest = path
    inner = data.get(head)
    if not rest:
        return {name: value for name, value in data.items() if name != head}
    changed = {head: without_path(inner, tuple(rest))} if isinstance(inner, dict) else {}
    return {**data, **changed}


def id_text(value: object) -> str:
    """Return a system's id (text or a whole number) as text; "" if it is invalid."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return str(int(value))
    fit = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value) if fit else ""


_EXACT = 2**53
"""Below this limit, every whole number is exact as a float."""


def is_scalar(value: object) -> bool:
    """Return whether a value is text, a number or a boolean: not null, a list or an object."""
    return isinstance(value, str | int | float)


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


def encodable(text: str) -> bool:
    """Return whether UTF-8 can carry a text: it has no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def composed(text: str) -> str:
    """Return a text in Unicode's composed form (NFC), in which equal texts are identical."""
    return text if text.isascii() else normal(text, "NFC")


def normal(text: str, form: Form) -> str:
    """Return a text in a Unicode form; one with hundreds of marks on a letter, unchanged.

    Sorting a letter's marks takes quadratic time. Thirty are the most in real text (UAX #15,
    stream-safe text).
    """
    short = len(text) <= _MARKED or not _many_marks().search(text)
    return normalize(form, text) if short else text


@cache
def _many_marks() -> re.Pattern[str]:
    marks = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if combining(c))
    return re.compile(f"[{marks}]{{{_MARKED}}}")


_MARKED = 200


def forms_of(value: Value) -> tuple[Value, ...]:
    """Return a value in each form that a system may hold it in, its own first."""
    if not isinstance(value, str) or value.isascii():
        return (value,)
    return tuple(dict.fromkeys((value, normal(value, "NFC"), normal(value, "NFD"))))


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
        return value.under(compare)
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


def number_of(text: str) -> int | float:
    """Return the number that text in the form of `NUMBER` says; a whole one exactly."""
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _unordered(value: object) -> Hashable:
    if not isinstance(value, list):
        return identity(value)
    return ("unordered", frozenset(Counter(identity(item) for item in value).items()))


NUMBER = re.compile(r"[+-]?([0-9]{1,300}(\.[0-9]{0,300})?|\.[0-9]{1,300})([eE][+-]?[0-9]{1,3})?")
"""A number as text, in ASCII digits: `１２` is not one, nor is `1_000`."""
_INTEGER = re.compile(r"[+-]?[0-9]+")
ISO_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NORMAL = {
    Compare.IGNORE_CASE: _ignoring_case,
    Compare.TRIMMED: _trimmed,
    Compare.DATE: _as_date,
    Compare.NUMBER: _as_number,
    Compare.UNORDERED: _unordered,
}


def parse_day(value: object) -> date | None:
    """Return the day of an ISO 8601 date or date-time text as it is written, or None.

    The zone is not converted: `2026-03-31T23:30:00Z` is the 31st in every zone.
    """
    if not isinstance(value, str):
        return None
    text = value.strip()
    if not text[:1].isdigit():  # as nearly all texts: Python finds out by an exception
        return None
    try:
        if len(text) <= 10:
            return date.fromisoformat(text) if ISO_DAY.fullmatch(text) else None
        return datetime.fromisoformat(text).date() if text.isascii() else None
    except ValueError:
        return None
