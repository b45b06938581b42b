"""Recognises a value that a condition would accept if it were spelt or typed like its word."""

import re

from oneway.core.records import Value
from oneway.core.similar_words import folded, spelt
from oneway.mapping.expressions.compared_words import Way, Word
from oneway.mapping.expressions.near_words import how_near, is_like, written


def how_misspelt(word: Word, value: Value) -> str:
    """Return how a value that is not a word is nearly that word: "another spelling of 'Left'".

    "" if it is another value altogether, as null always is.
    """
    meant = word.value
    if word.way is Way.ASKED:
        return f"of another type than {written(False)}" if _says_no(value, meant) else ""
    if not (isinstance(value, str) and isinstance(meant, str)):
        return how_near(value, meant)
    return f"another spelling of {written(meant)}" if _is_spelt(word.way, value, meant) else ""


def _says_no(value: Value, word: Value) -> bool:
    """Return whether a value used as yes or no means no, although it holds."""
    if isinstance(value, str):
        return is_like(value, False)
    return word is not False and value.__class__ in (int, float) and value == word


def _is_spelt(way: Way, value: str, word: str) -> bool:
    """Return whether a text would pass for a word if it were spelt like it."""
    if way is Way.WITHIN:
        return bool(spelt(value)) and spelt(value) in spelt(word)
    if way not in (Way.HELD, Way.START, Way.END) or is_like(value, word):
        return is_like(value, word)
    text, part = (_SPACES.sub(" ", folded(each)) for each in (value, word))
    if way is Way.HELD:
        return _is_held(text, part)
    return text.lstrip().startswith(part) if way is Way.START else text.rstrip().endswith(part)


def _is_held(text: str, part: str) -> bool:
    """Return whether a text has a part as whole words, or is a word that begins or ends with it.

    `left-handed` is one word; a remark of several words may contain any part within a word.
    """
    before = rf"(?<!{_LETTER})(?<!{_LETTER}[-'])" if part[0].isalnum() else ""
    after = rf"(?!{_LETTER}|[-'][^\W\d_])" if part[-1].isalnum() else ""
    alone = text.strip()
    is_at_an_end = alone.isalnum() and (alone.startswith(part) or alone.endswith(part))
    return is_at_an_end or re.search(f"{before}{re.escape(part)}{after}", text) is not None


_LETTER = r"[^\W_]"
_SPACES = re.compile(r"\s+")
