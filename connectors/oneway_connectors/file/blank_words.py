"""Words that mean "nothing" in a file: `-`, `n/a`, `None`.

Some exports write a word for a missing value. The option `blank` names a file's words, and a text
that is only such a word counts as blank.
"""

from collections.abc import Iterable, Mapping

from oneway.core.connector_errors import ReadError
from oneway.core.records import Value

_SIGNS = frozenset(
    {"-", "--", "---", "\N{EN DASH}", "\N{EM DASH}", ".", "..", "...", "n/a", "n.a."}
)
_WORDS = frozenset({"na", "none", "null", "nil", "nan", "(blank)", "(none)"})
"""Words that may also be a name or a choice, so they only count if they occur more than once."""


def blank_words(text: str) -> frozenset[str]:
    """Return the words in the option `blank`, case-folded; raise `ReadError` if it has none."""
    words = [word.strip() for word in text.split(",")]
    if text.strip() and not all(words):
        help = 'write the words with commas between, such as "-, n/a"'
        raise ReadError("R156", f"the option blank cannot be used: {text!r}", help)
    return frozenset(word.casefold() for word in words if word)


def is_blank_word(text: str, words: frozenset[str]) -> bool:
    """Return whether a text is one of the words, ignoring case and surrounding spaces."""
    return text.strip().casefold() in words


def without_words(value: Value, words: frozenset[str]) -> Value:
    """Return a value with every text that is one of the words replaced by a blank."""
    if isinstance(value, str):
        return "" if is_blank_word(value, words) else value
    if isinstance(value, list):
        return [without_words(each, words) for each in value]
    if isinstance(value, dict):
        return {key: without_words(each, words) for key, each in value.items()}
    return value


def a_blank_word(values: Mapping[str, Value], words: frozenset[str]) -> str:
    """Return one of the words that occurs as a text among values, or ""."""
    for value in values.values():
        items = value if isinstance(value, list) else [value]
        for each in items:
            if isinstance(each, str) and is_blank_word(each, words):
                return each
            if isinstance(each, dict) and (found := a_blank_word(each, words)):
                return found
    return ""


def looks_blank(text: str) -> bool:
    """Return whether a text usually means "nothing"."""
    return text.strip().casefold() in _SIGNS | _WORDS


def usual_blanks(columns: Iterable[Iterable[Value]]) -> list[str]:
    """Return the texts in columns of values that probably mean "nothing"."""
    found: dict[str, str] = {}
    for values in columns:
        texts = [value.strip() for value in values if isinstance(value, str)]
        for text in texts:
            word = text.casefold()
            if word in _SIGNS or (word in _WORDS and texts.count(text) > 1):
                found.setdefault(word, text)
    return [found[word] for word in sorted(found)]
