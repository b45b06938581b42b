"""The nesting limit of JSON from outside, well below the limit of any parser's stack.

Python's own limit differs from version to version: what 3.11 refuses, 3.14 reads.
"""

import re
from itertools import accumulate

DEEPEST = 100
"""The deepest nesting of objects and lists. No person's record comes near."""

_ESCAPE = rb"(?s)\\."
_STRING = re.compile(rb'"[^"]*+"?')
_TOKEN = r'(?s)"(?:[^"\\]|\\.)*+"?|[\[\]{}]'
_OTHERS = bytes({*range(256)} - {*b'"[]{}'})
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # 1 and -1, as signed bytes


def nests_too_deep(text: bytes | str, deepest: int = DEEPEST) -> bool:
    """Return whether lists and objects of a JSON text are nested deeper than `deepest`.

    The text may be torn, or not JSON at all: call this before parsing. It takes a fraction of the
    parser's time.
    """
    if isinstance(text, str):
        if text.count("[") + text.count("{") <= deepest:  # in most cases, and without a copy
            return False
        text = text.encode("utf-8", "surrogatepass")
    elif text.count(b"[") + text.count(b"{") <= deepest:
        return False
    return _depth(text) > deepest


def cut_below(text: str, deepest: int, instead: str) -> str:
    """Return a JSON text with `instead` for each list or object deeper than `deepest`.

    So a record that nests too deeply affects only itself, and not all others of its answer.
    """
    kept: list[str] = []
    depth = done = 0
    for token in re.finditer(_TOKEN, text):
        if token[0] in "[{":
            depth += 1
            if depth == deepest + 1:
                kept += text[done : token.start()], instead
        elif token[0] in "]}":
            if depth == deepest + 1:
                done = token.end()
            depth -= 1
    return "".join(kept) + ("" if depth > deepest else text[done:])


def _depth(data: bytes) -> int:
    if b"\\" in data:
        data = re.sub(_ESCAPE, b"", data)
    marks = data.translate(None, _OTHERS).replace(b'""', b"")
    steps = memoryview(_STRING.sub(b"", marks).translate(_STEPS)).cast("b")
    return max(accumulate(steps), default=0)
