"""Finds names in an expression that look like values: `ok == true`, `status == "Left"`.

JMESPath reads both as names of fields. Constants stand between backticks, texts in single quotes.
"""

import re
from collections.abc import Collection, Iterator

from oneway.core.dataclass import dataclass
from oneway.mapping.expressions.syntax import SyntaxToken, TextRange, tokens_of


@dataclass(frozen=True, slots=True)
class ValueLikeName:
    """A name that looks like a value, its place in the text, and how to write the value.

    `certain`: it is hardly ever meant as a name.
    """

    name: str
    place: TextRange
    help: str
    certain: bool


def value_like_names(text: str, known: Collection[str]) -> Iterator[ValueLikeName]:
    """Yield the names of an expression that look like values, in textual order.

    `known` are fields that records have. Names within a path (`a.true`) are never values.
    """
    names = [each for each in tokens_of(text) if each.identifier and _begins_a_path(text, each)]
    alone = [each for each in names if not text[each.place.end :].lstrip().startswith(".")]
    quoted = [each for each in alone if _is_quoted_needlessly(text, each)]
    fields = {each.value for each in names if each not in quoted} | set(known)
    for each in alone:
        constant = CONSTANTS.get(each.value.lower())
        if constant and each.value not in known:
            help = f"for the value, write `{constant}`; for the text, '{each.value}'"
            yield ValueLikeName(each.value, each.place, help, certain=True)
        elif each in quoted and each.value not in fields:
            help = f"for the text, write '{each.value}'; for the field, leave the quotes out"
            certain = _EQUATED.search(text[: each.place.offset]) is not None
            yield ValueLikeName(each.value, each.place, help, certain)


def _begins_a_path(text: str, token: SyntaxToken) -> bool:
    """Return whether a name begins a path, and is not an object's key or a function."""
    before, after = text[: token.place.offset].rstrip(), text[token.place.end :].lstrip()
    return not before.endswith(".") and not after.startswith((":", "("))


def _is_quoted_needlessly(text: str, token: SyntaxToken) -> bool:
    start = token.place.offset
    compared = _COMPARED.search(text[:start])
    return text[start] == '"' and compared is not None and bool(_PLAIN.fullmatch(token.value))


CONSTANTS = {"true": "true", "false": "false", "null": "null", "none": "null"}
"""The values that names look like, by the name in lower case."""
_PLAIN = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_COMPARED = re.compile(r"[=!<>]=?\s*$|,\s*$")
_EQUATED = re.compile(r"[=!]=\s*$")
