"""How data that is stored with a run is compressed."""

import zlib
from collections.abc import Iterable

_GZIP = 31
"""The format, by the number that zlib has for it."""


def packed(parts: Iterable[bytes | memoryview]) -> bytes:
    """Return data compressed as gzip, without a time, bit by bit."""
    found = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    return b"".join([*map(found.compress, parts), found.flush()])
