"""Recognises headings that name a key: "Staff No", "Staff #", `payrollCode`, "Employee ID"."""

import re

_KEY = re.compile(
    r"(employ(ee|ment)?|emp|staff|payroll|person(nel)?|worker|works?|user|member|external|unique)?"
    r"(no|nr|num|number|id|code|ref|reference|key)"
)
_FIRST = ("id", "uid")


def letters(name: str) -> str:
    """Return a name's letters and digits in lower case: "Payroll No." is "payrollno"."""
    return "".join(c for c in name.casefold() if c.isalnum())


def names_key(name: str) -> bool:
    """Return whether a heading says that it tells people apart."""
    return _KEY.fullmatch(letters(name.replace("#", "no"))) is not None


def key_rank(name: str) -> int:
    """Return how well a heading names its record's key: 0 is best, 3 is not at all.

    An email address tells people apart too, and changes with their name.
    """
    plain = letters(name)
    if plain in _FIRST:
        return 0
    return 1 if names_key(name) else 2 if "email" in plain else 3
