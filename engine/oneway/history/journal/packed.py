"""Compresses the data that is stored with a run, and restores it."""

import struct
import zlib
from collections.abc import Iterable
from gzip import decompress

from oneway.history.journal.errors import damaged

PLAN = "plan"
"""The name of a run's stored plan, in the format of a plan file."""

_GZIP = 31
"""The value of zlib's `wbits` for gzip."""

_MARK = b"\x1f\x8b"
"""How gzip data begins; early versions stored data as it was."""


def packed(parts: Iterable[bytes | memoryview]) -> bytes:
    """Return data compressed as gzip, part by part; equal data gives equal bytes (no timestamp)."""
    found = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    return b"".join([*map(found.compress, parts), found.flush()])


def unpacked(data: bytes, place: str) -> bytes:
    """Return stored data as it was before it was compressed; raise `Refused` if it is damaged."""
    try:
        return decompress(data) if data[:2] == _MARK else data
    except (OSError, EOFError, ValueError, struct.error, zlib.error):
        raise damaged(place) from None
