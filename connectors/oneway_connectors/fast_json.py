"""Decodes records with a fast parser, if it certainly agrees with the strict one.

msgspec accepts less than `strict_json`: no lone surrogates, no byte order mark, nothing after the
value. It accepts more in two ways: duplicate keys and deep nesting. Both are cheap to rule out for
nearly every record; all others are left to the strict parser, which also has all messages.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from oneway.core.nesting import DEEPEST
from oneway.core.records import MISSING, Missing, Value

_decode = msgspec.json.Decoder().decode
_apart = msgspec.json.Decoder(list[msgspec.Raw]).decode
UNLIKE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""The errors for a text that must be decoded strictly."""
_TOO_MANY = 1 << 60
"""More members than any line can have."""
_MOST = 8
"""How many keys of texts with colons are remembered for the next record."""


def items_of(data: bytes) -> Iterator[bytes] | None:
    """Return the bytes of each item of an array, or None if it must be parsed strictly.

    The items are JSON, but may still have invalid bytes, numbers that no float can represent, or
    duplicate keys.
    """
    try:
        return map(bytes, _apart(data))
    except UNLIKE:
        return None


def certain(data: bytes, deepest: int = DEEPEST) -> Value | Missing:
    """Return a list or an object that every parser decodes alike, or MISSING if that is uncertain.

    It has no duplicate keys, and is nested no deeper than `deepest`.
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
    # Other colons are within text, where quotation marks are escaped. So the number of colons right
    # after a quotation mark is the number of keys, unless there is space between, or a text begins
    # with a colon.
    unsure = any(sign in data and each in data for sign, each in _UNSURE)
    return MISSING if unsure or data.count(b'":') != known else found


_UNSURE = (
    (b"\\", b'\\":'), (b"\t", b"\t:"), (b"\n", b"\n:"), (b"\r", b"\r:"), (b" ", b" :"),
)  # fmt: skip
"""Each with one of its bytes, which is searched for first because that is much faster."""


class FastDecoder:
    """Decodes the records of one file, and remembers which of their texts contain colons."""

    __slots__ = ("_with_colons",)

    def __init__(self) -> None:
        self._with_colons: tuple[str, ...] = ()

    def decoded(self, raw: bytes) -> dict[str, Value] | None:
        """Return the object in a line, or None if it must be decoded strictly."""
        try:
            data: Any = _decode(raw)
        except UNLIKE:
            return None
        if data.__class__ is not dict:
            return None
        # Each member has one colon outside text. If there are no others, every key in the text was
        # decoded, so none is duplicated.
        others = raw.count(b":") - members(data)
        found: dict[str, Value] = data
        return found if not others or self._are_in_text(raw, found, others) else None

    def _are_in_text(self, raw: bytes, data: dict[str, Value], others: int) -> bool:
        """Return whether this many colons are certainly in text, such as a time or an address."""
        if b"\\" not in raw:  # no escapes, so the text is as decoded
            for key in self._with_colons:
                text = data.get(key)
                if text.__class__ is str:
                    others -= text.count(":")
            if not others:
                return True
        elif b'\\":' in raw:  # searching for one byte is much faster than for two
            return False
        # The colon after a key follows a quotation mark, which within text would be escaped.
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
    """Return the total number of members of all objects in a value.

    If it is nested too deep, returns an impossible number, so that it is decoded strictly.
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
