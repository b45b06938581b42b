"""Makes a text that the `pattern` of a record schema allows."""

import re
from collections.abc import Iterator

from oneway.core.linear_pattern import RegexMistake
from oneway.core.schema_pattern import compiled

_PART = re.compile(
    r"(?P<open>\((?:\?(?:[:=!]|<?\w*>))?)|(?P<close>\))|(?P<or>\|)|(?P<edge>\^|\$|\\[bB])"
    r"|(?P<one>\[\^?\]?(?:\\.|[^\]\\])*\]|\\[pP]\{\w+\}|\\u[0-9A-Fa-f]{4}|\\.|.)",
    re.DOTALL,
)
_TIMES = re.compile(r"(?:[*?]|(?P<once>\+)|\{(?P<least>\d+)(?:,\d*)?\})\??")
_CHARACTERS = ("A", "a", "0", "1", *map(chr, range(32, 127)))
_LONGEST = 200


def text_of(pattern: str) -> str:
    """Return a short text for a pattern; callers check that it matches, as not every pattern can.

    It takes the first alternative of each group, and each part as few times as allowed.
    """
    return _alternatives(pattern, 0)[0][:_LONGEST]


def _alternatives(pattern: str, start: int) -> tuple[str, int]:
    """Return a text for the alternatives from a position on, and where their group ends."""
    texts, position = [""], start
    while part := _PART.match(pattern, position):
        position = part.end()
        if part["close"]:
            break
        if part["or"]:
            texts.append("")
            continue
        text = ""
        if part["open"]:
            text, position = _alternatives(pattern, position)
        elif part["one"]:
            text = next(_of(part["one"]), "")
        times = _TIMES.match(pattern, position)
        if times:
            position = times.end()
            text *= min(_LONGEST, int(times["least"] or bool(times["once"])))
        texts[-1] += text
    return texts[0], position


def _of(one: str) -> Iterator[str]:
    """Yield the characters that one part of a pattern takes."""
    try:
        known = compiled(f"^{one}$")
    except RegexMistake:
        return
    yield from (each for each in _CHARACTERS if known.found_in(each))
