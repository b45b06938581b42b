"""Redacted values: they stand for sensitive ones when a plan is derived again from a snapshot."""

from collections.abc import Hashable
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.sealed import MASK


@dataclass(frozen=True, slots=True, repr=False)
class Redacted:
    """An unknown value: only what it equals, and its keyed digest.

    `same_as` is one word for every comparison, or a number for each: values that share it are
    equal. Numbers that differ only below `FORMS` stand for values that differ only in form.
    `facts` say how the value compares with that of the matched record, where planning asks for
    more than whether they are equal.
    """

    same_as: str | tuple[tuple[str, int], ...]
    digest: str = field(default="", compare=False)
    facts: tuple[str, ...] = field(default=(), compare=False)

    def under(self, comparison: str) -> Hashable:
        """Return a key that is equal for two values exactly if this comparison calls them equal."""
        if isinstance(self.same_as, str):
            return ("veiled", self.same_as)
        return next((("veiled", each) for each in self.same_as if each[0] == comparison), self)

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
