"""Reads the records of a file."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from functools import partial
from io import BytesIO
from itertools import repeat
from threading import Lock
from typing import BinaryIO, NamedTuple, TypeAlias

from oneway.core.abilities import MOST_IN_FLIGHT, NewFields
from oneway.core.batches import Batch
from oneway.core.compare import Compare, comparable
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.paths import at, path_of
from oneway.core.phrases import some
from oneway.core.progress import Progress, silent
from oneway.core.records import MISSING, Record, Snapshot, Value
from oneway_connectors.file.blank_words import without_words
from oneway_connectors.file.encoding import as_utf8
from oneway_connectors.file.formats import WORKBOOK, format_of, layout_of
from oneway_connectors.file.identity import Ids
from oneway_connectors.file.jsonl import JsonLines
from oneway_connectors.file.layout import FileEntries, FileEntry, Grouping, Layout, line_of
from oneway_connectors.file.mojibake import Letters
from oneway_connectors.file.opening import Stamp, opened, stamp_at, stamp_of
from oneway_connectors.file.options import DEFAULTS, UTF_8, FileOptions

_MOST_BROKEN = 1_000
"""A file with this many broken records is refused if it has more broken than valid ones."""
_STEP = 1_000
"""Records between two reports of progress."""
_FEW_BYTES = 1 << 13
_FAST_PART = 100
"""How many lines of a part are decoded strictly; few, as a faster parser is mostly imported."""


class FileReader:
    """Reads a JSON, JSONL or CSV file, or a sheet of a workbook, as records.

    Raises `ReadError` if the format is unknown. Threads may ask for records at once.
    """

    concurrency = MOST_IN_FLIGHT
    reads_all = True

    def __init__(self, path: str, options: FileOptions = DEFAULTS) -> None:
        self._path = str(path)
        self._options = options
        self._format = format_of(self._path, options.format)
        self._index: _Index | None = None
        self._lock = Lock()
        self.notes: list[str] = []
        """Remarks on the last reading of the file that do not mean missing records."""

    def heed(self, paths: Iterable[tuple[str, ...]]) -> None:
        """Require cells to fit their types only at these paths; the id always has to fit.

        Elsewhere, a cell that does not fit is text, and does not make its record invalid.
        """
        heeded = frozenset((*paths, self._options.id_keys))
        self._options = replace(self._options, heeded=heeded)

    @property
    def new_fields(self) -> NewFields | None:
        """What happens to a new field; a CSV file refuses it unless it may grow."""
        if self._format == WORKBOOK:
            return None
        if self._options.new_columns == "add":
            return NewFields.WANTED
        return NewFields.REFUSED if self._format in ("csv", "tsv") else NewFields.DOUBTED

    @property
    def made_ids(self) -> tuple[str, ...]:
        """The path of the id, which a new record gets as a number unless it is written."""
        return () if self._format == WORKBOOK else self._options.id_keys

    def read(self, progress: Progress = silent) -> Snapshot:
        """Return every record; an invalid entry becomes a record with a `problem`.

        So do records that share an id, unless they are identical. Raises `ReadError` for an
        unreadable file.
        """
        gaps: list[str] = []
        records = {record.id: record for record in self.records(gaps, progress)}
        problems = (*gaps, *self.notes)
        return Snapshot(tuple(records.values()), complete=not gaps, problems=problems)

    def records(self, gaps: list[str], progress: Progress = silent) -> Iterator[Record]:
        """Yield the records one at a time; adds to `gaps`, in words, why any may be missing.

        A record whose id occurs again is yielded again at the end, with a `problem`.
        """
        return (each for each in self._read(gaps, progress) if isinstance(each, Record))

    def batches(self, gaps: list[str], progress: Progress = silent) -> Iterator[Record | Batch]:
        """Yield the same as `records`, with many records of one shape at a time."""
        return self._read(gaps, progress, grouped=not self._is_reworded)

    @property
    def by_line(self) -> bool:
        """Whether each line is a record that can be read without other lines."""
        options = self._options
        return self._format == "jsonl" and options.encoding == UTF_8 and not options.blank

    @contextmanager
    def opened(self, *, here_and_there: bool = False) -> Iterator[BinaryIO]:
        """Yield the open file, for `line_of`; its lines are records if it is `by_line`.

        `here_and_there`: reads little at a time, for access to scattered lines.
        """
        with opened(self._path, *([_FEW_BYTES] if here_and_there else [])) as file:
            yield as_utf8(self._path, file, self._options.encoding)

    line_of = staticmethod(line_of)

    def of_lines(self, lines: Iterable[bytes]) -> "LinesReader":
        """Return a reader of these lines, as if the file had no others.

        An item may consist of several lines.
        """
        return LinesReader(self._path, self._options, lines)

    def _read(
        self, gaps: list[str], progress: Progress, *, grouped: bool = False
    ) -> Iterator[Record | Batch]:
        with opened(self._path) as file:
            layout = layout_of(self._path, self._format, self._options)
            self.notes.clear()
            reading = _Reading(self._path, self._options, layout, gaps, progress)
            text = as_utf8(self._path, file, self._options.encoding)
            many = layout.grouped if grouped and isinstance(layout, Grouping) else None
            for each in self._entries(layout, text) if many is None else many(text):
                if isinstance(each, FileEntries):
                    yield from reading.batch(each)
                elif (record := reading.record(each)) is not None:
                    yield record
            if reading.ids.shared:
                yield from self._sharing(file, reading.ids, reading.count)
            if layout.missing:
                gaps.append(layout.missing)
            self.notes += [*reading.letters.said, *layout.notes]
            if not (reading.count or layout.columns) and self._format not in ("json", "jsonl"):
                self.notes.append(f"{self._path} is empty: it has no headings either")
            progress(f"reading {self._path}", reading.count, reading.count)

    def _sharing(self, file: BinaryIO, ids: Ids, count: int) -> Iterator[Record]:
        """Yield the records that share an id as problems; identical ones are one record."""
        file.seek(0)
        sharing: dict[str, list[_Twin]] = defaultdict(list)
        layout = layout_of(self._path, self._format, self._options)
        text = as_utf8(self._path, file, self._options.encoding)
        for number, entry in enumerate(self._entries(layout, text), 1):
            if (id := ids.shared_by(entry)) is not None:
                sharing[id].append(_Twin(number, entry.line, entry.data))
        unlike = {
            id: entries
            for id, entries in sharing.items()
            if any(entry.data != entries[0].data for entry in entries)
        }
        number = sum(map(len, unlike.values()))
        if count > _FEW and 2 * number > count:
            raise self._no_identity(next(iter(unlike.values())), number, count)
        self._note_repeated([entries for id, entries in sharing.items() if id not in unlike])
        for id, entries in unlike.items():
            same = f"{_listed(entries)} have the same {self._options.id!r}"
            problem = f"{same} and differ in {_differing(entries)}: {_WHICH}"
            places = _places(entries)
            for n, twin in enumerate(entries):
                yield Record(ids.by_place(places[n]) if n else id, twin.data, problem)

    def _note_repeated(self, repeated: Sequence[Sequence["_Twin"]]) -> None:
        if len(repeated) == 1:
            said = f"{_listed(repeated[0])} are the same record, which is read once"
        else:
            said = f"{len(repeated):,} records are in it more than once, and are read once"
        if repeated:
            self.notes.append(f"{self._path}: {said}")

    def _entries(self, layout: Layout, text: BinaryIO) -> Iterator[FileEntry]:
        """Return the entries of a file, with words for "nothing" as blanks."""
        entries, words = layout.entries(text), self._options.blank
        if not self._is_reworded:
            return entries
        return (each._replace(data=_stated(each.data, words)) for each in entries)

    @property
    def _is_reworded(self) -> bool:
        """Whether words for "nothing" must be removed here, as only tables do so themselves."""
        return bool(self._options.blank) and self._format in ("json", "jsonl")

    def _no_identity(self, entries: Sequence["_Twin"], number: int, count: int) -> ReadError:
        shared = f"{number:,} of {count:,} records share their id"
        summary = f"{self._path}: {shared}, such as {_listed(entries)}"
        help = f"{self._options.id!r} does not tell records apart: set the option id"
        return ReadError("R155", summary, help)

    def get(self, id: str) -> Record | None:
        """Return the current record, or None."""
        with self._lock:
            made = self._now().by_id.get(id)
            return None if made is None else made()

    def find(self, path: str, value: Value) -> tuple[Record, ...]:
        """Return at least the records whose field at `path` equals `value` by some comparison."""
        with self._lock:
            return tuple(made() for made in self._now().at(path).get(_loose(value), ()))

    def _now(self) -> "_Index":
        if self._index is None or self._index.stamp != stamp_at(self._path):
            self._index = self._read_index()
        return self._index

    def _read_index(self) -> "_Index":
        with opened(self._path) as file:
            stamp = stamp_of(file)
        found: dict[str, _Made] = {}
        for each in self.batches([]):
            if isinstance(each, Batch):
                made = map(partial, repeat(each.record), range(len(each)))
                found.update(zip(each.ids, made, strict=True))
            elif each.problem and not each.lost:
                found.pop(each.id, None)
            else:
                found[each.id] = partial(_itself, each)
        return _Index(stamp, found)


class LinesReader:
    """Reads some lines of a JSON Lines file, as if the file had no others.

    Adds to `gaps` if reading them alone is wrong, because an id occurs twice.
    """

    def __init__(self, path: str, options: FileOptions, lines: Iterable[bytes]) -> None:
        self.notes: list[str] = []
        self._path = path
        self._options = options
        self._lines = lines
        self._numbers: dict[str, int] = {}

    def batches(self, gaps: list[str], progress: Progress = silent) -> Iterator[Record | Batch]:
        """Yield the records, those of one shape many at a time."""
        layout = JsonLines(_FAST_PART, whole=False)
        reading = _Reading(self._path, self._options, layout, gaps, progress)
        for each in layout.grouped(_Lines(self._lines)):
            if isinstance(each, FileEntries):
                yield from self._numbered(each.lines, reading.batch(each))
            elif (record := reading.record(each)) is not None:
                self._numbers[record.id] = each.line
                yield record
        if reading.ids.shared:
            gaps.append(f"{self._path}: several records have one id")
        self.notes = reading.letters.said

    def position_of(self, id: str) -> int:
        """Return the index of the line with an id, once the lines are read."""
        return self._numbers[id] - 1

    def _numbered(
        self, lines: Sequence[int], records: Iterable[Record | Batch]
    ) -> Iterator[Record | Batch]:
        """Yield the records of several lines, and note the line of each id."""
        ids: list[str] = []
        for each in records:
            ids += each.ids if isinstance(each, Batch) else (each.id,)
            yield each
        # There are fewer records if some share an id.
        self._numbers.update(zip(ids, lines, strict=False))


class _Lines(BytesIO):
    """Lines as a file."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        super().__init__()
        self._rest = bytearray()
        self._next = iter(lines)

    def read(self, size: int | None = -1, /) -> bytes:
        """Return `size` bytes, or all that are left."""
        rest, most = self._rest, -1 if size is None else size
        while most < 0 or len(rest) < most:
            line = next(self._next, b"")
            if not line:
                most = len(rest)
                break
            rest += line
            if not line.endswith(b"\n"):
                rest += b"\n"  # the file's last line, which may precede others here
        with memoryview(rest) as view:
            found = bytes(view[:most])
        del rest[:most]
        return found


class _Reading:
    """One reading of a file: identifies entries, and notes why records may be missing."""

    def __init__(
        self, path: str, options: FileOptions, layout: Layout, gaps: list[str], progress: Progress
    ) -> None:
        self.path = path
        self.layout = layout
        self.gaps = gaps
        self.progress = progress
        self.ids = Ids(path, options)
        self.letters = Letters(path, options)
        self.count = self.broken = 0

    def record(self, entry: FileEntry) -> Record | None:
        """Return the record of an entry, or None if an earlier entry has the id."""
        self.count += 1
        if entry.gap:
            why = f": it {entry.problem}" if entry.problem else ""
            self.gaps.append(f"{self.path}: records may be missing after line {entry.line}{why}")
        if self.count % _STEP == 0:
            self.progress(f"reading {self.path}", self.count, None)
        named = self.ids.name(entry)
        if named is None:
            return None
        id, problem = named
        self.broken += bool(problem)
        if self.broken > _MOST_BROKEN and 2 * self.broken > self.count:
            raise self._hardly_records(problem)
        damage = self.letters.damage(entry)
        lost = self.letters.lost(entry) if entry.lost or damage else ()
        said, paths = _said(problem), (*entry.lost, *lost)
        if self.ids.path in paths:  # without its id, the record may be anybody's
            return Record(id, entry.data, said, damage or entry.cut)
        place = f"line {entry.line}" if entry.lost else ""
        if entry.cut and not damage:
            return Record(id, entry.data, said, entry.cut, paths, place, cut=True)
        return Record(id, entry.data, said, damage, paths, place)

    def batch(self, entries: FileEntries) -> Iterator[Record | Batch]:
        """Yield the records of several entries; one by one if their ids are unusual."""
        raws, decode = entries.raws, entries.decode
        # A record with lost letters needs its own check, as it may not be written.
        ids = None if self.letters.may_be_lost(entries) else self.ids.name_all(entries)
        if ids is None:
            for line, raw in zip(entries.lines, raws, strict=True):
                if (record := self.record(FileEntry(line, raw, decode(raw)))) is not None:
                    yield record
            return
        before, self.count = self.count, self.count + len(ids)
        for step in range(before // _STEP + 1, self.count // _STEP + 1):
            self.progress(f"reading {self.path}", step * _STEP, None)
        yield Batch(entries.shape, ids, entries.items, lambda i: Record(ids[i], decode(raws[i])))

    def _hardly_records(self, problem: str) -> ReadError:
        summary = f"{self.path}: {self.broken:,} of the first {self.count:,} records cannot be read"
        help = f"check the file and its options: the last one {problem}"
        return ReadError("R153", summary, help)


def _said(problem: str) -> str:
    """Return why an entry is not a record, without details, so that equal causes can be counted."""
    return f"the record {problem}" if problem and not problem.startswith("column ") else problem


class _Twin(NamedTuple):
    """A record that shares its id: its number and line, both from 1, and its data."""

    number: int
    line: int
    data: dict[str, Value]


def _on_one_line(entries: Sequence[_Twin]) -> bool:
    return len({entry.line for entry in entries}) < len(entries)


def _places(entries: Sequence[_Twin]) -> list[str]:
    """Return the place of each entry: its line, or its number if two share a line."""
    if _on_one_line(entries):
        return [f"record {entry.number}" for entry in entries]
    return [f"line {entry.line}" for entry in entries]


def _listed(entries: Sequence[_Twin]) -> str:
    """Return the places of several entries in words."""
    one = _on_one_line(entries)
    kind = "records" if one else "lines"
    numbers = [f"{entry.number if one else entry.line:,}" for entry in entries]
    if len(numbers) > _FEW:
        return f"{kind} {some(numbers, _FEW)}"
    return f"{kind} {', '.join(numbers[:-1])} and {numbers[-1]}"


def _differing(entries: Sequence[_Twin]) -> str:
    """Return the names of the fields in which entries differ; their values may be sensitive."""
    first = entries[0].data
    names = dict.fromkeys(name for entry in entries for name in entry.data)
    unlike = [
        repr(name)
        for name in names
        if any(each.data.get(name, MISSING) != first.get(name, MISSING) for each in entries)
    ]
    return some(unlike, _MOST_NAMED)


def _stated(data: dict[str, Value], words: frozenset[str]) -> dict[str, Value]:
    return {key: without_words(value, words) for key, value in data.items()}


_FEW = 20
"""How many lines a message names at most; a smaller file may have one id in all records."""
_MOST_NAMED = 5
"""How many fields a message names at most."""
_WHICH = "it is unknown which of them is right; correct it where the file is made"


_Made: TypeAlias = Callable[[], Record]
"""Returns a record, decoded on demand: decoded records take five times the memory of their text."""


def _itself(record: Record) -> Record:
    return record


@dataclass(slots=True)
class _Index:
    """The records of a file at one stamp, indexed by id and, on demand, by other fields."""

    stamp: Stamp
    by_id: dict[str, _Made]
    _by_path: dict[str, dict[Hashable, list[_Made]]] = field(default_factory=dict)

    def at(self, path: str) -> dict[Hashable, list[_Made]]:
        """Return the records by their value at a path."""
        if path not in self._by_path:
            self._by_path[path] = self._group(path)
        return self._by_path[path]

    def _group(self, path: str) -> dict[Hashable, list[_Made]]:
        groups: dict[Hashable, list[_Made]] = defaultdict(list)
        keys = path_of(path)
        for made in self.by_id.values():
            value = at(made().data, keys)
            if value is not MISSING:
                groups[_loose(value)].append(made)
        return dict(groups)


def _loose(value: Value) -> Hashable:
    """Return a key that is equal for values that any comparison treats as equal."""
    if isinstance(value, list):
        return "list"
    for compare in (Compare.DATE, Compare.NUMBER):
        found = comparable(value, compare)
        if isinstance(found, tuple) and found[0] in ("date", "number"):
            return found
    return value.strip().casefold() if isinstance(value, str) else comparable(value, Compare.EXACT)
