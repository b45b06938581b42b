"""A target in memory: what it enforces is what makes a plan in the wrong order fail."""

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import assume

from oneway.applying.apply import apply
from oneway.applying.preconditions import LiveState
from oneway.applying.result import ApplySystems, Approved, Result
from oneway.applying.unknown_writes import TargetMemory
from oneway.applying.watch import Watch, never
from oneway.core.connector_errors import Rejected
from oneway.core.progress import Progress, silent
from oneway.core.records import Record, Snapshot, is_blank
from oneway.planning.endings import End, Ending
from oneway.planning.plan import Action, Plan
from oneway.planning.plan_file import fingerprint
from worlds import NEW_USER, SEAL, World, bound, planned

Data = dict[str, Any]


@dataclass
class MemoryReader:
    """Reads records from a dict; `find` filters by nothing, as systems may."""

    records: dict[str, Data]
    broken: frozenset[str] = frozenset()

    def read(self, progress: Progress = silent) -> Snapshot:
        """Return every record."""
        return Snapshot(tuple(self._record(id) for id in self.records))

    def get(self, id: str) -> Record | None:
        """Return one record."""
        return self._record(id) if id in self.records else None

    def find(self, path: str, value: object) -> tuple[Record, ...]:
        """Return all records: the caller looks again."""
        return self.read().records

    def _record(self, id: str) -> Record:
        problem = "torn" if id in self.broken else ""
        return Record(id, copy.deepcopy(self.records[id]), problem)


@dataclass
class MemoryWriter:
    """Writes to the reader's dict, and enforces unique and computed fields.

    With a `batch` of more than one, it writes at each `flush`.
    """

    reader: MemoryReader
    unique: frozenset[str] = frozenset()
    batch: int = 1
    calls: list[tuple[str, str, Data]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    pending: dict[str, Data] = field(default_factory=dict)
    made: int = 0
    on_flush: Callable[[], None] = lambda: None
    ignores_null: bool = False
    holders: set[str] = field(default_factory=set)
    """The records that hold a value which was refused to another."""

    def create(self, values: Mapping[str, Any], token: str) -> str:
        """Create a record."""
        self.made += 1
        id = f"n{self.made}"
        self._write("create", id, {**copy.deepcopy(NEW_USER), "id": id}, values, token)
        return id

    def update(self, id: str, values: Mapping[str, Any], token: str) -> None:
        """Write some fields."""
        self._write("update", id, self._now()[id], values, token)

    def leave(self, id: str, values: Mapping[str, Any], token: str) -> None:
        """Write some fields of somebody who leaves."""
        self._write("leave", id, self._now()[id], values, token)

    def reactivate(self, id: str, values: Mapping[str, Any], token: str) -> None:
        """Write some fields of somebody who comes back."""
        self._write("reactivate", id, self._now()[id], values, token)

    def flush(self) -> None:
        """Make the writes so far durable."""
        self.on_flush()
        self.reader.records.update(self.pending)
        self.pending.clear()

    def _now(self) -> dict[str, Data]:
        return {**self.reader.records, **self.pending}

    def _write(self, verb: str, id: str, old: Data, values: Mapping[str, Any], token: str) -> None:
        new = merged(old, _without_nulls(values) if self.ignores_null else values)
        for path in leaves(values):
            if path == ("seq",):
                raise Rejected("W1", "seq is computed")
            self._demand_free(id, path, new)
        self.calls.append((verb, id, copy.deepcopy(dict(values))))
        self.tokens.append(token)
        (self.pending if self.batch > 1 else self.reader.records)[id] = new

    def _demand_free(self, id: str, path: tuple[str, ...], new: Data) -> None:
        value = _held(new, path)
        if ".".join(path) not in self.unique or is_blank(value):
            return
        for other, data in self._now().items():
            if other != id and _folded(path, _held(data, path)) == _folded(path, value):
                self.holders.add(other)
                raise Rejected("W1", f"{'.'.join(path)} is taken by {other}")


@dataclass
class Recording:
    """A log in memory."""

    steps: list[tuple[str, str]] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def prepare(self) -> None:
        """Prepare nothing."""

    def at_once(self) -> AbstractContextManager[None]:
        """Return a block: nothing in memory can be half written."""
        return nullcontext()

    def intended(self, action: Action, token: str) -> None:
        """Note that an action is about to be sent."""
        self.steps.append(("intended", action.id))

    def sent_again(self, action: Action) -> None:
        """Note that an action is about to be sent again."""
        self.steps.append(("sent again", action.id))

    def leaving(self, actions: Sequence[Action]) -> None:
        """Let every request go: nobody else has a lease on a target in memory."""

    def ended(self, results: Sequence[Result]) -> None:
        """Note how actions ended."""
        self.steps += [(each.ending.value, each.action.id) for each in results]
        self.results += results


@dataclass
class MemorySystems:
    """Both systems of a world in memory."""

    source: Any
    target: Any
    writer: Any
    linked: Mapping[str, str] = field(default_factory=dict)
    """The target records that earlier runs linked source records to."""
    by_others: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The fields of target records that other connections have written meanwhile."""

    def of(self, world: World) -> ApplySystems:
        """Return them as an apply is given them."""
        live = LiveState(bound(world), self.source, self.target, SEAL)
        memory = TargetMemory(linked=self.linked, by_others=self._written_by_others)
        return ApplySystems(live, self.writer, memory)

    def _written_by_others(self, id: str) -> frozenset[str]:
        return self.by_others.get(id, frozenset())


@dataclass
class Applied:
    """What an apply did."""

    results: tuple[Result, ...]
    target: Snapshot
    writer: MemoryWriter
    source: MemoryReader
    log: Recording


def systems_of(world: World, *, batch: int = 1) -> MemorySystems:
    """Return the world's two systems in memory."""
    target = MemoryReader(_by_id(world.target.records), _broken(world.target))
    return MemorySystems(
        MemoryReader(_by_id(world.source.records), _broken(world.source)),
        target,
        MemoryWriter(target, world.unique, batch, ignores_null=world.ignores_null),
    )


def applied(
    world: World,
    plan: Plan,
    *,
    batch: int = 1,
    held: Collection[str] = (),
    systems: MemorySystems | None = None,
    stale: Mapping[str, str] = {},
) -> Applied:
    """Apply a plan of a world through the engine; a guard holds some actions back.

    `stale` are those that a new plan does not have, and why.
    """
    systems = systems or systems_of(world, batch=batch)
    log = Recording()
    approved = replace(approval(plan, held=held), stale=stale)
    results = tuple(steps(world, plan, approved, systems, log))
    return Applied(results, systems.target.read(), systems.writer, systems.source, log)


def all_done(done: Applied) -> bool:
    """Return whether every action was done.

    Passes over an example in which the target refused what a record holds that cannot be read: a
    plan knows nothing of its values, and leaves them to the target.
    """
    unread = {each.id for each in done.target.records if each.problem}
    assume(done.writer.holders.isdisjoint(unread))
    return all(each.ending is Ending.DONE for each in done.results)


def settled(world: World, *, batch: int = 1) -> World:
    """Return the world once a run has done all that it finds to do.

    A leaver whose target record was in error leaves, and nothing else of theirs is written. The
    leave may mend the record: then another run writes the rest, and what waited for that.
    """
    plan = planned(world)
    world = _with_all_done(world, plan, batch)
    rest = planned(world)
    reasons = (why.text for each in plan.outcomes for why in each.reasons)
    assert not rest.actions or any("no other field is written" in text for text in reasons)
    return _with_all_done(world, rest, batch) if rest.actions else world


def _with_all_done(world: World, plan: Plan, batch: int) -> World:
    done = applied(world, plan, batch=batch)
    assert all_done(done), [(each.ending, each.reason) for each in done.results]
    return world.with_target(done.target.records)


def approval(
    plan: Plan, *, held: Collection[str] = (), postponed: Mapping[str, str] = {}
) -> Approved:
    """Return the approval of a plan; `postponed` says why some actions wait."""
    return Approved(
        fingerprint(plan),
        {id: End(Ending.HELD, reason="held back by a test", guards=("test",)) for id in held},
        {
            id: End(Ending.POSTPONED, reason=why, until="2026-12-01")
            for id, why in postponed.items()
        },
    )


def steps(
    world: World,
    plan: Plan,
    approved: Approved,
    systems: MemorySystems,
    log: Recording,
    stopping: Callable[[], bool] = never,
) -> Iterator[Result]:
    """Apply a plan of a world, one action after the other."""
    return apply(plan, approved, systems.of(world), log, Watch(stopping=stopping))


def _without_nulls(values: Mapping[str, Any]) -> Data:
    """Return what a system takes of nested values that ignores null."""
    return {
        key: _without_nulls(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }


def merged(old: Mapping[str, Any], values: Mapping[str, Any]) -> Data:
    """Return a record with nested values written over it."""
    new = copy.deepcopy(dict(old))
    for key, value in values.items():
        inner = new.get(key)
        if isinstance(value, dict):
            new[key] = merged(inner if isinstance(inner, dict) else {}, value)
        else:
            new[key] = copy.deepcopy(value)
    return new


def leaves(values: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    """Return the paths of nested values."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from ((key, *rest) for rest in leaves(value))
        else:
            yield (key,)


def _by_id(records: Iterable[Record]) -> dict[str, Data]:
    return {record.id: copy.deepcopy(dict(record.data)) for record in records}


def _broken(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(record.id for record in snapshot.records if record.problem)


def _held(data: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = data
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _folded(path: tuple[str, ...], value: Any) -> Any:
    if is_blank(value):
        return object()
    if path == ("email",) and isinstance(value, str):
        return value.casefold()
    return (type(value) is bool, value)
