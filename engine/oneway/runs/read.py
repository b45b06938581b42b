"""Reads all inputs of a run, each resource once."""

import json
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field, replace
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

from oneway.connections.discovery import FILES
from oneway.core.batches import Batch
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused, refusal
from oneway.core.progress import Progress, silent
from oneway.core.records import Collected, Record, Snapshot, Value
from oneway.core.seal import Seal
from oneway.core.telemetry import OpenStep, step
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.lookup_table import LookupTable, tabulate
from oneway.mapping.packed_rows import SourceRows, TargetRows
from oneway.mapping.policy import Policy
from oneway.mapping.profile.key_tally import KeyTally
from oneway.mapping.profile.read_keys import tallies_of
from oneway.mapping.profile.staying_words import StayingWords
from oneway.mapping.same_rows import SameRows
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow
from oneway.mapping.spec import Rehires
from oneway.planning.links import NO_LINKS, LinkEvidence
from oneway.planning.quiet_outcomes import NOT_PASSED, PassedOver
from oneway.runs.prepare.prepared import Input, PreparedRun
from oneway.runs.snapshot.answers import NotedAnswers
from oneway.runs.snapshot.projection import Projection
from oneway.runs.snapshot.stored_texts import StoredTexts
from oneway.runs.systems import OpenSystems, offline_help
from oneway.state.heartbeat import beat

T = TypeVar("T")
_Item = TypeVar("_Item", bound=Record | Batch)
_Some = TypeVar("_Some", SourceRows, TargetRows)

Known: TypeAlias = Mapping[Input, Snapshot]
"""Inputs that need not be read."""
NOTHING_KNOWN: Known = {}


@runtime_checkable
class Streaming(Protocol):
    """A reader that can stream its records, so that they need not be held in memory."""

    def records(self, gaps: list[str], progress: Progress = silent) -> Iterator[Record]:
        """Yield the records; adds to `gaps` why any may be missing."""


@runtime_checkable
class Batching(Protocol):
    """A reader that can decode many records of one shape at once.

    It checks ids itself: no two records share one, except that a record whose id turns up again
    comes once more, with a `problem`.
    """

    def batches(self, gaps: list[str], progress: Progress = silent) -> Iterator[Record | Batch]:
        """Yield the same as `records`, in the same order; many of one shape at a time."""


@dataclass(frozen=True, slots=True)
class ReadInputs:
    """All that was read, and the program bound to it."""

    source: Snapshot
    target: Snapshot
    references: Mapping[str, Snapshot]
    tables: Mapping[str, LookupTable]
    program: Interpreted
    tallies: Mapping[str, KeyTally] = field(default_factory=dict)

    def by_role(self) -> dict[str, Snapshot]:
        """Return what was read of each input, by its role."""
        tables = {f"references.{name}": each for name, each in self.references.items()}
        return {**tables, "source": self.source, "target": self.target}


@dataclass(frozen=True, slots=True)
class EvaluatedInputs:
    """The rows that the mapping makes of the inputs, without the records themselves.

    `stored` is the storable part of each source record and each target record, in order.
    """

    source: Collected[AnySourceRow]
    target: Collected[AnyTargetRow]
    references: Mapping[str, Snapshot]
    tables: Mapping[str, LookupTable]
    program: Interpreted
    stored: tuple[StoredTexts, StoredTexts] = field(
        default_factory=lambda: (StoredTexts(), StoredTexts())
    )
    evidence: LinkEvidence = NO_LINKS
    """What earlier runs remember, and the systems' answers to repeated queries."""
    tallies: Mapping[str, KeyTally] = field(default_factory=dict)
    """How many records have a value for each key that the mapping reads, by input."""
    passed_over: PassedOver = NOT_PASSED
    """The pairs that are as they were at the last run, and were not read (`incremental_read`)."""
    words: StayingWords | None = None
    """The words of the source, if they are needed."""
    answers: NotedAnswers = field(default_factory=NotedAnswers)
    """What the program answers while the plan is made."""
    looked_up: tuple[tuple[Record, ...], tuple[Record, ...]] = ((), ())
    """The records of source and target that their lists lack, and that were asked for by id."""


def read_inputs(
    prepared: PreparedRun, systems: OpenSystems, progress: Progress = silent
) -> ReadInputs:
    """Return all records of a run's inputs; raise `Refused` if one cannot be read."""
    reads = _Reads(prepared, systems, progress)
    references, tables, program = reads.bound()
    source, target = reads.snapshot("source"), reads.snapshot("target")
    reads.note_new()
    for role, snapshot in (("source", source), ("target", target)):
        for record in snapshot.records:
            reads.tallies[role].note(record)
    return ReadInputs(source, target, references, tables, program, reads.tallies)


def evaluate_inputs(
    prepared: PreparedRun,
    systems: OpenSystems,
    progress: Progress = silent,
    *,
    capture: bool = False,
    seen: Callable[[Policy, Sequence[AnySourceRow], KeyTally], object] = lambda *_: None,
    listed: Collection[str] = (),
    known: Known = NOTHING_KNOWN,
) -> EvaluatedInputs:
    """Return what the mapping makes of a run's inputs; raise `Refused` as `read_inputs` does.

    The plan is that of `read_inputs`, in a fraction of the memory. With `capture`, the result
    includes the storable part of each record. `seen` is given the source's rows, and what
    counts its keys, once they are read, before the target is. `listed` are the people to note the
    words of. `known` are inputs that need not be read.
    """
    reads = _Reads(prepared, systems, progress, known)
    references, tables, program = reads.bound()
    source_part, target_part = _parts_of(projection_of(prepared)) if capture else (None, None)
    words = staying_words(prepared, program, listed)
    rows = _Rows(SourceRows(), program.source_row, program.packed_source_rows, source_part, words)
    source = reads.collected("source", rows)
    seen(program.policy, source.items, reads.tallies["source"])
    same = SameRows(program.policy, rows.items)
    targets = _Rows(
        TargetRows(same.rows, same.silent),
        program.target_row,
        lambda batch: program.target_rows_beside(batch, same),
        target_part,
    )
    target = reads.collected("target", targets)
    stored = (rows.stored, targets.stored)
    return EvaluatedInputs(
        source, target, references, tables, program, stored, tallies=reads.tallies, words=words
    )


def read_together(
    old: PreparedRun, new: PreparedRun, systems: OpenSystems, progress: Progress = silent
) -> Known:
    """Return the inputs that two versions of a mapping read in the same way, each read once.

    `systems` are those of the new version. Raises `Refused` if one cannot be read.
    """
    theirs = set(old.inputs.values())
    reads = _Reads(new, systems, progress)
    for role in sorted(new.inputs, key=("target", "source").__contains__):  # tables first
        each = new.inputs[role]
        if each in theirs and systems.reads_alike(old, each):
            reads.snapshot(role)
    return reads.snapshots


def staying_words(
    prepared: PreparedRun, program: Interpreted, listed: Collection[str]
) -> StayingWords | None:
    """Return a collector of the source's words; None if they are not needed.

    They are needed for the `listed`, and for people whose account would be reactivated.
    """
    if not listed and program.policy.rehires is not Rehires.REACTIVATE:
        return None
    return StayingWords(program.code, program.context, listed, prepared.compiled.source)


def tables_of(
    prepared: PreparedRun, systems: OpenSystems, progress: Progress = silent
) -> Mapping[str, LookupTable]:
    """Return the lookup tables of a run, reading nothing else."""
    return _Reads(prepared, systems, progress).bound()[1]


def table_digest(name: str, table: LookupTable, seal: Seal) -> str:
    """Return the keyed digest of a reference's content, whatever its order."""
    rows = sorted(
        json.dumps([repr(key), *sorted(values, key=repr)], sort_keys=True)
        for key, values in table.rows.items()
    )
    nodes: list[Value] = []
    if table.tree is not None:
        made = (each for rows in table.tree.rows.values() for each in rows)
        nodes = [table.tree.whole, *sorted(map(repr, made))]
    return seal.digest("", f"references.{name}", [table.complete, *rows, *nodes])


class _Part(NamedTuple):
    """Returns the storable part of a record, and those of a batch."""

    of: Callable[[Record], str]
    of_all: Callable[[Batch], Sequence[str]]


def _parts_of(projection: Projection) -> tuple[_Part, _Part]:
    return (
        _Part(projection.of_source, projection.of_sources),
        _Part(projection.of_target, projection.of_targets),
    )


class _Rows(Generic[_Some]):
    """Converts records to rows, one or many at a time.

    With `part`, it also keeps the storable part of each record. `words` takes note of each.
    """

    def __init__(
        self,
        items: _Some,
        make: Callable[[Record], Any],
        make_all: Callable[[Batch], Sequence[Any]],
        part: _Part | None,
        words: StayingWords | None = None,
    ) -> None:
        self._make, self._make_all, self._part = make, make_all, part
        self._words = words
        self.items: _Some = items
        self.stored = StoredTexts()

    def take(self, record: Record) -> None:
        """Convert a record."""
        if self._part is not None:
            self.stored.extend((self._part.of(record),))
        if self._words is not None:
            self._words.note(record)
        self.items.take_whole(self._make(record))

    def take_all(self, batch: Batch) -> None:
        """Convert the records of a batch."""
        if self._part is not None:
            self.stored.extend(self._part.of_all(batch))
        if self._words is not None:
            self._words.note_all(batch)
        self.items.take(self._make_all(batch))

    def keep_last_of(self, again: Container[str]) -> None:
        """Keep one row for each id that was read again, the last."""
        last: set[str] = set()
        first: set[int] = set()
        for place, id in reversed(list(enumerate(self.items.ids()))):
            if id in last:
                first.add(place)
            elif id in again:
                last.add(id)
        self.items = self.items.without(first)
        self.stored = StoredTexts(
            each for place, each in enumerate(self.stored) if place not in first
        )


def projection_of(prepared: PreparedRun) -> Projection:
    """Return the projection of records that may be stored with a run."""
    compiled = prepared.compiled
    tables = compiled.code.open_tables
    return Projection(compiled.code, compiled.source, compiled.target, tables)


class _Reads:
    """Reads each resource once, even if it has several roles."""

    def __init__(
        self,
        prepared: PreparedRun,
        systems: OpenSystems,
        progress: Progress,
        known: Known = NOTHING_KNOWN,
    ) -> None:
        self.prepared = prepared
        self.systems = systems
        self.progress = _noted(progress)
        self.inputs = prepared.inputs
        self.snapshots: dict[Input, Snapshot] = {**known}
        self.tallies = tallies_of(prepared.compiled.code, prepared.spec)
        for role, tally in self.tallies.items():
            each = self.inputs[role]
            tally.in_file = each.replaces is not None or each.connector == FILES

    def bound(self) -> tuple[dict[str, Snapshot], dict[str, LookupTable], Interpreted]:
        codes = self.prepared.compiled.code.references
        references = {code.name: self.snapshot(f"references.{code.name}") for code in codes}
        for name, snapshot in references.items():
            for record in snapshot.records:
                self.tallies[f"references.{name}"].note(record)
        context = self.prepared.context
        tables = {
            code.name: self.found_in(code.name, tabulate(code, references[code.name], context))
            for code in codes
        }
        return references, tables, self.prepared.as_reached.bind(context, tables)

    def found_in(self, name: str, table: LookupTable) -> LookupTable:
        """Return a table; if no record has its key or its value, a value that it lacks means
        nothing.
        """
        unheld = [each.summary for each in self.tallies[f"references.{name}"].unheld(shown=False)]
        if not unheld:
            return table
        tree = replace(table.tree, whole=False) if table.tree is not None else None
        problems = (*table.problems, *unheld)
        return replace(table, complete=False, problems=problems, tree=tree)

    def snapshot(self, role: str) -> Snapshot:
        each = self.inputs[role]
        if each not in self.snapshots:
            with self.step(role) as reading:
                found = self.from_reader(role, lambda reader: reader.read(self.progress))
                records = tuple(_once_each(each, found.records))
                reading.note(records=len(records), complete=found.complete)
            self.snapshots[each] = replace(found, records=records)
        return self.snapshots[each]

    def step(self, role: str) -> AbstractContextManager[OpenStep]:
        """Return the step of reading an input, as watchers see it: without the path of a file."""
        said = self.prepared.plan_inputs[role]
        if said.file or said.connector == "file":
            return step("read", input=role, connector="file")
        return step("read", input=role, connector=said.connector, resource=said.resource)

    def note_new(self) -> None:
        """Set what becomes of new fields and records of the target, before it is read.

        For a file that stands in for a system, the system's record schema decides.
        """
        target = self.prepared.catalogue[self.prepared.spec.target.connector.text]
        if target.kind == FILES:
            self.from_reader("target", self.tallies["target"].ask)

    def collected(self, role: str, rows: _Rows[_Some]) -> Collected[Any]:
        """Convert each record of an input, many at once where they are read so."""
        each, tally = self.inputs[role], self.tallies[role]
        if role == "target":
            self.note_new()

        def take(records: Iterable[Record | Batch]) -> None:
            for record in records:
                if isinstance(record, Record):
                    tally.note(record)
                    rows.take(record)
                else:
                    tally.note_all(record)
                    rows.take_all(record)

        others = [other for name, other in self.inputs.items() if name != role]
        reader = self.from_reader(role, lambda reader: reader)
        if each in self.snapshots or each in others or not isinstance(reader, Streaming):
            found = self.snapshot(role)
            take(found.records)
            return Collected(rows.items, found.complete, found.problems)
        gaps: list[str] = []
        again: set[str] = set()
        stream: Iterator[Record | Batch]
        if isinstance(reader, Batching):
            stream = _noting(reader.batches(gaps, self.progress), again)
        else:
            stream = _once_each(each, reader.records(gaps, self.progress), again)
        with self.step(role) as reading:
            self.from_reader(role, lambda _: take(stream))
            if again:
                rows.keep_last_of(again)
            reading.note(records=len(rows.items), complete=not gaps)
        notes: Sequence[str] = getattr(reader, "notes", ())
        return Collected(rows.items, not gaps, (*gaps, *notes))

    def from_reader(self, role: str, act: Callable[..., T]) -> T:
        each = self.inputs[role]
        try:
            return act(self.systems.reader(each))
        except ReadError as error:
            raise each.cannot_read(error) from None
        except Refused as refused:
            raise offline_help(refused, role) from None


def _noted(progress: Progress) -> Progress:
    """Return a progress that also renews the leases of this process."""

    def noted(what: str, done: int, total: int | None) -> None:
        beat()
        progress(what, done, total)

    return noted


def _noting(records: Iterable[_Item], again: set[str]) -> Iterator[_Item]:
    """Yield the records, and note the ids of those with a problem, which may come `again`."""
    for record in records:
        if isinstance(record, Record) and record.problem:
            again.add(record.id)
        yield record


def _once_each(
    each: Input, records: Iterable[Record], again: set[str] | None = None
) -> Iterator[Record]:
    """Yield the records; raise `Refused` if two have one id, which planning cannot take.

    A reader that streams may find only later that a record has a problem, and yields it `again`.
    """
    seen: set[str] = set()
    for record in records:
        if record.id in seen:
            if again is None or not record.problem:
                summary = f"the id {record.id!r} was read twice"
                help = "the system's list may have changed while it was read: run again"
                raise refusal("R164", each.text, summary, help)
            again.add(record.id)
        seen.add(record.id)
        yield record
