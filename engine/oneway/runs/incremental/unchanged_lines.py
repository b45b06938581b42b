"""Finds which stored lines of a file are unchanged, and where they are now.

A piece of several lines is recognised as a whole while the file has the stored pieces in order.
After a change, lines are compared one by one until a stored piece may begin again. The result is
always the same as comparing each line by itself.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from io import BytesIO
from itertools import accumulate, chain, compress, count
from operator import itemgetter, ne
from typing import BinaryIO, TypeAlias, cast

from oneway.history.baseline.lines import (
    DIGEST,
    NOBODY,
    BaselineLines,
    LineDigests,
    LineKeeper,
    parted,
)

LineOf: TypeAlias = Callable[[BinaryIO], bytes]
"""Returns the next line of a file with its line break, or b"" at the end of the file."""
_NEAR = 64
"""A line is searched for within this many lines of its expected place first."""
_AT_A_TIME = 1 << 19
"""Larger than the buffer of an open file, so that data is not copied twice."""
_LONGER = 1 << 11
"""How many bytes a piece may have grown by for its lines to be compared in one go."""
_LOST = 1_000, 50
"""After this many missing lines, plus one in so many, lines are looked up in an index of all."""


class _Window:
    """A window on a file: reads large chunks, always into the same memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._read, self._seek = cast(BytesIO, file).readinto, file.seek
        self._memory = memoryview(bytearray(_AT_A_TIME))
        self.start = self.end = 0
        """The offsets in the file at which `data` begins and ends."""
        self.data = self._memory[:0]

    def move(self, place: int, size: int) -> None:
        """Move the window to an offset; it then has at least `size` bytes, or all up to the end."""
        if size > len(self._memory):
            self._memory = memoryview(bytearray(size))
        self._seek(place)
        self.start, self.end = place, place + self._read(self._memory)
        self.data = self._memory[: self.end - place]

    def at(self, place: int, size: int) -> memoryview:
        """Return up to `size` bytes from an offset; valid until the next move."""
        if not self.start <= place <= self.end - size:
            self.move(place, size)
        first = place - self.start
        return self.data[first : first + size]


class UnchangedLines:
    """Finds the stored lines in a file; `changed` are all other lines, with their digests.

    A line that belongs to no pair counts as changed unless it is at its expected place.
    """

    def __init__(
        self, kept: BaselineLines, digests: LineDigests, wanted: AbstractSet[int] = frozenset()
    ) -> None:
        self.kept = kept
        self.changed: list[tuple[bytes, bytes]] = []
        self.taken: list[tuple[bytes, bytes]] = []
        """The unchanged lines that are `wanted`, with their digests."""
        self.seen = bytearray(len(kept))
        """1 for each stored line that was found."""
        self.twice = False
        """Whether a stored line occurs more than once."""
        self._digests = digests
        self._wanted, self._in_order = wanted, [*sorted(wanted), len(kept)]
        self._firsts, self._places = kept.firsts.tolist(), kept.places.tolist()  # lists are faster
        self._spans = kept.spans.tolist()
        self._codes = parted(kept.codes)
        self._alone = frozenset(kept.alone)
        self._apart: set[int] = set()
        """Pieces to compare line by line, since a line of no pair was found before them."""
        self._place = 0
        self._expected = 0  # the line after the last one found
        self._strange = 0  # the number of unknown lines since then
        self._runs = [(0, 0)]  # the first line and the offset of each run of consecutive lines
        # The file as it is: stored pieces, or the digests and total size of consecutive lines.
        self._order: list[range | tuple[list[bytes], int]] = []
        self._unknown: list[tuple[bytes, bytes, int]] = []
        self._index: dict[bytes, int] | None = None

    def find(self, file: BinaryIO, line_of: LineOf) -> None:
        """Search a file; the other methods then answer about it."""
        window = _Window(file)
        following: int | None = 0
        while following is not None:
            piece = self._pass_pieces(window, following)
            lines = self._lines_of(piece, window)
            made = list(map(self._digests.line, lines))
            if self._is_in_place(piece, lines, made):
                following = piece + 1
                continue
            file.seek(self._place + sum(map(len, lines)))
            rest = iter(partial(line_of, file), b"")
            others = ((line, self._digests.line(line)) for line in rest)
            following = self._look_at_lines(chain(zip(lines, made, strict=True), others))
        index = self._unseen()
        for one, line, place in self._unknown:
            known = self._of_pair(index.get(one))
            if known is None:
                self.changed.append((one, line))
            else:
                self._place, self._expected = place, -1
                self._note(known, one, line)
        self._runs.sort()

    def place_of(self, line: int) -> int:
        """Return the offset of an unchanged line, in bytes."""
        first, place = self._runs[bisect_right(self._runs, line, key=itemgetter(0)) - 1]
        return place + self.kept.place_of(line) - self.kept.place_of(first)

    def lost(self) -> Iterator[int]:
        """Yield the pairs whose line was not found."""
        owners = self.kept.owners
        yield from (owners[at] for at in self._unseen().values() if owners[at] != NOBODY)

    def keeper(self, file: BinaryIO, line_of: LineOf) -> LineKeeper | None:
        """Return a keeper of all lines of the file; None if the file has changed meanwhile."""
        keeper, place, places = LineKeeper(self._digests), 0, self._places
        for each in self._order:
            if isinstance(each, range):
                keeper.add_pieces(self.kept, each)
                place += places[each.stop] - places[each.start]
                continue
            made, length = each
            file.seek(place)
            keeper.add_all([line_of(file) for _ in made])
            if keeper.digests[-len(made) :] != made:
                return None
            place += length
        return keeper

    def _pass_pieces(self, window: _Window, first: int) -> int:
        """Skip the stored pieces that follow one another here; return the next piece."""
        digest, codes, firsts, spans = self._digests.piece, self._codes, self._firsts, self._spans
        places, order, shift = self._places, self._in_order, self._place - self._places[first]
        end = min((each for each in self._apart if each >= first), default=len(codes))
        wanted = order[bisect_left(order, firsts[first])]
        start, stop, read = window.start, window.end, window.data
        for piece in range(first, end):
            place, span = places[piece] + shift, spans[piece]
            if not start <= place <= stop - span:
                window.move(place, span)
                start, stop, read = window.start, window.end, window.data
            data = read[place - start : place - start + span]
            if digest(data) != codes[piece]:
                end = piece
                break
            if wanted < firsts[piece + 1]:
                wanted = self._take(firsts[piece], firsts[piece + 1], data)
        if end > first:
            line, after = firsts[first], firsts[end]
            self.twice |= self.seen.find(1, line, after) >= 0
            self.seen[line:after] = b"\1" * (after - line)
            self._order.append(range(first, end))
            self._note_run(line, after)
            self._place = places[end] + shift
        return end

    def _lines_of(self, piece: int, window: _Window) -> list[bytes]:
        """Return the next lines, as many as a stored piece has; fewer if they are longer."""
        if piece == len(self._codes):
            return []
        size = self._places[piece + 1] - self._places[piece] + _LONGER
        lines = BytesIO(window.at(self._place, size)).readlines()
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        return lines[: self._firsts[piece + 1] - self._firsts[piece]]

    def _is_in_place(self, piece: int, lines: Sequence[bytes], made: list[bytes]) -> bool:
        """Record the lines at a stored piece's place; False if fewer than half belong to it."""
        first = self._firsts[piece]
        end = first + len(lines)
        own = parted(self.kept.digests[first * DIGEST : end * DIGEST])
        strange = [*compress(count(), map(ne, own, made))]
        if (
            len(strange) * 2 >= len(lines)
            or end != self._firsts[piece + 1]
            or self.seen.find(1, first, end) >= 0
        ):
            return False
        places = [*accumulate(map(len, lines), initial=self._place)]
        self._order.append((made, places[-1] - self._place))
        if not self._alone.isdisjoint(range(first, end)):
            self._apart.add(piece)
        self.seen[first:end] = b"\1" * len(lines)
        done = 0
        for at in (*strange, len(lines)):
            if at > done:
                self._place = places[done]
                self._note_run(first + done, first + at)
            if at < len(lines):
                self.seen[first + at] = 0
                self._unknown.append((made[at], lines[at], places[at]))
                self._strange += 1
                done = at + 1
        self._place = places[-1]
        wanted = (at - first for at in self._wanted_in(first, end) if self.seen[at])
        self.taken += ((made[at], lines[at]) for at in wanted)
        return True

    def _look_at_lines(self, lines: Iterable[tuple[bytes, bytes]]) -> int | None:
        """Compare lines one by one until a stored piece may begin.

        Each line comes with its digest. Returns the piece; None at the end of the file.
        """
        digests, seen = self.kept.digests, self.seen
        here = self._expected + self._strange
        stop = self._next_piece(here + 1)
        for line, made in lines:
            self._order.append(([made], len(line)))
            if digests[here * DIGEST : here * DIGEST + DIGEST] == made and not seen[here]:
                self._note(here, made, line)
                if here in self._alone:
                    self._apart.add(bisect_right(self._firsts, here) - 1)
                here += 1
            elif (known := self._of_pair(self._sought(made))) is None:
                self._unknown.append((made, line, self._place))
                self._strange += 1  # perhaps it replaces the expected line
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
        """Return the first line of the next stored piece, from a line on; -1 if there is none."""
        piece = bisect_left(self._firsts, line)
        return self._firsts[piece] if piece < len(self._firsts) - 1 else -1

    def _note(self, known: int, made: bytes, line: bytes) -> None:
        """Record that a stored line was found here."""
        self._note_run(known, known + 1)
        if self.seen[known]:
            self.twice = True
        self.seen[known] = 1
        if known in self._wanted:
            self.taken.append((made, line))

    def _note_run(self, first: int, end: int) -> None:
        """Record that consecutive stored lines were found here."""
        if self._strange or first != self._expected:
            self._runs.append((first, self._place))
        self._expected, self._strange = end, 0

    def _take(self, first: int, end: int, data: memoryview) -> int:
        """Collect the wanted lines of a piece; return the next wanted line after it."""
        kept, line, place = self.kept, first, 0
        for wanted in self._wanted_in(first, end):
            place += sum(kept.lengths[line:wanted])
            line = wanted
            taken = bytes(data[place : place + kept.lengths[line]])
            self.taken.append((kept.digest_of(line), taken))
        return self._in_order[bisect_left(self._in_order, end)]

    def _wanted_in(self, first: int, end: int) -> Sequence[int]:
        """Return the wanted lines in a range."""
        order = self._in_order
        return order[bisect_left(order, first) : bisect_left(order, end)]

    def _of_pair(self, line: int | None) -> int | None:
        """Return a stored line if it belongs to a pair, else None."""
        return None if line is None or self.kept.owners[line] == NOBODY else line

    def _sought(self, made: bytes) -> int | None:
        """Return the stored line with a digest; far away, only once many lines are missing."""
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
        """Return the stored lines that were not found yet, by digest."""
        found, at = {}, self.seen.find(0)
        while at >= 0:
            found[self.kept.digest_of(at)] = at
            at = self.seen.find(0, at + 1)
        return found
