"""Reads only the changed lines of a file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from io import BytesIO
from typing import BinaryIO, Protocol, cast, runtime_checkable

from oneway.core.abilities import NewFields, made_ids, new_fields
from oneway.core.batches import Batch
from oneway.core.connector import Reader
from oneway.core.progress import Progress, silent
from oneway.core.records import Record, Snapshot
from oneway.history.baseline.lines import BaselineLines, LineDigests, LineKeeper
from oneway.mapping.profile.blank_values import Path, blank_in, is_blank_at
from oneway.mapping.profile.word_groups import WordGroup
from oneway.runs.incremental.unchanged_lines import UnchangedLines
from oneway.runs.prepare.prepared import Input
from oneway.runs.systems import OpenSystems

_AT_A_TIME = 1 << 18
"""How many bytes of lines are digested together."""


class PartReader(Protocol):
    """A reader of some lines of a file. After a read, it knows on which of them each id stands."""

    @property
    def notes(self) -> Sequence[str]:
        """Remarks on the lines that were read; they do not mean that data is missing."""

    def batches(self, gaps: list[str], progress: Progress = silent) -> Iterator[Record | Batch]:
        """Yield the records, those of one shape many at a time."""

    def position_of(self, id: str) -> int:
        """Return the position of an id's line among the lines that were read, from 0."""


@runtime_checkable
class ByLine(Protocol):
    """A reader of a file that can read single lines, where each line is one record."""

    @property
    def by_line(self) -> bool:
        """Whether each line of this file is one record."""

    def opened(self, *, here_and_there: bool = False) -> AbstractContextManager[BinaryIO]:
        """Open the file; a line can be read from any offset at which one begins.

        Pass `here_and_there` if only a few lines will be read.
        """

    def line_of(self, file: BinaryIO) -> bytes:
        """Return the next line with its line break; b"" at the end. Raises `ReadError`."""

    def of_lines(self, lines: Iterable[bytes]) -> PartReader:
        """Return a reader of only these lines; each item may contain several lines."""


class ChangedLines:
    """Reads all lines of a file or, after `compare`, only those that have changed."""

    def __init__(
        self,
        reader: ByLine,
        digests: LineDigests,
        counted: Sequence[Path],
        groups: Sequence[WordGroup],
    ) -> None:
        self.counted = counted
        """The paths whose blank values are counted."""
        self.groups = groups
        """The groups of words; a value outside its group is counted."""
        self._blanks: dict[str, int] = {}
        self.notes: Sequence[str] = ()
        self.lost: AbstractSet[int] = frozenset()
        """The pairs whose line is gone from the file; known after `compare`."""
        self._reader = reader
        self._digests = digests
        self._unchanged: UnchangedLines | None = None
        self._taken: set[int] = set()  # unchanged lines that are read all the same
        self._keeper = LineKeeper(digests)
        # In this order: new lines, unchanged lines of no pair, lines of pairs.
        self._changed: list[tuple[bytes, bytes]] = []
        self._new = self._of_nobody = 0
        self._part: PartReader | None = None

    @property
    def new_fields(self) -> NewFields | None:
        """What happens to a written field that no record of the whole file has."""
        return new_fields(cast(Reader, self._reader))

    @property
    def made_ids(self) -> tuple[str, ...]:
        """The paths at which a new record gets a number as its id, by the whole file."""
        return made_ids(cast(Reader, self._reader))

    def compare(self, kept: BaselineLines, pairs: Iterable[int] = ()) -> bool:
        """Find the unchanged lines. A later read yields the others, and those of `pairs`.

        Returns False if the line of a pair occurs twice.
        """
        self._taken = {*kept.alone, *map(kept.by_pair.__getitem__, pairs)}
        self._unchanged = found = UnchangedLines(kept, self._digests, self._taken)
        with self._reader.opened() as file:
            found.find(file, self._reader.line_of)
        alone = set(map(kept.digest_of, kept.alone))
        of_nobody = [each for each in found.taken if each[0] in alone]
        of_pairs = [each for each in found.taken if each[0] not in alone]
        self._new = len(found.changed)
        self._of_nobody = self._new + len(of_nobody)
        self._changed = [*found.changed, *of_nobody, *of_pairs]
        self.lost = set(found.lost())
        return not found.twice

    @property
    def is_any_alone_lost(self) -> bool:
        """Whether a stored line that belongs to no pair is gone from the file."""
        found = self._unchanged
        assert found is not None, "not compared"
        return not all(map(found.seen.__getitem__, found.kept.alone))

    def is_new(self, id: str) -> bool:
        """Return whether an id's line is new since the last run. Requires a finished read."""
        return self._position_of(id) < self._new

    def is_of_pair(self, id: str) -> bool:
        """Return whether an id's line was stored as that of a pair. Requires a finished read."""
        return self._position_of(id) >= self._of_nobody

    def _position_of(self, id: str) -> int:
        assert self._part is not None, "not read"
        return self._part.position_of(id)

    def take(self, pairs: Iterable[int]) -> bool:
        """Also read the lines of these pairs; return False if one of them has changed meanwhile."""
        found = self._unchanged
        assert found is not None, "not compared"
        lines = {line for line in map(found.kept.by_pair.__getitem__, pairs) if found.seen[line]}
        lines -= self._taken
        self._taken |= lines
        with self._reader.opened(here_and_there=True) as file:
            for place, known in sorted((found.place_of(line), line) for line in lines):
                file.seek(place)
                line = self._reader.line_of(file)
                made = self._digests.line(line)
                if made != found.kept.digest_of(known):
                    return False
                self._changed.append((made, line))
        return True

    def records(self, gaps: list[str], progress: Progress = silent) -> Iterator[Record]:
        """Yield the records one at a time."""
        for each in self.batches(gaps, progress):
            if isinstance(each, Record):
                yield each
            else:
                yield from map(each.record, range(len(each)))

    def batches(self, gaps: list[str], progress: Progress = silent) -> Iterator[Record | Batch]:
        """Yield the records, in batches of one shape where possible."""
        lines = self._all() if self._unchanged is None else (line for _, line in self._changed)
        self._part = part = self._reader.of_lines(lines)
        self._blanks = {}
        for each in part.batches(gaps, progress):
            self._note_blanks(each)
            yield each
        self.notes = part.notes

    def _note_blanks(self, each: Record | Batch) -> None:
        if isinstance(each, Record):
            said = [is_blank_at(each, path) for path in self.counted]
            said += [group.lacking_at(each) for group in self.groups]
            self._blanks[each.id] = sum(blank << bit for bit, blank in enumerate(said))
            return
        columns = [blank_in(each, path) for path in self.counted]
        columns += [group.lacking_in(each) for group in self.groups]
        always = sum(1 << bit for bit, blank in enumerate(columns) if all(blank))
        found = [always] * len(each)
        for bit, blank in enumerate(columns):
            if any(blank) and not all(blank):
                found = [bits | one << bit for bits, one in zip(found, blank, strict=True)]
        self._blanks.update(zip(each.ids, found, strict=True))

    def digests_of(self, ids: Iterable[str]) -> Sequence[bytes]:
        """Return the digest of each id's line. Requires a finished read."""
        places = map(self._position_of, ids)
        if self._unchanged is None:
            return list(map(self._keeper.digests.__getitem__, places))
        return [self._changed[at][0] for at in places]

    def blanks_of(self, ids: Iterable[str]) -> Iterator[int]:
        """Yield a bit mask for each id: a bit for each path, then each group, that it lacks."""
        return map(self._blanks.__getitem__, ids)

    def kept(self, pairs: Mapping[bytes, int]) -> BaselineLines | None:
        """Return all lines of the file for storing; `pairs` are pairs by the digest of their line.

        Returns None if the file has changed since it was read.
        """
        keeper: LineKeeper | None = self._keeper
        if self._unchanged is not None:
            with self._reader.opened() as file:
                keeper = self._unchanged.keeper(file, self._reader.line_of)
        return keeper.kept(pairs) if keeper is not None else None

    def _all(self) -> Iterator[bytes]:
        """Yield all lines in large chunks, and store their digests."""
        self._keeper = LineKeeper(self._digests)
        with self._reader.opened() as file:
            while lines := file.read(_AT_A_TIME):
                if not lines.endswith(b"\n"):
                    lines += self._reader.line_of(file)
                self._keeper.add_all(BytesIO(lines).readlines())
                yield lines


class PartSystems(OpenSystems):
    """The systems of a run, with some inputs read in part. Every other input is read only once."""

    def __init__(self, systems: OpenSystems, parts: Mapping[Input, ChangedLines]) -> None:
        super().__init__(systems.prepared, systems.shared)
        self._systems = systems
        self._parts: dict[Input, Reader] = {
            each: cast(Reader, part) for each, part in parts.items()
        }

    def reader(self, each: Input) -> Reader:
        """Return a reader of an input."""
        if each not in self._parts:
            self._parts[each] = cast(Reader, _Once(self._systems.reader(each)))
        return self._parts[each]


class _Once:
    """A reader that reads once and then repeats its result."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._found: Snapshot | None = None

    def read(self, progress: Progress = silent) -> Snapshot:
        if self._found is None:
            self._found = self._reader.read(progress)
        return self._found
