"""The lines of a file as a run kept them: digests of each line, and of pieces of many lines.

An unchanged piece is recognised without taking it apart, in a fraction of the time. The pieces
stand one after the other from the start of the file. All lines are in them but a last one without
an end, which may go on by the next night.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from oneway.core.dataclass import dataclass

DIGEST = 16
"""Bytes of a digest: keyed, so that no two lines can be made to have the same."""
PIECE = 1 << 14
"""The fewest bytes of a piece. A little more than a power of two is digested fastest."""
NOBODY = 2**32 - 1
"""Stands for the pair of a line that is part of none."""
Digest: TypeAlias = Callable[[bytes], bytes]
Numbers: TypeAlias = "array[int] | memoryview[int]"
"""Read in place, where they were kept."""


LinesData: TypeAlias = tuple[bytes, bytes, tuple[memoryview, ...]]


class LineDigests(NamedTuple):
    """What digests a line of a file without its end, and a piece as it is."""

    line: Digest
    piece: Digest


@dataclass(frozen=True)  # without slots, for cached properties
class KeptLines:
    """The lines of a file in their order, and the position of the settled pair of each.

    `lengths` include the ends of the lines; `counts` and `sizes` say how many lines and bytes each
    piece has. `alone` are the lines that are part of no pair; `by_pair` is the line of each pair.
    """

    digests: bytes
    codes: bytes
    lengths: Numbers
    counts: Numbers
    sizes: Numbers
    owners: Numbers
    alone: Numbers
    by_pair: Numbers

    @cached_property
    def firsts(self) -> Sequence[int]:
        """The first line of each piece, and the line after the last one."""
        return list(accumulate(self.counts, initial=0))

    @cached_property
    def places(self) -> Sequence[int]:
        """Where each piece stood in the file, and where the last one ended."""
        return list(accumulate(self.sizes, initial=0))

    def __len__(self) -> int:
        """Return how many lines there are."""
        return len(self.lengths)

    def digest_of(self, line: int) -> bytes:
        """Return the digest of a line."""
        return self.digests[line * DIGEST : line * DIGEST + DIGEST]

    def code_of(self, piece: int) -> bytes:
        """Return the digest of a piece."""
        return self.codes[piece * DIGEST : piece * DIGEST + DIGEST]

    @property
    def data(self) -> LinesData:
        """What `of_data` takes."""
        numbers = self.lengths, self.counts, self.sizes, self.owners, self.alone, self.by_pair
        return self.digests, self.codes, tuple(memoryview(each.tobytes()) for each in numbers)

    @classmethod
    def of_data(cls, data: LinesData) -> "KeptLines":
        """Return what `data` was taken of."""
        digests, codes, numbers = data
        return cls(digests, codes, *(each.cast("I") for each in numbers))


class LineKeeper:
    """Is given the lines of a file one after the other, and digests them."""

    def __init__(self, digests: LineDigests) -> None:
        self.digests: list[bytes] = []
        """The digest of each line so far."""
        self._line, self._piece = digests
        self._lengths, self._counts, self._sizes = array("I"), array("I"), array("I")
        self._codes: list[bytes] = []
        self._open: list[bytes] = []
        self._size = 0

    def add(self, line: bytes) -> bytes:
        """Add a line; return its digest."""
        made = self._line(line)
        self.digests.append(made)
        self._lengths.append(len(line))
        if line.endswith(b"\n"):
            self._open.append(line)
            self._size += len(line)
            if self._size >= PIECE:
                self.end_piece()
        return made

    def end_piece(self) -> None:
        """Let the next line begin a piece."""
        if self._open:
            self._counts.append(len(self._open))
            self._sizes.append(self._size)
            self._codes.append(self._piece(b"".join(self._open)))
            self._open, self._size = [], 0

    def add_piece(self, kept: KeptLines, piece: int) -> None:
        """Add a piece that is as it was kept."""
        self.end_piece()
        first, end = kept.firsts[piece], kept.firsts[piece + 1]
        self.digests += map(kept.digest_of, range(first, end))
        self._lengths.extend(kept.lengths[first:end])
        self._counts.append(end - first)
        self._sizes.append(kept.sizes[piece])
        self._codes.append(kept.code_of(piece))

    def kept(self, pairs: Mapping[bytes, int]) -> KeptLines | None:
        """Return the lines, given the position of each settled pair by the digest of its line.

        None unless each pair has exactly one line.
        """
        self.end_piece()
        owners = array("I", [pairs.get(each, NOBODY) for each in self.digests])
        alone = array("I", [at for at, owner in enumerate(owners) if owner == NOBODY])
        lines = {owner: at for at, owner in enumerate(owners) if owner != NOBODY}
        if not len(lines) == len(pairs) == len(owners) - len(alone):
            return None
        by_pair = array("I", map(lines.__getitem__, range(len(lines))))
        digests, codes = b"".join(self.digests), b"".join(self._codes)
        numbers = (self._lengths, self._counts, self._sizes, owners, alone, by_pair)
        return KeptLines(digests, codes, *numbers)
