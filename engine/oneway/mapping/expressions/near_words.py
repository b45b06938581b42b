"""Recognises a value that is a word in another spelling or of another type."""

import json

from oneway.core.parsing import NUMBER, number_of
from oneway.core.records import Value
from oneway.core.similar_words import spelt
from oneway.mapping.functions import EvaluationError
from oneway.mapping.functions.values import to_boolean


def how_near(value: Value, word: Value) -> str:
    """Return how a value that is not a word is nearly that word: "another spelling of 'Left'".

    "" if it is another value altogether, as null always is.
    """
    if isinstance(value, list | dict):
        return f"a list or object with {written(word)} in it" if _in(value, word) else ""
    if not is_like(value, word):
        return ""
    is_text = isinstance(value, str) and isinstance(word, str)
    return f"{'another spelling of' if is_text else 'of another type than'} {written(word)}"


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


def written(value: Value) -> str:
    """Return a value as an expression writes it; characters that cannot be seen as escapes."""
    if not isinstance(value, str):
        return f"`{json.dumps(value)}`"
    if value.isprintable() and "'" not in value:
        return f"'{value}'"
    return f"`{json.dumps(value, ensure_ascii=not value.isprintable())}`"


def _in(value: Value, word: Value) -> bool:
    """Return whether a list or object holds nearly a word, however deep."""
    if isinstance(value, list | dict):
        within = value if isinstance(value, list) else value.values()
        return any(_in(each, word) for each in within)
    return is_like(value, word)


def _boolean(text: str) -> bool | None:
    try:
        return to_boolean(spelt(text))
    except EvaluationError:
        return None


def _number(text: str) -> int | float | None:
    said = spelt(text)
    return number_of(said) if NUMBER.fullmatch(said) else None
