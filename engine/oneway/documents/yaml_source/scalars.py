"""Resolves plain scalars by the core schema of YAML 1.2, in JSON's forms; the rest is text."""

import re

from oneway.core.records import Value

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MOST_DIGITS = 1_000
_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class NumberTooLarge(ValueError):
    """A number too large to represent."""


def plain(text: str) -> Value:
    """Return the value of a plain (not quoted) scalar; raise `NumberTooLarge`.

    Whole numbers are exact, however large. Numbers as YAML 1.1 had them (`0123`, `0x1F`,
    `1_000`, `12:30:45`, `.inf`) are text.
    """
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return _whole(text) if number.groups() == (None, None) else _fraction(text)


def _whole(text: str) -> int:
    # Python refuses to read or print whole numbers of more than 4,300 digits.
    if len(text) > _MOST_DIGITS:
        raise NumberTooLarge(f"a number of {len(text):,} digits is more than can be held")
    return int(text)


def _fraction(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NumberTooLarge("this number is larger than can be held")
    return value
