"""Finds which lines of a file are as they were kept, and where they stand by now.

As long as the file holds the kept blocks in their order, each is recognised as a whole; in one that
has changed, each piece. Where a piece has, lines are looked at one by one, until a kept piece may
begin. Whatever became of the file, the answer is what looking at each line gives.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import partial
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

    A line that is part of no pair is among `changed`, unless its piece is unchanged.
    """

    def __init__(self, kept: KeptLines, digests: LineDigests) -> None:
        self.kept = kept
        self.changed: list[tuple[bytes, bytes]] = []
        self.seen = bytearray(len(kept))
        """1 for each kept line that was found."""
        self.twice = False
        """Whether the line of a pair stands there more than once."""
        self._digests = digests
        self._places, self._blocks = kept.places.tolist(), kept.blocks.tolist()  # quicker by far
        self._place = 0
        self._expected = 0  # the line after the last one that was found
        self._strange = 0  # so many lines since then are not known
        self._runs: dict[int, int] = {}  # where each run of unchanged pieces stands, by the first
        self._lines: dict[int, int] = {}  # where each unchanged line beside them stands
        self._begun: list[int] = []  # the first pieces of the runs, sorted
        self._order: list[range | tuple[bytes, int]] = []  # pieces and lines, as they stand there
        self._unknown: list[tuple[bytes, bytes, int]] = []
        self._index: dict[bytes, int] | None = None

    def find(self, file: BinaryIO, line_of: LineOf) -> None:
        """Look through a file; the others of this class know what was found."""
        piece: int | None = 0
        while piece is not None:
            self._pass_pieces(file, piece)
            piece = self._look_at_lines(file, line_of)
        self._begun = sorted(self._runs)
        index = self._unseen()
        for made, line, place in self._unknown:
            if not self._note(index.get(made), place):
                self.changed.append((made, line))

    def place_of(self, line: int) -> int:
        """Return where an unchanged line stands, in bytes from the start of the file."""
        if line in self._lines:
            return self._lines[line]
        kept = self.kept
        piece = bisect_right(kept.firsts, line) - 1
        run = self._begun[bisect_right(self._begun, piece) - 1]
        beside = sum(kept.lengths[kept.firsts[piece] : line])
        return self._runs[run] + kept.places[piece] - kept.places[run] + beside

    def lost(self) -> Iterator[int]:
        """Yield the pairs whose line was not found."""
        owners = self.kept.owners
        yield from (owners[at] for at in self._unseen().values() if owners[at] != NOBODY)

    def keeper(self, file: BinaryIO, line_of: LineOf) -> LineKeeper | None:
        """Return what keeps all lines of the file; None if it has changed meanwhile."""
        keeper, place, places = LineKeeper(self._digests), 0, self.kept.places
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

    def _pass_pieces(self, file: BinaryIO, first: int) -> None:
        """Pass over the kept pieces that stand there, one after the other."""
        read, digest, kept = file.read, self._digests.piece, self.kept
        places, blocks, codes = self._places, self._blocks, kept.block_codes
        block, end, last = bisect_left(blocks, first), first, len(places) - 1
        while end < last:
            place = places[end]
            if block < len(blocks) and blocks[block] == end:
                after = kept.ends[block]
                code = codes[block * DIGEST : block * DIGEST + DIGEST]
                block += 1
                if digest(read(places[after] - place)) == code:
                    end = after
                    continue
                file.seek(self._place + place - places[first])
            if digest(read(places[end + 1] - place)) != kept.code_of(end):
                break
            end += 1
        if end > first:
            line, after = kept.firsts[first], kept.firsts[end]
            self.twice |= self.seen.find(1, line, after) >= 0
            self.seen[line:after] = b"\1" * (after - line)
            self._runs[first] = self._place
            self._order.append(range(first, end))
            self._place += places[end] - places[first]
            self._expected, self._strange = after, 0
        file.seek(self._place)

    def _look_at_lines(self, file: BinaryIO, line_of: LineOf) -> int | None:
        """Look at lines until a kept piece may begin; return it, or None at the end of the file."""
        firsts, last = self.kept.firsts, len(self.kept.firsts) - 1
        digest = self._digests.line
        for line in iter(partial(line_of, file), b""):
            made = digest(line)
            known = self._sought(made)
            if not self._note(known, self._place):
                self._unknown.append((made, line, self._place))
            self._order.append((made, len(line)))
            self._place += len(line)
            following = known is None or 0 <= known - self._expected <= self._strange
            if known is None:
                self._strange += 1  # perhaps in place of the one that is expected
            else:
                self._expected, self._strange = known + 1, 0
            piece = bisect_left(firsts, self._expected + self._strange) if following else last
            if piece < last and firsts[piece] == self._expected + self._strange:
                return piece
        return None

    def _note(self, known: int | None, place: int) -> bool:
        """Note where a kept line stands; return whether it is the line of a pair."""
        if known is None or self.kept.owners[known] == NOBODY:
            return False
        self.twice |= self.seen[known] == 1
        self.seen[known] = 1
        self._lines[known] = place
        return True

    def _sought(self, made: bytes) -> int | None:
        """Return the kept line that has a digest, if it is near or many were not."""
        if self._index is not None:
            return self._index.get(made)
        here, near = self._expected * DIGEST, _NEAR * DIGEST
        find = self.kept.digests.find
        at = find(made, here, here + near)
        if at < 0:
            at = find(made, max(here - near, 0), here)
        if at >= 0 and at % DIGEST == 0:
            return at // DIGEST
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
