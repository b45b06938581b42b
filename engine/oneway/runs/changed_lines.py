"""The lines of a file that have changed: a reader of these alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, cast, runtime_checkable

from oneway.core.batches import Batch
from oneway.core.connector import NewFields, Reader, made_ids, new_fields
from oneway.core.progress import Progress, silent
from oneway.core.records import Record, Snapshot
from oneway.mapping.read_keys import Path, blank_in, is_blank_at
from oneway.mapping.word_groups import WordGroup
from oneway.runs.prepared import Input
from oneway.runs.systems import OpenSystems


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

    def lines(self) -> Iterator[bytes]:
        """Yield the lines, each with its end."""

    def lines_at(self, places: Iterable[int]) -> Iterator[bytes]:
        """Yield the lines that begin at some places, in bytes from the start of the file."""

    def of_lines(self, lines: Iterable[bytes]) -> PartReader:
        """Return a reader of some lines alone."""


class ChangedLines:
    """Reads the lines of a file: all of them, or after `compare` only those that have changed.

    `places` holds the offset of each unchanged line, by its position in the compared digests.
    """

    def __init__(
        self,
        reader: ByLine,
        digest: Callable[[bytes], bytes],
        told: Sequence[Path] = (),
        groups: Sequence[WordGroup] = (),
    ) -> None:
        self.told = told
        """The paths whose blank values are noted."""
        self.groups = groups
        """The groups of words; a value that is none of the words is noted."""
        self.blanks: dict[str, int] = {}
        """A bit for each path and then each group, set where a record lacks it; by record id."""
        self.places: dict[int, int] = {}
        self.notes: Sequence[str] = ()
        self._reader = reader
        self._digest = digest
        self._settled: Sequence[bytes] = ()
        self._lines: list[bytes] | None = None
        self._digests: list[bytes] = []
        self._part: PartReader | None = None

    @property
    def new_fields(self) -> NewFields | None:
        """What becomes of a written field that no record of the whole file has."""
        return new_fields(cast(Reader, self._reader))

    @property
    def made_ids(self) -> tuple[str, ...]:
        """The paths at which a new record of the whole file gets a number as its id."""
        return made_ids(cast(Reader, self._reader))

    def compare(self, settled: Sequence[bytes]) -> bool:
        """Find the lines with these digests, and keep the others to be read.

        Returns False if two lines, or two digests, are the same.
        """
        known = {digest: position for position, digest in enumerate(settled)}
        changed, digests, places = [], [], self.places
        place, digest = 0, self._digest
        for line in self._reader.lines():
            made = digest(line)
            position = known.get(made)
            if position is None:
                changed.append(line)
                digests.append(made)
            elif position in places:
                return False
            else:
                places[position] = place
            place += len(line)
        self._settled, self._lines, self._digests = settled, changed, digests
        return len(known) == len(settled)

    def take(self, positions: Sequence[int]) -> bool:
        """Read some unchanged lines too; return whether they are still unchanged."""
        assert self._lines is not None, "not compared"
        there = [each for each in positions if each in self.places]
        lines = self._reader.lines_at([self.places.pop(each) for each in there])
        for position, line in zip(there, lines, strict=True):
            made = self._digest(line)
            if made != self._settled[position]:
                return False
            self._lines.append(line)
            self._digests.append(made)
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
        lines = self._digested() if self._lines is None else self._lines
        self._part = part = self._reader.of_lines(lines)
        self.blanks = {}
        for each in part.batches(gaps, progress):
            self._note_blanks(each)
            yield each
        self.notes = part.notes

    def _note_blanks(self, each: Record | Batch) -> None:
        if isinstance(each, Record):
            said = [is_blank_at(each, path) for path in self.told]
            said += [group.lacking_at(each) for group in self.groups]
            self.blanks[each.id] = sum(blank << bit for bit, blank in enumerate(said))
            return
        found = [0] * len(each)
        columns = [blank_in(each, path) for path in self.told]
        columns += [group.lacking_in(each) for group in self.groups]
        for bit, column in enumerate(columns):
            for place, blank in enumerate(column):
                found[place] |= blank << bit
        self.blanks.update(zip(each.ids, found, strict=True))

    def digest_of(self, id: str) -> bytes:
        """Return the digest of the line on which an id stands, once it was read."""
        assert self._part is not None, "not read"
        return self._digests[self._part.position_of(id)]

    def _digested(self) -> Iterator[bytes]:
        """Yield all lines, and note the digest of each."""
        self._digests = []
        for line in self._reader.lines():
            self._digests.append(self._digest(line))
            yield line


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
