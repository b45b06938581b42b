"""Reading all inputs of a run, each resource once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar, runtime_checkable

from oneway.connector import Progress, ReadError, silent
from oneway.diagnostics import Refused, refusal
from oneway.interpreter import Interpreted, Table, tabulate
from oneway.program import Held, Row
from oneway.records import Collected, Record, Snapshot
from oneway.runs.inputs import Input, Systems, inputs, offline_help
from oneway.runs.preparation import Prepared

T = TypeVar("T")


@runtime_checkable
class Streaming(Protocol):
    """A reader that can hand out its records one at a time, so that none need be kept."""

    def records(self, gaps: list[str], progress: Progress = silent) -> Iterator[Record]:
        """Yield the records; `gaps` is given why any may be missing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read, and the program bound to it."""

    source: Snapshot
    target: Snapshot
    references: Mapping[str, Snapshot]
    tables: Mapping[str, Table]
    program: Interpreted


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What the mapping makes of all that was read; the records themselves are not kept."""

    source: Collected[Row]
    target: Collected[Held]
    references: Mapping[str, Snapshot]
    tables: Mapping[str, Table]
    program: Interpreted


def read(prepared: Prepared, systems: Systems, progress: Progress = silent) -> Reading:
    """Return all records of a run's inputs; raise `Refused` where one cannot be read."""
    reads = _Reads(prepared, systems, progress)
    references, tables, program = reads.bound()
    source, target = reads.snapshot("source"), reads.snapshot("target")
    return Reading(source, target, references, tables, program)


def evaluated(prepared: Prepared, systems: Systems, progress: Progress = silent) -> Evaluated:
    """Return what the mapping makes of a run's inputs; raise `Refused` as `read` does.

    Gives the plan that `read` would give, in a fraction of the memory.
    """
    reads = _Reads(prepared, systems, progress)
    references, tables, program = reads.bound()
    source = reads.collected("source", program.row)
    target = reads.collected("target", program.held)
    return Evaluated(source, target, references, tables, program)


def tables_of(
    prepared: Prepared, systems: Systems, progress: Progress = silent
) -> Mapping[str, Table]:
    """Return the lookup tables of a run, reading nothing else."""
    return _Reads(prepared, systems, progress).bound()[1]


class _Reads:
    """Reads each resource once, whatever it is read for."""

    def __init__(self, prepared: Prepared, systems: Systems, progress: Progress) -> None:
        self.prepared = prepared
        self.systems = systems
        self.progress = progress
        self.inputs = inputs(prepared)
        self.snapshots: dict[Input, Snapshot] = {}

    def bound(self) -> tuple[dict[str, Snapshot], dict[str, Table], Interpreted]:
        codes = self.prepared.compiled.code.references
        references = {code.name: self.snapshot(f"references.{code.name}") for code in codes}
        context = self.prepared.context
        tables = {code.name: tabulate(code, references[code.name], context) for code in codes}
        return references, tables, self.prepared.compiled.bind(context, tables)

    def snapshot(self, role: str) -> Snapshot:
        each = self.inputs[role]
        if each not in self.snapshots:
            found = self.from_reader(role, lambda reader: reader.read(self.progress))
            self.snapshots[each] = replace(found, records=tuple(_once_each(each, found.records)))
        return self.snapshots[each]

    def collected(self, role: str, make: Callable[[Record], T]) -> Collected[T]:
        each = self.inputs[role]
        others = [other for name, other in self.inputs.items() if name != role]
        reader = self.from_reader(role, lambda reader: reader)
        if each in others or not isinstance(reader, Streaming):
            found = self.snapshot(role)
            return Collected(tuple(map(make, found.records)), found.complete, found.problems)
        gaps: list[str] = []
        stream = reader.records(gaps, self.progress)
        items = self.from_reader(role, lambda _: tuple(map(make, _once_each(each, stream))))
        return Collected(items, not gaps, tuple(gaps))

    def from_reader(self, role: str, act: Callable[..., T]) -> T:
        each = self.inputs[role]
        try:
            return act(self.systems.reader(each))
        except ReadError as error:
            raise refusal(error.code, each.text, error.summary, error.help) from None
        except Refused as refused:
            raise offline_help(refused, role) from None


def _once_each(each: Input, records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records; raise `Refused` where two have one id, which planning cannot take."""
    seen: set[str] = set()
    for record in records:
        if record.id in seen:
            summary = f"the id {record.id!r} was read twice"
            help = "the system's list may have changed while it was read: run again"
            raise refusal("R164", each.text, summary, help)
        seen.add(record.id)
        yield record
