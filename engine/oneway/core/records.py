"""Records and snapshots: what a system holds about people, and when a value counts as blank.

A record is what one system holds about one person, as plain JSON data: None, bool, int,
float, str, list, dict. Records are read whole and never changed.
"""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Generic, TypeAlias, TypeVar, Union
from unicodedata import category

from oneway.core.dataclass import dataclass

# Not written with `|`: a union of text has none at run time, and unions of it are needed.
Value: TypeAlias = Union[bool, int, float, str, "list[Value]", "dict[str, Value]", None]


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


def as_written(constant: Value) -> str:
    """Return a constant as people write it: text as it is, anything else as JSON."""
    return constant if isinstance(constant, str) else json.dumps(constant, ensure_ascii=False)


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
