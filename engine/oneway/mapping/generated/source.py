"""The text of a generated module: lines, names, literals, and its bound objects.

Nothing of a mapping becomes part of the text except literals that Python reads back as the same
value, and escaped comments. All names are our own: a word and a number.
"""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field

from oneway.core.dataclass import dataclass

_LONGEST = 60
"""The longest literal that is written out, in characters; longer ones are bound to a name."""
_COMMENT = 80
"""The width of a comment; longer ones are cut."""


@dataclass(slots=True)
class Line:
    """One line of the text; `kept` is False once it proves unused."""

    depth: int
    text: str
    kept: bool = True


@dataclass(slots=True)
class CodeText:
    """The text of a module, line by line; `bound` are the objects that it uses, by name."""

    lines: list[Line] = field(default_factory=list)
    bound: dict[str, object] = field(default_factory=dict)
    depth: int = 0
    _count: int = 0

    @property
    def text(self) -> str:
        """The source text of the module."""
        return "".join(f"{'    ' * each.depth}{each.text}\n" for each in self.lines if each.kept)

    def line(self, text: str) -> Line:
        """Add a line at the current depth."""
        self.lines.append(Line(self.depth, text))
        return self.lines[-1]

    def comment(self, what: str, *said: str) -> None:
        """Add a comment that quotes texts of the mapping, escaped so that they stay on one line."""
        text = f"# {what}: {'  '.join(said)}".encode("unicode_escape").decode("ascii")
        most = _COMMENT - 4 * self.depth
        self.line(text if len(text) <= most else f"{text[: most - 3]}...")

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Add a line and, one level deeper, the lines added within the block, or `pass`."""
        self.line(head)
        self.depth += 1
        start = len(self.lines)
        yield
        if not any(each.kept for each in self.lines[start:]):
            self.line("pass")
        self.depth -= 1

    def deepen(self, start: int) -> None:
        """Indent the lines from a position by one level."""
        for each in self.lines[start:]:
            each.depth += 1

    def name(self, word: str) -> str:
        """Return a new name that begins with this word."""
        self._count += 1
        return f"{word}{self._count}"

    def bind(self, word: str, value: object) -> str:
        """Return the name to which an object is bound; the same object always has the same name."""
        for name, other in self.bound.items():
            if other is value:
                return name
        name = self.name(word)
        self.bound[name] = value
        return name

    def literal(self, value: object) -> str:
        """Return a value as Python text, or its bound name if it is not a short scalar."""
        if value is None or value is True or value is False:
            return repr(value)
        if type(value) in (str, int, float):
            text = ascii(value)
            if len(text) <= _LONGEST and _reads_back(text, value):
                return text
        return self.bind("constant", value)


def _reads_back(text: str, value: object) -> bool:
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False  # inf is a mere name in Python
    return type(found) is type(value) and found == value
