"""Unicode forms: one text may be written as several sequences of code points."""

import re
import sys
from functools import cache
from typing import Literal, TypeAlias
from unicodedata import combining, normalize

from oneway.core.records import Value

Form: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]
"""A form of Unicode's."""


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
