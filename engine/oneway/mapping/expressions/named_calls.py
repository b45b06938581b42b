"""Finds the calls in an expression that use named expressions: `let('is_staff')`."""

import re
from collections.abc import Iterator
from typing import Any

from oneway.core.dataclass import dataclass
from oneway.mapping.expressions.syntax import TextRange, lexed

LET, CHOOSE = "let", "choose"


@dataclass(frozen=True, slots=True)
class NamedCall:
    """A call of `let()` or `choose()`, and its place in the text.

    `stands_apart`: it is the whole text or a whole argument of a function, so what replaces it
    needs no brackets. `after_dot`: it follows a dot. `further`: it has more arguments than the
    name.
    """

    function: str
    name: str
    place: TextRange
    stands_apart: bool
    after_dot: bool
    further: bool = False

    @property
    def what(self) -> tuple[str, str]:
        """What it names: the function and the name."""
        return self.function, self.name

    @property
    def text(self) -> str:
        """The call as an integrator writes it."""
        return f"{self.function}('{self.name}')"


def calls_in(text: str, *, whole: bool = True) -> Iterator[NamedCall]:
    """Yield the calls with one constant, in order; none if the text has invalid tokens.

    Without `whole`, calls with further arguments as well.
    """
    if not _MAYBE.search(text):
        return
    tokens = lexed(text)
    for at in range(len(tokens) - 3):
        name, bracket, argument, end = tokens[at : at + 4]
        kinds = (bracket["type"], argument["type"], end["type"])
        if name["type"] != "unquoted_identifier" or name["value"] not in (LET, CHOOSE):
            continue
        if kinds[:2] != ("lparen", "literal") or not isinstance(argument["value"], str):
            continue
        further = kinds[2] == "comma"
        if kinds[2] != "rparen" and (whole or not further):
            continue
        before: Any = tokens[at - 1]["type"] if at else ""
        after: Any = tokens[at + 4]["type"] if at + 4 < len(tokens) else "eof"
        apart = before in ("", "lparen", "comma") and after in ("eof", "rparen", "comma")
        place = TextRange(name["start"], end["start"] + 1 - name["start"])
        yield NamedCall(name["value"], argument["value"], place, apart, before == "dot", further)


_MAYBE = re.compile(rf"\b(?:{LET}|{CHOOSE})\s*\(")
