"""Recognises a value that is a known word in another spelling, or of another type."""

import re

from oneway.core.records import NUMBER, Value, number_of
from oneway.core.similar_words import folded, spelt
from oneway.mapping.expressions.compared_words import Way, Word
from oneway.mapping.functions import EvaluationError
from oneway.mapping.functions.values import to_boolean
from oneway.mapping.profile.word_tally import written


def how_misspelt(word: Word, value: Value) -> str:
    """Return how a value that is not a word is nearly that word: "another spelling of 'Left'".

    "" if it is another value altogether, as null always is.
    """
    meant = word.value
    if isinstance(value, list | dict):
        return f"a list or object with {written(meant)} in it" if _in(value, meant) else ""
    if isinstance(value, str) and isinstance(meant, str):
        return f"another spelling of {written(meant)}" if _is_spelt(word.way, value, meant) else ""
    return f"of another type than {written(meant)}" if is_like(value, meant) else ""


def is_like(value: Value, word: Value) -> bool:
    """Return whether two values would be equal in another spelling, or as one type."""
    match value, word:
        case str(), str():
            return spelt(value) == spelt(word)
        case (str(), bool() | int() | float()):
            return is_like(word, value)
        case bool(), str():
            return _boolean(word) is value
        case (int() | float(), str()):
            return _number(word) == value
        case (int() | float(), int() | float()):
            return value == word  # `true` and 1 are, to Python
        case _:
            return False


def _in(value: Value, word: Value) -> bool:
    """Return whether a list or object holds nearly a word, however deep."""
    if isinstance(value, list | dict):
        within = value if isinstance(value, list) else value.values()
        return any(_in(each, word) for each in within)
    return is_like(value, word)


def _is_spelt(way: Way, value: str, word: str) -> bool:
    """Return whether a text would pass for a word, were it spelt so."""
    if way is Way.WITHIN:
        return bool(spelt(value)) and spelt(value) in spelt(word)
    if way not in (Way.HELD, Way.START, Way.END):
        return is_like(value, word)
    text, part = (_SPACES.sub(" ", folded(each)) for each in (value, word))
    if way is Way.HELD:
        return _is_held(text, part)
    return text.lstrip().startswith(part) if way is Way.START else text.rstrip().endswith(part)


def _is_held(text: str, part: str) -> bool:
    """Return whether a text holds a part in whole words, or is one word that has it at an end.

    `left-handed` is one word, and a remark of several words may have any part within a word.
    """
    before = rf"(?<!{_LETTER})(?<!{_LETTER}[-'])" if part[0].isalnum() else ""
    after = rf"(?!{_LETTER}|[-'][^\W\d_])" if part[-1].isalnum() else ""
    alone = text.strip()
    is_at_an_end = alone.isalnum() and (alone.startswith(part) or alone.endswith(part))
    return is_at_an_end or re.search(f"{before}{re.escape(part)}{after}", text) is not None


_LETTER = r"[^\W_]"
_SPACES = re.compile(r"\s+")


def _boolean(text: str) -> bool | None:
    try:
        return to_boolean(spelt(text))
    except EvaluationError:
        return None


def _number(text: str) -> int | float | None:
    said = spelt(text)
    return number_of(said) if NUMBER.fullmatch(said) else None
