"""The stored lines of a file: digests of each line, and of pieces of many lines.

An unchanged piece is recognised without splitting it into lines, in a fraction of the time. The
pieces follow one another from the start of the file. They contain all lines except an unfinished
last one, which may continue by the next night.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from struct import iter_unpack
from typing import NamedTuple, TypeAlias

from oneway.core.dataclass import dataclass

DIGEST = 16
"""The bytes of a digest: keyed, so that a file cannot be made with two lines of the same digest."""
PIECE = 1 << 14
"""The most bytes of a piece, except for a long line; this size is digested fastest by far."""
NOBODY = 2**32 - 1
"""Takes the place of a pair where a line belongs to none."""
Numbers: TypeAlias = "array[int] | memoryview[int]"
"""An array that is read in place, without being copied."""


LinesData: TypeAlias = tuple[memoryview, ...]


def parted(digests: bytes | memoryview) -> list[bytes]:
    """Return each of several digests that follow one another."""
    return [each for (each,) in iter_unpack(f"{DIGEST}s", digests)]


class LineDigests(NamedTuple):
    """Digests a line of a file without its line break, and a piece as it is."""

    line: Callable[[bytes], bytes]
    piece: Callable[[bytes | memoryview], bytes]


@dataclass(frozen=True, slots=True)
class BaselineLines:
    """The lines of a file in order, and the position of each line's quiet pair.

    `lengths` include the line breaks. `firsts` is the first line of each piece and the line after
    the last; `places` is where they were in the file. `spans` is how many bytes the digest of a
    piece covers, up to `PIECE`: the bytes after it as well. `alone` are the lines that belong to no
    pair; `by_pair` is the line of each pair.
    """

    digests: memoryview
    codes: memoryview
    places: Numbers
    lengths: Numbers
    firsts: Numbers
    spans: Numbers
    owners: Numbers
    alone: Numbers
    by_pair: Numbers

    def __len__(self) -> int:
        """Return the number of lines."""
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
        """The data for `of_data`."""
        numbers = self.lengths, self.firsts, self.spans, self.owners, self.alone, self.by_pair
        bytes_of = tuple(memoryview(each.tobytes()) for each in (self.places, *numbers))
        return self.digests, self.codes, *bytes_of

    @classmethod
    def of_data(cls, data: LinesData) -> "BaselineLines":
        """Return the lines from which `data` was made."""
        digests, codes, places, *numbers = data
        return cls(digests, codes, places.cast("Q"), *(each.cast("I") for each in numbers))


class LineKeeper:
    """Takes the lines of a file one after another, and digests them."""

    def __init__(self, digests: LineDigests) -> None:
        self.digests: list[bytes] = []
        """The digest of each line so far."""
        self._line, self._piece = digests
        self._lengths, self._firsts, self._places = array("I"), array("I", [0]), array("Q", [0])
        self._spans = array("I")
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
                if self._size + length > PIECE:
                    self._end_piece(line)
                self._open.append(line)
                self._size += length

    def add_pieces(self, kept: BaselineLines, pieces: range) -> None:
        """Add unchanged pieces. The bytes after them that their digests cover are unchanged too."""
        self._end_piece()
        first, end = kept.firsts[pieces.start], kept.firsts[pieces.stop]
        self.digests += parted(kept.digests[first * DIGEST : end * DIGEST])
        self._lengths.extend(kept.lengths[first:end])
        for piece in pieces:
            size = kept.places[piece + 1] - kept.places[piece]
            lines = kept.firsts[piece + 1] - kept.firsts[piece]
            self._note(lines, size, kept.spans[piece], kept.code_of(piece))

    def _end_piece(self, after: bytes = b"") -> None:
        """End the open piece, if there is one; `after` is the line that follows it, if known."""
        if self._open:
            data = b"".join([*self._open, after])[: max(self._size, PIECE)]
            self._note(len(self._open), self._size, len(data), self._piece(data))
            self._open, self._size = [], 0

    def _note(self, lines: int, size: int, span: int, code: bytes) -> None:
        self._firsts.append(self._firsts[-1] + lines)
        self._places.append(self._places[-1] + size)
        self._spans.append(span)
        self._codes.append(code)

    def kept(self, pairs: Mapping[bytes, int]) -> BaselineLines | None:
        """Return the lines, given the position of each quiet pair by the digest of its line.

        Returns None unless each pair has exactly one line.
        """
        self._end_piece()
        owners = array("I", [pairs.get(each, NOBODY) for each in self.digests])
        alone = array("I", [at for at, owner in enumerate(owners) if owner == NOBODY])
        lines = {owner: at for at, owner in enumerate(owners) if owner != NOBODY}
        if not len(lines) == len(pairs) == len(owners) - len(alone):
            return None
        by_pair = array("I", map(lines.__getitem__, range(len(lines))))
        digests, codes = (memoryview(b"".join(each)) for each in (self.digests, self._codes))
        numbers = self._places, self._lengths, self._firsts, self._spans
        return BaselineLines(digests, codes, *numbers, owners, alone, by_pair)
