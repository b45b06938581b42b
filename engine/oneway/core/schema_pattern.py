r"""Evaluates the `pattern` of a JSON Schema as ECMA 262 defines it.

Python's `re` differs without a word: its `\d` takes the digits of every script, its `\w` the
letters, `$` also stands before a line break that ends the text (so that `acme\n` would be a
name of a connection, and break the subject of its mails), and `.` takes a carriage return.
So do the classes of RE2, which matches here, in linear time: look-around and back-references,
which ECMA has, are refused.
"""

import re
from collections.abc import Iterator
from functools import cache

from oneway.core.dataclass import dataclass
from oneway.core.linear_pattern import Linear, RegexMistake, linear, whole

_SPACE = r"\t-\r\x20\xa0\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}"
_NO_SPACE = (
    r"\x00-\x08\x0e-\x1f!-\x9f\xa1-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}"
    r"\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}"
)
_CLASSES = {
    "d": "0-9",
    "D": r"\x00-/:-\x{10ffff}",
    "w": "A-Za-z0-9_",
    "W": r"\x00-/:-@\[-\^`{-\x{10ffff}",
    "s": _SPACE,
    "S": _NO_SPACE,
}
"""The characters of each class escape, as written between square brackets."""

_PART = re.compile(
    r"\\p\{(?P<property>[^}]*)\}|\\P\{(?P<other>[^}]*)\}|\\u\{(?P<point>[0-9A-Fa-f]+)\}"
    r"|\\u(?P<unit>[0-9A-Fa-f]{4})"
    r"|\\c(?P<control>[A-Za-z])|\\k<(?P<back>\w+)>|\\(?P<escape>.)"
    r"|\(\?<(?P<name>[A-Za-z_]\w*)>|(?P<plain>.)",
    re.DOTALL | re.ASCII,
)


_EMPTY = re.compile(r"\[\^?\](?!(?:\\.|[^\\\]])*\])", re.DOTALL)
"""An empty class, or its negation.

With a further `]`, the first one counts as a member: a person who writes `[^]$]` has learnt that
elsewhere, and means it.
"""
_ANY = r"[\x00-\x{10ffff}]"
_NOTHING = r"[^\x00-\x{10ffff}]"


@dataclass(frozen=True, slots=True)
class SchemaPattern:
    """A compiled pattern."""

    _linear: Linear

    def found_in(self, text: str) -> bool:
        """Return whether it matches anywhere in a text."""
        return self._linear.search(whole(text)) is not None


@cache
def compiled(pattern: str) -> SchemaPattern:
    """Return a pattern, to be searched for in a text; raise `RegexMistake`."""
    return SchemaPattern(linear("".join(_translated(pattern))))


def _translated(pattern: str) -> Iterator[str]:
    inside = False
    position = 0
    while position < len(pattern):
        if not inside and (empty := _EMPTY.match(pattern, position)):
            yield _ANY if empty[0] == "[^]" else _NOTHING
            position = empty.end()
            continue
        part = _PART.match(pattern, position)
        if part is None:
            raise RegexMistake("it ends in a backslash")
        position = part.end()
        plain = part["plain"]
        if plain is None:
            yield _escaped(part, inside)
            if inside and part["escape"] in _CLASSES and pattern.startswith("-", position):
                yield r"\-"  # a class cannot begin a range: `[\w-.]` has a dash in it
                position += 1
        elif inside:
            inside = plain != "]"
            # Unescaped, `[`, `&&`, `||` and `~~` are set operations of a Python to come.
            yield "\\" + plain if plain in "[&|~" else plain
        elif plain == "[":
            inside = True
            negated = pattern.startswith("^", position)
            position += negated
            yield "[^" if negated else "["
            if pattern.startswith("]", position):
                yield r"\]"
                position += 1
        else:
            yield _PLAIN.get(plain, plain)


_PLAIN = {"$": r"\z", ".": r"[^\n\r\x{2028}\x{2029}]"}


def _escaped(part: re.Match[str], inside: bool) -> str:
    """Return what Python writes for an escape, or for the name of a group."""
    escape = part["escape"]
    if escape in _CLASSES:
        return _in_brackets(_CLASSES[escape], inside)
    if part["property"] is not None:
        return _property(part["property"], "p")
    if part["other"] is not None:
        return _property(part["other"], "P")
    if part["point"] is not None:
        return f"\\x{{{part['point']}}}"
    if part["unit"] is not None:
        return f"\\x{{{part['unit']}}}"
    if part["control"] is not None:
        return f"\\x{ord(part['control']) % 32:02x}"
    if part["back"] is not None:
        raise RegexMistake("it refers back to a group, which is not supported")
    if part["name"] is not None:
        return f"(?P<{part['name']}>"
    # `\Z`, `\A`, `\a`, `\C` and `\Q` mean something to RE2, and to Python, alone.
    return escape if escape in "AZaCQEz/" else "\\" + escape


def _in_brackets(members: str, inside: bool) -> str:
    return members if inside else f"[{members}]"


def _property(name: str, letter: str) -> str:
    """Return the characters that have a general category (`L`, `Lu`), or those that have not."""
    category = name.removeprefix("General_Category=").removeprefix("gc=")
    category = _CATEGORIES.get(category, category)
    if not re.fullmatch(
        "L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?|C[cfos]?", category
    ):
        raise RegexMistake(f"unknown property {name!r}; the general categories, as L, are known")
    return f"\\{letter}{{{category}}}"


_CATEGORIES = {
    "Letter": "L",
    "Lowercase_Letter": "Ll",
    "Uppercase_Letter": "Lu",
    "Mark": "M",
    "Number": "N",
    "Decimal_Number": "Nd",
    "Punctuation": "P",
    "Symbol": "S",
    "Separator": "Z",
    "Space_Separator": "Zs",
    "Other": "C",
}
