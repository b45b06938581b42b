"""Finds which lines of a file are as they were kept, and where they stand by now.

As long as the file holds the kept pieces in their order, each is recognised as a whole. Where one
has changed, lines are looked at one by one, until a kept piece may begin. Whatever became of the
file, the answer is what looking at each line gives.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from functools import partial
from io import SEEK_CUR, BytesIO
from itertools import chain
from operator import itemgetter
from typing import BinaryIO, TypeAlias

from oneway.history.kept_lines import DIGEST, NOBODY, KeptLines, LineDigests, LineKeeper

LineOf: TypeAlias = Callable[[BinaryIO], bytes]
"""Returns the next line of a file with its end, b"" at the end of the file."""
_NEAR = 64
"""A line is sought first among so many before and after the one that is expected."""
_LOST = 1_000, 50
"""After so many, and one of so many, that are not there, lines are sought among all."""


class UnchangedLines:
    """Looks through a file for the lines that were kept; `changed` are the others, with digests.

    A line that is part of no pair is among `changed`, unless it stands where it is expected.
    """

    def __init__(
        self, kept: KeptLines, digests: LineDigests, wanted: AbstractSet[int] = frozenset()
    ) -> None:
        self.kept = kept
        self.changed: list[tuple[bytes, bytes]] = []
        self.taken: list[tuple[bytes, bytes]] = []
        """The unchanged lines that are `wanted`, with their digests."""
        self.seen = bytearray(len(kept))
        """1 for each kept line that was found."""
        self.twice = False
        """Whether a kept line stands there more than once."""
        self._digests = digests
        self._wanted, self._in_order = wanted, [*sorted(wanted), len(kept)]
        self._firsts, self._places = kept.firsts.tolist(), kept.places.tolist()  # quicker by far
        self._codes = bytes(kept.codes)
        self._alone = frozenset(kept.alone)
        self._apart: set[int] = set()
        """Pieces whose lines are looked at one by one, as one of no pair was found before them."""
        self._place = 0
        self._expected = 0  # the line after the last one that was found
        self._strange = 0  # so many lines since then are not known
        self._runs = [(0, 0)]  # first lines of what follows each other, and their places
        self._order: list[range | tuple[bytes, int]] = []  # pieces and lines, as they stand there
        self._unknown: list[tuple[bytes, bytes, int]] = []
        self._index: dict[bytes, int] | None = None

    def find(self, file: BinaryIO, line_of: LineOf) -> None:
        """Look through a file; the others of this class know what was found."""
        piece: int | None = 0
        while piece is not None:
            piece = self._look_at_lines(self._pass_pieces(file, piece), file, line_of)
        index = self._unseen()
        for made, line, place in self._unknown:
            known = self._of_pair(index.get(made))
            if known is None:
                self.changed.append((made, line))
            else:
                self._place, self._expected = place, -1
                self._note(known, made, line)
        self._runs.sort()

    def place_of(self, line: int) -> int:
        """Return where an unchanged line stands, in bytes from the start of the file."""
        first, place = self._runs[bisect_right(self._runs, line, key=itemgetter(0)) - 1]
        return place + self.kept.place_of(line) - self.kept.place_of(first)

    def lost(self) -> Iterator[int]:
        """Yield the pairs whose line was not found."""
        owners = self.kept.owners
        yield from (owners[at] for at in self._unseen().values() if owners[at] != NOBODY)

    def keeper(self, file: BinaryIO, line_of: LineOf) -> LineKeeper | None:
        """Return what keeps all lines of the file; None if it has changed meanwhile."""
        keeper, place, places = LineKeeper(self._digests), 0, self._places
        for each in self._order:
            if isinstance(each, range):
                keeper.add_pieces(self.kept, each)
                place += places[each.stop] - places[each.start]
                continue
            made, length = each
            file.seek(place)
            if keeper.add(line_of(file)) != made:
                return None
            place += length
        return keeper

    def _pass_pieces(self, file: BinaryIO, first: int) -> bytes:
        """Pass over the kept pieces that stand there one after the other; return what is next."""
        read, digest, codes = file.read, self._digests.piece, self._codes
        firsts, places, last = self._firsts, self._places, len(self._places) - 1
        piece, line, data = first, firsts[first], b""
        wanted = self._in_order[bisect_left(self._in_order, line)]
        file.seek(self._place)
        while piece < last and piece not in self._apart:
            data = read(places[piece + 1] - places[piece])
            if digest(data) != codes[piece * DIGEST : piece * DIGEST + DIGEST]:
                break
            piece += 1
            if wanted < firsts[piece]:
                wanted = self._take(firsts[piece - 1], firsts[piece], data)
            data = b""
        if piece > first:
            after = firsts[piece]
            if self._strange or line != self._expected:
                self._runs.append((line, self._place))
            self.twice |= self.seen.find(1, line, after) >= 0
            self.seen[line:after] = b"\1" * (after - line)
            self._order.append(range(first, piece))
            self._place += places[piece] - places[first]
            self._expected, self._strange = after, 0
        return data

    def _look_at_lines(self, data: bytes, file: BinaryIO, line_of: LineOf) -> int | None:
        """Look at lines until a kept piece may begin; return it, or None at the end of the file.

        `data` is the first of what is looked at: the file is behind it.
        """
        digest, digests, seen = self._digests.line, self.kept.digests, self.seen
        lines = BytesIO(data).readlines()
        if lines and not lines[-1].endswith(b"\n"):
            file.seek(-len(lines.pop()), SEEK_CUR)
        here = self._expected + self._strange
        stop = self._next_piece(here + 1)
        for line in chain(lines, iter(partial(line_of, file), b"")):
            made = digest(line)
            self._order.append((made, len(line)))
            if digests[here * DIGEST : here * DIGEST + DIGEST] == made and not seen[here]:
                self._note(here, made, line)
                if here in self._alone:
                    self._apart.add(bisect_right(self._firsts, here) - 1)
                here += 1
            elif (known := self._of_pair(self._sought(made))) is None:
                self._unknown.append((made, line, self._place))
                self._strange += 1  # perhaps in place of the one that is expected
                here += 1
            else:
                following = 0 <= known - self._expected <= self._strange
                self._note(known, made, line)
                here = known + 1
                stop = self._next_piece(here if following else here + 1)
            self._place += len(line)
            if here == stop:
                return bisect_left(self._firsts, here)
        return None

    def _next_piece(self, line: int) -> int:
        """Return with which line the first kept piece begins, from a line on; -1 if none does."""
        piece = bisect_left(self._firsts, line)
        return self._firsts[piece] if piece < len(self._firsts) - 1 else -1

    def _note(self, known: int, made: bytes, line: bytes) -> None:
        """Note where a kept line stands."""
        if self._strange or known != self._expected:
            self._runs.append((known, self._place))
            self._strange = 0
        self._expected = known + 1
        if self.seen[known]:
            self.twice = True
        self.seen[known] = 1
        if known in self._wanted:
            self.taken.append((made, line))

    def _take(self, first: int, end: int, data: bytes) -> int:
        """Take the lines that are wanted out of a piece; return the next one that is wanted."""
        kept, order, line, place = self.kept, self._in_order, first, 0
        at = bisect_left(order, first)
        while order[at] < end:
            place += sum(kept.lengths[line : order[at]])
            line, at = order[at], at + 1
            taken = data[place : place + kept.lengths[line]]
            self.taken.append((kept.digest_of(line), taken))
        return order[at]

    def _of_pair(self, line: int | None) -> int | None:
        """Return a kept line if it is that of a pair."""
        return None if line is None or self.kept.owners[line] == NOBODY else line

    def _sought(self, made: bytes) -> int | None:
        """Return the kept line that has a digest, if it is near or many were not."""
        if self._index is not None:
            return self._index.get(made)
        here = self._expected * DIGEST
        start = max(here - _NEAR * DIGEST, 0)
        at = bytes(self.kept.digests[start : here + _NEAR * DIGEST]).find(made)
        if at >= 0 and at % DIGEST == 0:
            return (start + at) // DIGEST
        most, share = _LOST
        if len(self._unknown) > most + len(self.kept) // share:
            self._index = self._unseen()
            return self._index.get(made)
        return None

    def _unseen(self) -> dict[bytes, int]:
        """Return the kept lines that were not found yet, by their digests."""
        found, at = {}, self.seen.find(0)
        while at >= 0:
            found[self.kept.digest_of(at)] = at
            at = self.seen.find(0, at + 1)
        return found
