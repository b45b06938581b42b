"""The lines of a file that have changed: a reader of these alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from io import BytesIO
from typing import BinaryIO, Protocol, cast, runtime_checkable

from oneway.core.batches import Batch
from oneway.core.connector import NewFields, Reader, made_ids, new_fields
from oneway.core.progress import Progress, silent
from oneway.core.records import Record, Snapshot
from oneway.history.baseline.lines import BaselineLines, LineDigests, LineKeeper
from oneway.mapping.profile.blank_values import Path, blank_in, is_blank_at
from oneway.mapping.profile.word_groups import WordGroup
from oneway.runs.incremental.unchanged_lines import UnchangedLines
from oneway.runs.prepare.prepared import Input
from oneway.runs.systems import OpenSystems

_AT_A_TIME = 1 << 18
"""Bytes whose lines are digested together."""


class PartReader(Protocol):
    """A reader of some lines; once it has read, it says where among them each id stands."""

    @property
    def notes(self) -> Sequence[str]:
        """What was noticed, although nothing is missing."""

    def batches(self, gaps: list[str], progress: Progress = silent) -> Iterator[Record | Batch]:
        """Yield the records, those of one shape many at a time."""

    def position_of(self, id: str) -> int:
        """Return which of the lines an id stands on; the first is 0."""


@runtime_checkable
class ByLine(Protocol):
    """A reader of a file in which each line may be a record that can be read by itself."""

    @property
    def by_line(self) -> bool:
        """Whether each line of this file is a record by itself."""

    def opened(self, *, here_and_there: bool = False) -> AbstractContextManager[BinaryIO]:
        """Give the open file; its lines may be read from any place at which one begins.

        `here_and_there` says that only a few will be.
        """

    def line_of(self, file: BinaryIO) -> bytes:
        """Return the next line with its end, b"" at the end of the file; raise `ReadError`."""

    def of_lines(self, lines: Iterable[bytes]) -> PartReader:
        """Return a reader of some lines alone, which may be given several at a time."""


class ChangedLines:
    """Reads the lines of a file: all of them, or after `compare` only those that have changed."""

    def __init__(
        self,
        reader: ByLine,
        digests: LineDigests,
        told: Sequence[Path],
        groups: Sequence[WordGroup],
    ) -> None:
        self.told = told
        """The paths whose blank values are noted."""
        self.groups = groups
        """The groups of words; a value that is none of the words is noted."""
        self._blanks: dict[str, int] = {}
        self.notes: Sequence[str] = ()
        self.lost: AbstractSet[int] = frozenset()
        """The pairs whose line is not there, once lines were compared."""
        self._reader = reader
        self._digests = digests
        self._unchanged: UnchangedLines | None = None
        self._taken: set[int] = set()  # the unchanged lines that are read
        self._keeper = LineKeeper(digests)
        # Those that are new, those that were kept and are of no pair, and those of pairs:
        self._changed: list[tuple[bytes, bytes]] = []
        self._new = self._of_nobody = 0
        self._part: PartReader | None = None

    @property
    def new_fields(self) -> NewFields | None:
        """What becomes of a written field that no record of the whole file has."""
        return new_fields(cast(Reader, self._reader))

    @property
    def made_ids(self) -> tuple[str, ...]:
        """The paths at which a new record of the whole file gets a number as its id."""
        return made_ids(cast(Reader, self._reader))

    def compare(self, kept: BaselineLines, pairs: Iterable[int] = ()) -> bool:
        """Find the lines that are as they were kept, and let the others and some pairs be read.

        Returns False if the line of a pair stands there twice.
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
        """Whether a kept line of no pair is not there."""
        found = self._unchanged
        assert found is not None, "not compared"
        return not all(map(found.seen.__getitem__, found.kept.alone))

    def is_new(self, id: str) -> bool:
        """Return whether the line on which an id stands was not kept, once the lines were read."""
        return self._position_of(id) < self._new

    def is_of_pair(self, id: str) -> bool:
        """Return whether the line on which an id stands is kept as that of a pair."""
        return self._position_of(id) >= self._of_nobody

    def _position_of(self, id: str) -> int:
        assert self._part is not None, "not read"
        return self._part.position_of(id)

    def take(self, pairs: Iterable[int]) -> bool:
        """Let the lines of some pairs be read too; return whether they are still unchanged."""
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
        """Yield the records, those of one shape many at a time."""
        lines = self._all() if self._unchanged is None else (line for _, line in self._changed)
        self._part = part = self._reader.of_lines(lines)
        self._blanks = {}
        for each in part.batches(gaps, progress):
            self._note_blanks(each)
            yield each
        self.notes = part.notes

    def _note_blanks(self, each: Record | Batch) -> None:
        if isinstance(each, Record):
            said = [is_blank_at(each, path) for path in self.told]
            said += [group.lacking_at(each) for group in self.groups]
            self._blanks[each.id] = sum(blank << bit for bit, blank in enumerate(said))
            return
        columns = [blank_in(each, path) for path in self.told]
        columns += [group.lacking_in(each) for group in self.groups]
        always = sum(1 << bit for bit, blank in enumerate(columns) if all(blank))
        found = [always] * len(each)
        for bit, blank in enumerate(columns):
            if any(blank) and not all(blank):
                found = [bits | one << bit for bits, one in zip(found, blank, strict=True)]
        self._blanks.update(zip(each.ids, found, strict=True))

    def digests_of(self, ids: Iterable[str]) -> Sequence[bytes]:
        """Return the digest of the line on which each id stands, once they were read."""
        places = map(self._position_of, ids)
        if self._unchanged is None:
            return list(map(self._keeper.digests.__getitem__, places))
        return [self._changed[at][0] for at in places]

    def blanks_of(self, ids: Iterable[str]) -> Iterator[int]:
        """Yield a bit for each path and then each group, set where a record lacks it."""
        return map(self._blanks.__getitem__, ids)

    def kept(self, pairs: Mapping[bytes, int]) -> BaselineLines | None:
        """Return all lines of the file, given each settled pair by the digest of its line.

        None where that cannot be told, because the file has changed since.
        """
        keeper: LineKeeper | None = self._keeper
        if self._unchanged is not None:
            with self._reader.opened() as file:
                keeper = self._unchanged.keeper(file, self._reader.line_of)
        return keeper.kept(pairs) if keeper is not None else None

    def _all(self) -> Iterator[bytes]:
        """Yield all lines, many at a time, and keep their digests."""
        self._keeper = LineKeeper(self._digests)
        with self._reader.opened() as file:
            while lines := file.read(_AT_A_TIME):
                if not lines.endswith(b"\n"):
                    lines += self._reader.line_of(file)
                self._keeper.add_all(BytesIO(lines).readlines())
                yield lines


class PartSystems(OpenSystems):
    """The systems of a run, of which some inputs are read in part, and the others once."""

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
    """Reads an input at most once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._found: Snapshot | None = None

    def read(self, progress: Progress = silent) -> Snapshot:
        if self._found is None:
            self._found = self._reader.read(progress)
        return self._found
