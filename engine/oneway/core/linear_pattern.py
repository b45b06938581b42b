"""Regular expressions in time that grows with the text and no faster: RE2's.

Python's own `re` backtracks: `(a+)+$` takes forever over thirty letters, and no simple check
of a pattern rules that out (`.*.*.*=` has nothing nested). RE2 matches in linear time
whatever the pattern (measured: `(a+)+$` over 10,000 letters in 40 microseconds, where `re`
does not end; 5 microseconds for a short text, where `re` takes 0.3). What it gives up,
look-around and back-references, is an error when a file is validated.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

_MEMORY = 1 << 20  # the bytes a compiled pattern may take: `((a{100}){100}){100}` needs far more
_HALF = "[\ud800-\udfff]"


class RegexMistake(ValueError):
    """A text is not a pattern; says why, without the text."""


class PatternMatch(Protocol):
    """A place where a pattern matches."""

    def group(self, number: int = 0, /) -> str | None: ...
    def start(self) -> int: ...
    def end(self) -> int: ...


class Linear(Protocol):
    """A compiled pattern. Texts must be valid Unicode: see `whole`."""

    groups: int

    def search(self, text: str) -> PatternMatch | None: ...
    def finditer(self, text: str) -> Iterator[PatternMatch]: ...


@lru_cache(maxsize=512)
def linear(pattern: str) -> Linear:
    """Return a pattern ready to match; raise `RegexMistake` if it is invalid."""
    import re2  # type: ignore[import-untyped]  # 5 ms, paid by those who have patterns only

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        result: Linear = re2.compile(pattern, options)
    except re2.error as problem:
        raise RegexMistake(_reason(problem)) from None
    except UnicodeEncodeError:
        raise RegexMistake("it is not valid Unicode text") from None
    return result


def whole(text: str) -> str:
    """Return a text with U+FFFD for each lone surrogate, which UTF-8 cannot encode for RE2."""
    return text if text.isascii() else re.sub(_HALF, "\ufffd", text)


def _reason(problem: Exception) -> str:
    # RE2 says "missing ): (a"; the part after the colon is the pattern, which must not be shown.
    said = problem.args[0] if problem.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    reason = text.split(": ")[0] or "it is not a regular expression"
    hint = next((hint for words, hint in _HINTS.items() if words in reason), "")
    return reason + hint


_HINTS = {
    "perl operator": " (look-around is not supported)",
    "repetition size": " (at most 1000)",
    "too large": " (it takes too much memory)",
    "escape sequence": " (back-references are not supported)",
}
