"""Reads a limited number of bytes, without allocating more than there are.

`file.read(n)` allocates `n` bytes before it looks at how many there are.
"""

from typing import BinaryIO

_PIECE = 1_000_000


def read_up_to(file: BinaryIO, limit: int) -> bytes:
    """Return the bytes of a file, up to its end or to a limit."""
    pieces: list[bytes] = []
    left = limit
    while left and (piece := file.read(min(left, _PIECE))):
        pieces.append(piece)
        left -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
