"""Finds the calls by which an expression uses a named one: `let('is_staff')`."""

import re
from collections.abc import Iterator
from typing import Any

from oneway.core.dataclass import dataclass
from oneway.mapping.expressions.syntax import TextRange, lexed

LET = "let"


@dataclass(frozen=True, slots=True)
class NamedCall:
    """A call that names what it means, and its place in the text.

    `stands_apart` is whether it is the whole text, or a whole argument of a function, so that what
    it means needs no brackets there. `after_dot` is whether it is read of something else.
    """

    name: str
    place: TextRange
    stands_apart: bool
    after_dot: bool


def calls_in(text: str) -> Iterator[NamedCall]:
    """Yield the calls of `let()` with a constant, in order; none of a text with bad tokens."""
    if not _MAYBE.search(text):
        return
    tokens = lexed(text)
    for at in range(len(tokens) - 3):
        name, bracket, argument, end = tokens[at : at + 4]
        kinds = (bracket["type"], argument["type"], end["type"])
        if name["type"] != "unquoted_identifier" or name["value"] != LET:
            continue
        if kinds != ("lparen", "literal", "rparen") or not isinstance(argument["value"], str):
            continue
        before: Any = tokens[at - 1]["type"] if at else ""
        after: Any = tokens[at + 4]["type"] if at + 4 < len(tokens) else "eof"
        apart = before in ("", "lparen", "comma") and after in ("eof", "rparen", "comma")
        place = TextRange(name["start"], end["start"] + 1 - name["start"])
        yield NamedCall(argument["value"], place, apart, before == "dot")


_MAYBE = re.compile(rf"\b{LET}\s*\(")
