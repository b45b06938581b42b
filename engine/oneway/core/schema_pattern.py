r"""A JSON Schema's `pattern`, with the meaning that ECMA 262 gives it.

Python's `re` differs without a word: its `\d` takes the digits of every script, its `\w` the
letters, `$` also stands before a line break that ends the text (so that `acme\n` would be a
name of a connection, and break the subject of its mails), and `.` takes a carriage return.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

_SPACE = r"\t-\r\x20\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_NO_SPACE = (
    r"\x00-\x08\x0e-\x1f!-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e"
    r"\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
_CLASSES = {
    "d": "0-9",
    "D": r"\x00-/:-\U0010ffff",
    "w": "A-Za-z0-9_",
    "W": r"\x00-/:-@\[-\^`{-\U0010ffff",
    "s": _SPACE,
    "S": _NO_SPACE,
}
"""What each class escape stands for, as it is written between square brackets."""

_PART = re.compile(
    r"\\p\{(?P<property>[^}]*)\}|\\P\{(?P<other>[^}]*)\}|\\u\{(?P<point>[0-9A-Fa-f]+)\}"
    r"|\\c(?P<control>[A-Za-z])|\\k<(?P<back>\w+)>|\\(?P<escape>.)"
    r"|\(\?<(?P<name>[A-Za-z_]\w*)>|(?P<plain>.)",
    re.DOTALL | re.ASCII,
)


_EMPTY = re.compile(r"\[\^?\](?!(?:\\.|[^\\\]])*\])", re.DOTALL)
"""A class of nothing, or of everything. With a further `]`, the first one is taken as a member:
who writes `[^]$]` has learnt it elsewhere, and means that."""
_ANY = r"[\x00-\U0010ffff]"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern compiled, to be searched for in a text; raise `re.error`."""
    # ASCII, for the words of `\b`; every other class is written out.
    return re.compile("".join(_translated(pattern)), re.ASCII)


def _translated(pattern: str) -> Iterator[str]:
    inside = False
    position = 0
    while position < len(pattern):
        if not inside and (empty := _EMPTY.match(pattern, position)):
            yield _ANY if empty[0] == "[^]" else "(?!)"
            position = empty.end()
            continue
        part = _PART.match(pattern, position)
        if part is None:
            raise re.error("the pattern ends in a backslash", pattern, position)
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


_PLAIN = {"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}


def _escaped(part: re.Match[str], inside: bool) -> str:
    """Return what Python writes for an escape, or for the name of a group."""
    escape = part["escape"]
    if escape in _CLASSES:
        return _in_brackets(_CLASSES[escape], inside)
    if part["property"] is not None:
        return _in_brackets(_of_category(part["property"], True), inside)
    if part["other"] is not None:
        return _in_brackets(_of_category(part["other"], False), inside)
    if part["point"] is not None:
        return f"\\U{int(part['point'], 16):08x}"
    if part["control"] is not None:
        return f"\\x{ord(part['control']) % 32:02x}"
    if part["back"] is not None:
        return f"(?P={part['back']})"
    if part["name"] is not None:
        return f"(?P<{part['name']}>"
    # `\Z`, `\A` and `\a` mean something to Python alone.
    return re.escape(escape) if escape in "AZaz/-" else "\\" + escape


def _in_brackets(members: str, inside: bool) -> str:
    return members if inside else f"[{members}]"


@cache
def _of_category(name: str, wanted: bool) -> str:
    """Return the characters that have a general category (`L`, `Lu`), or those that have not."""
    category = name.removeprefix("General_Category=").removeprefix("gc=")
    category = _CATEGORIES.get(category, category)
    if not re.fullmatch(
        "L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?|C[cfnos]?", category
    ):
        raise re.error(f"unknown property {name!r}; the general categories, such as L, are known")
    ranges: list[list[int]] = []
    for point in range(0x110000):
        if unicodedata.category(chr(point)).startswith(category) is wanted:
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


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
