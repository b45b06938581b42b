"""Records decoded by a fast parser, where it certainly says what the strict one says.

msgspec decodes less than `strict_json` does: no half characters, no byte order mark, nothing
after the value. What it takes and the strict parser refuses is a key that stands twice, and deep
nesting. Neither costs much to rule out for nearly every record; all others are decoded strictly,
which also has every message.
"""

from typing import Any

import msgspec

from oneway.core.nesting import DEEPEST
from oneway.core.records import Value

_decode = msgspec.json.Decoder().decode
_TOO_MANY = 1 << 60
"""More members than any line can have."""


def decoded(raw: bytes) -> dict[str, Value] | None:
    """Return the object in a line; None where it has to be decoded strictly."""
    try:
        data: Any = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if data.__class__ is not dict or not _each_key_once(raw, _members(data)):
        return None
    found: dict[str, Value] = data
    return found


def _each_key_once(raw: bytes, members: int) -> bool:
    """Return whether no key is duplicated: as many were written as were decoded.

    Each member has one colon outside of text, so the colons are as many as the members or more.
    """
    if raw.count(b":") == members:
        return True
    # There are others, within text: a time, an address. Those after a key follow its quotation
    # mark, which within text only an escaped one could.
    if b"\\" in raw and b'\\":' in raw:  # searching for one byte is much faster than for two
        return False
    inner = raw.strip()
    if b" :" in raw or b"\t" in inner or b"\r" in inner or b"\n" in inner:
        return False
    return raw.count(b'":') == members


def _members(value: Any, deepest: int = DEEPEST) -> int:
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
        if each.__class__ is dict or each.__class__ is list:
            found += _members(each, deepest - 1)
    return found
