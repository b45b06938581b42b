"""The lines of a file as a run kept them: digests of each line, and of pieces of many lines.

An unchanged piece is recognised without taking it apart, in a fraction of the time that its lines
would take. The pieces stand one after the other from the start of the file. All lines are in them
but a last one without an end, which may go on by the next night.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
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


LinesData: TypeAlias = tuple[memoryview, ...]


class LineDigests(NamedTuple):
    """What digests a line of a file without its end, and a piece as it is."""

    line: Digest
    piece: Digest


@dataclass(frozen=True, slots=True)
class KeptLines:
    """The lines of a file in their order, and the position of the settled pair of each.

    `lengths` include the ends of the lines. `firsts` is the first line of each piece and the line
    after the last one, `places` where they stood in the file. `alone` are the lines that are part
    of no pair; `by_pair` is the line of each pair.
    """

    digests: memoryview
    codes: memoryview
    places: Numbers
    lengths: Numbers
    firsts: Numbers
    owners: Numbers
    alone: Numbers
    by_pair: Numbers

    def __len__(self) -> int:
        """Return how many lines there are."""
        return len(self.lengths)

    def digest_of(self, line: int) -> bytes:
        """Return the digest of a line."""
        return bytes(self.digests[line * DIGEST : line * DIGEST + DIGEST])

    def code_of(self, piece: int) -> bytes:
        """Return the digest of a piece."""
        return bytes(self.codes[piece * DIGEST : piece * DIGEST + DIGEST])

    def place_of(self, line: int) -> int:
        """Return where a line stood in the file."""
        piece = bisect_right(self.firsts, line) - 1
        return self.places[piece] + sum(self.lengths[self.firsts[piece] : line])

    @property
    def data(self) -> LinesData:
        """What `of_data` takes."""
        numbers = self.lengths, self.firsts, self.owners, self.alone, self.by_pair
        bytes_of = tuple(memoryview(each.tobytes()) for each in (self.places, *numbers))
        return self.digests, self.codes, *bytes_of

    @classmethod
    def of_data(cls, data: LinesData) -> "KeptLines":
        """Return what `data` was taken of."""
        digests, codes, places, *numbers = data
        lengths, firsts, *owners = (each.cast("I") for each in numbers)
        return cls(digests, codes, places.cast("Q"), lengths, firsts, *owners)


class LineKeeper:
    """Is given the lines of a file one after the other, and digests them."""

    def __init__(self, digests: LineDigests) -> None:
        self.digests: list[bytes] = []
        """The digest of each line so far."""
        self._line, self._piece = digests
        self._lengths, self._firsts, self._places = array("I"), array("I", [0]), array("Q", [0])
        self._codes: list[bytes] = []
        self._open: list[bytes] = []  # the lines of the next piece
        self._size = 0

    def add(self, line: bytes) -> bytes:
        """Add a line; return its digest."""
        self.add_all((line,))
        return self.digests[-1]

    def add_all(self, lines: Sequence[bytes]) -> None:
        """Add lines."""
        lengths = list(map(len, lines))
        self.digests += map(self._line, lines)
        self._lengths.extend(lengths)
        for line, length in zip(lines, lengths, strict=True):
            if line.endswith(b"\n"):
                self._open.append(line)
                self._size += length
                if self._size >= PIECE:
                    self._end_piece()

    def add_pieces(self, kept: KeptLines, pieces: range) -> None:
        """Add pieces that are as they were kept."""
        self._end_piece()
        first, end = kept.firsts[pieces.start], kept.firsts[pieces.stop]
        self.digests += map(kept.digest_of, range(first, end))
        self._lengths.extend(kept.lengths[first:end])
        for piece in pieces:
            size = kept.places[piece + 1] - kept.places[piece]
            self._note(kept.firsts[piece + 1] - kept.firsts[piece], size, kept.code_of(piece))

    def _end_piece(self) -> None:
        """Let the next line begin a piece."""
        if self._open:
            self._note(len(self._open), self._size, self._piece(b"".join(self._open)))
            self._open, self._size = [], 0

    def _note(self, lines: int, size: int, code: bytes) -> None:
        self._firsts.append(self._firsts[-1] + lines)
        self._places.append(self._places[-1] + size)
        self._codes.append(code)

    def kept(self, pairs: Mapping[bytes, int]) -> KeptLines | None:
        """Return the lines, given the position of each settled pair by the digest of its line.

        None unless each pair has exactly one line.
        """
        self._end_piece()
        owners = array("I", [pairs.get(each, NOBODY) for each in self.digests])
        alone = array("I", [at for at, owner in enumerate(owners) if owner == NOBODY])
        lines = {owner: at for at, owner in enumerate(owners) if owner != NOBODY}
        if not len(lines) == len(pairs) == len(owners) - len(alone):
            return None
        by_pair = array("I", map(lines.__getitem__, range(len(lines))))
        digests, codes = (memoryview(b"".join(each)) for each in (self.digests, self._codes))
        numbers = self._places, self._lengths, self._firsts, owners, alone, by_pair
        return KeptLines(digests, codes, *numbers)
