"""Measures and fits text for terminals: columns, wrapping, clipping.

All text must be harmless already and without colour, which is added afterwards.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from oneway.render.sanitize import harmless
from oneway.render.style import Style

MOST = 60
"""The maximum width of a value, in columns."""


def columns(text: str) -> int:
    """Return the text's width: two columns for East Asian wide characters, none for marks."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def pad(text: str, width: int) -> str:
    """Return the text padded with spaces to a width."""
    return text + " " * (width - columns(text))


def clip(text: str, width: int = MOST) -> str:
    """Return the text, or its beginning and "..." if it is too wide."""
    if columns(text) <= width:
        return text
    return _fitting(text, max(width - 3, 0)) + "..."[:width]


def with_name(text: str, name: str) -> str:
    """Return a value, followed by its name if it has one: `13 (OPS)`."""
    return f"{text} ({clip(harmless(name), 60)})" if name else text


def wrap(text: str, style: Style, indent: int = 0, hang: int | None = None) -> list[str]:
    """Return the text in lines that fit; `hang` is the indent of all but the first.

    Preserves the spaces between words, except where a line ends. Text between backticks is not
    broken if it fits on a line, because people copy commands.
    """
    hang = indent if hang is None else hang
    lines: list[str] = []
    start = indent
    line: str | None = None
    for word in _words(text, max(style.width - max(indent, hang), 2)):
        joined = word if line is None else f"{line} {word}"
        if line is not None and start + columns(joined) > style.width:
            lines.append((" " * start + line).rstrip())
            line, start = word, hang
        else:
            line = joined
    return lines if line is None else [*lines, (" " * start + line).rstrip()]


def flow_lines(key: str, value: str, indent: int) -> list[str]:
    """Return `key: value` in YAML, the value as JSON, in lines of at most 80 columns if possible.

    A text is broken at single spaces, where YAML reads the line break as a space. An object or a
    list is broken between items, because a key must be on one line.
    """
    if value.startswith('"'):
        pieces = re.split("(?<=[^ ]) (?=[^ ])", value)
    else:
        pieces = _TEXT_OR_COMMA.sub(_marked, value).split("\0")
    lines, line = [], key
    for piece in pieces:
        if line is not key and columns(f"{line} {piece}") > Style().width:
            lines.append(line)
            line = " " * indent + piece
        else:
            line = f"{line} {piece}"
    return [*lines, line]


def _marked(found: re.Match[str]) -> str:
    return ",\0" if found[0] == ", " else found[0]


_TEXT_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|, ')


def people(names: list[str], limit: int | None) -> str:
    """Return at most `limit` names, with commas, and how many are left out."""
    if limit is None or len(names) <= limit:
        return ", ".join(names)
    return ", ".join([*names[:limit], more(len(names) - limit, limit)])


def more(left: int, shown: int) -> str:
    """Return how many items of a list are left out if only this many are shown."""
    return f"{f'and {left:,} more' if shown else f'{left:,} in all'}; --verbose shows all"


def _words(text: str, width: int) -> Iterator[str]:
    """Yield the words of the text; words wider than a line are split."""
    for word in _unbroken(text.split(" "), width):
        while columns(word) > width:
            piece = _fitting(word, width)
            yield piece
            word = word[len(piece) :]
        yield word


def _unbroken(words: Iterable[str], width: int) -> Iterator[str]:
    """Yield the words, and words between backticks as one if they fit on a line."""
    held: list[str] = []
    for word in words:
        held.append(word)
        joined = " ".join(held)
        if joined.count("`") % 2 == 0:
            yield from [joined] if columns(joined) <= width else held
            held = []
    yield from held


def _fitting(text: str, width: int) -> str:
    used = 0
    for position, character in enumerate(text):
        used += _columns(character)
        if used > width:
            return text[:position]
    return text


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
