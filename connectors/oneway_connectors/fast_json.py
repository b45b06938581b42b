"""Records decoded by a fast parser, where it certainly says what the strict one says.

msgspec decodes less than `strict_json` does: no half characters, no byte order mark, nothing
after the value. What it takes and the strict parser refuses is a key that stands twice, and deep
nesting. Neither costs much to rule out for nearly every record; all others are decoded strictly,
which also has every message.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from oneway.core.nesting import DEEPEST
from oneway.core.records import MISSING, Missing, Value

_decode = msgspec.json.Decoder().decode
_apart = msgspec.json.Decoder(list[msgspec.Raw]).decode
UNLIKE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What is raised for a text that has to be decoded strictly."""
_TOO_MANY = 1 << 60
"""More members than any line can have."""
_MOST = 8
"""Keys whose texts are looked at again in the next record."""


def items_of(data: bytes) -> Iterator[bytes] | None:
    """Return the bytes of each item of an array; None where they have to be found strictly.

    All is JSON then, but for what each item has to be looked at for: invalid bytes, numbers beyond
    all floats, keys that stand twice.
    """
    try:
        return map(bytes, _apart(data))
    except UNLIKE:
        return None


def certain(data: bytes, deepest: int = DEEPEST) -> Value | Missing:
    """Return a list or an object that no other parser decodes otherwise; MISSING if that is unsure.

    No key stands twice in any object of it, and it nests no deeper than `deepest`.
    """
    try:
        found: Value = _decode(data)
    except UNLIKE:
        return MISSING
    if not isinstance(found, dict | list):
        return MISSING
    colons, known = data.count(b":"), members(found, deepest)
    if colons == known:
        return found
    # Others are within text, where a quotation mark is escaped. So as many stand right after such
    # a mark as keys were written, unless space stands between, or a text begins with one.
    unsure = any(sign in data and each in data for sign, each in _UNSURE)
    return MISSING if unsure or data.count(b'":') != known else found


_UNSURE = (
    (b"\\", b'\\":'), (b"\t", b"\t:"), (b"\n", b"\n:"), (b"\r", b"\r:"), (b" ", b" :"),
)  # fmt: skip
"""After one byte of each, which is searched for much faster."""


class FastDecoder:
    """Decodes the records of one file, and remembers which of their texts hold colons."""

    __slots__ = ("_with_colons",)

    def __init__(self) -> None:
        self._with_colons: tuple[str, ...] = ()

    def decoded(self, raw: bytes) -> dict[str, Value] | None:
        """Return the object in a line; None where it has to be decoded strictly."""
        try:
            data: Any = _decode(raw)
        except UNLIKE:
            return None
        if data.__class__ is not dict:
            return None
        # Each member has one colon outside of text: where there are no others, each key that was
        # written was decoded, and none is duplicated.
        others = raw.count(b":") - members(data)
        found: dict[str, Value] = data
        return found if not others or self._are_in_text(raw, found, others) else None

    def _are_in_text(self, raw: bytes, data: dict[str, Value], others: int) -> bool:
        """Return whether this many colons are certainly within text: a time, an address."""
        if b"\\" not in raw:  # text is written as it was decoded
            for key in self._with_colons:
                text = data.get(key)
                if text.__class__ is str:
                    others -= text.count(":")
            if not others:
                return True
        elif b'\\":' in raw:  # searching for one byte is much faster than for two
            return False
        # Those after a key follow its quotation mark, which within text only an escaped one could.
        inner = raw.strip()
        if b" :" in raw or b"\t" in inner or b"\r" in inner or b"\n" in inner:
            return False
        if raw.count(b'":') != members(data):
            return False
        self._with_colons = tuple(
            key for key, text in data.items() if isinstance(text, str) and ":" in text
        )[:_MOST]
        return True


def members(value: Any, deepest: int = DEEPEST) -> int:
    """Return how many members all objects within a value have together.

    More than there can be where it nests too deep, so that it is decoded strictly.
    """
    if not deepest:
        return _TOO_MANY
    if value.__class__ is dict:
        found, parts = len(value), value.values()
    else:
        found, parts = 0, value
    for each in parts:
        kind = each.__class__
        if kind is not str and (kind is dict or kind is list):
            found += members(each, deepest - 1)
    return found
