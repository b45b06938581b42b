"""Tells whether two words are probably the same: in another form, mistyped, or abbreviated."""

import re
from collections.abc import Iterable
from unicodedata import category

from oneway.core.records import FILLERS
from oneway.core.unicode import normal

_SHORT = 4
"""A shorter word is a code: `M` is not a slip for `F`."""
_LONG = 8
"""From this length on, two slips are forgiven."""
_ALIKE = 0.6
_FORM = re.compile(r"[\W_]+")
_DIGITS = "[0-9]+"
_NEGATIONS = frozenset({"not", "non", "no", "never", "ex", "former", "without"})
"""Words that turn a word into its opposite."""


def visible(text: str) -> str:
    """Return a text without invisible characters; spaces stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        each
        for each in text
        if each.isspace() or (category(each)[0] != "C" and each not in FILLERS)
    )


def spelt(text: str) -> str:
    """Return the part of a text that is not a matter of spelling, without spaces; see `folded`."""
    return "".join(folded(text).split())


def folded(text: str) -> str:
    """Return a form of a text that is equal for texts that differ only in spelling.

    That is, in case, in invisible characters, or in the form of a letter, a dash or an apostrophe;
    the dots of the Turkish i count as case.
    """
    if text.isascii() and text.isprintable():
        return text.casefold()
    found = normal(normal(visible(text), "NFKC").casefold(), "NFKC")
    return found.replace("i\u0307", "i").translate(_PLAIN)


_PLAIN = str.maketrans(
    {
        "\u0131": "i",
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u02bc\u00b4\u2032", "'"),
    }
)


def one_form(word: str) -> str:
    """Return a form of a word that is equal if only case, spaces and marks differ."""
    folded = normal(word, "NFKC").casefold()
    return _FORM.sub("", folded) or folded.strip()


def is_slip(word: str, other: str) -> bool:
    """Return whether one word is probably the other, mistyped or written in another form.

    Words that differ in their numbers are two words: `Grade 1` and `Grade 2`.
    """
    left, right = one_form(word), one_form(other)
    if left == right:
        return True
    shorter = min(len(left), len(right))
    if shorter < _SHORT or re.findall(_DIGITS, left) != re.findall(_DIGITS, right):
        return False
    if shorter < _LONG:
        return _within(left, right, 1)
    return left[0] == right[0] and _within(left, right, 2)


def slips(word: str, known: Iterable[str]) -> list[str]:
    """Return the known words that are probably this one, nearest first."""
    found = sorted({each for each in known if is_slip(word, each)})
    return sorted(found, key=lambda each: (one_form(each) != one_form(word), -_ratio(word, each)))


def only_slip(word: str, known: Iterable[str]) -> str:
    """Return the only known word that this one is a slip of; "" if there is none, or several."""
    found = slips(word, known)
    return found[0] if len(found) == 1 else ""


def is_part(word: str, other: str) -> bool:
    """Return whether one word adds to the other: `Agency` and `Agency worker`.

    It begins with the other, or contains it in whole words. An added number or `not` makes it
    another word.
    """
    short, long = sorted((_parts(word), _parts(other)), key=lambda each: len("".join(each)))
    letters = "".join(short)
    if _NEGATIONS & (set(short) ^ set(long)):
        return False
    if re.findall(_DIGITS, letters) != re.findall(_DIGITS, "".join(long)):
        return False
    if len(letters) >= _SHORT and "".join(long).startswith(letters):
        return True
    return len(letters) > 1 and f" {' '.join(short)} " in f" {' '.join(long)} "


def parts(word: str, known: Iterable[str]) -> list[str]:
    """Return the known words that add to this one or shorten it, nearest first."""
    found = sorted({each for each in known if is_part(word, each)})
    return sorted(found, key=lambda each: -_ratio(word, each))


def alike(word: str, known: Iterable[str]) -> list[str]:
    """Return the known words that may stand for this one, nearest first.

    `Dept` may stand for `Department`, and `Leaving Date` for `Date of Leaving`.
    """
    found = sorted({each for each in known if _is_alike(word, each)})
    return sorted(found, key=lambda each: -_ratio(word, each))


def _is_alike(word: str, other: str) -> bool:
    left, right = one_form(word), one_form(other)
    shares = _words(word) & _words(other)
    return bool(shares) or _ratio(word, other) >= _ALIKE or _shortens(left, right)


def _words(text: str) -> set[str]:
    parts = re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", text)
    return {part.casefold() for part in parts if len(part) >= _SHORT}


def _parts(text: str) -> list[str]:
    return [part for part in _FORM.split(normal(text, "NFKC").casefold()) if part]


def _shortens(left: str, right: str) -> bool:
    """Return whether the letters of the shorter word occur in the longer, in order."""
    short, long = sorted((left, right), key=len)
    if len(short) < _SHORT - 1 or short[0] != long[0]:
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)


def _ratio(left: str, right: str) -> float:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one_form(left), one_form(right)).ratio()


def _within(left: str, right: str, most: int) -> bool:
    """Return whether at most this many letters are added, missing, wrong or swapped."""
    if abs(len(left) - len(right)) > most:
        return False
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        now = [i]
        for j, other in enumerate(right, 1):
            cost = min(row[j] + 1, now[-1] + 1, row[j - 1] + (letter != other))
            if before and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        before, row = row, now
    return row[-1] <= most
