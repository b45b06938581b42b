"""Compresses the data that is stored with a run."""

import zlib
from collections.abc import Iterable

_GZIP = 31
"""The value of zlib's `wbits` for gzip."""


def packed(parts: Iterable[bytes | memoryview]) -> bytes:
    """Return data compressed as gzip, part by part; equal data gives equal bytes (no timestamp)."""
    found = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    return b"".join([*map(found.compress, parts), found.flush()])
