"""The rows of runs and actions, and their conversion to dataclasses."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.planning.access import StillIn
from oneway.planning.endings import End, Ending
from oneway.planning.plan import Verb
from oneway.planning.plan_inputs import Allowance, Read

if TYPE_CHECKING:
    from sqlalchemy import Row

    AnyRow: TypeAlias = Row[*tuple[Any, ...]]
    """A row of any queried columns."""
else:
    AnyRow = Any  # without a store, SQLAlchemy is not imported


class Why(Enum):
    """Why a run was started. The values are shown."""

    HAND = "by hand"
    SCHEDULE = "schedule"
    CONNECT = "connect"


class RunState(Enum):
    """The state of a run. The values are the words of the command line."""

    DONE = "done"
    DONE_WITH_FAILURES = "done_with_failures"
    """It ended, but some records failed, or leavers can still get in."""
    HELD = "held"
    """It ended, and a guard blocked something."""
    REFUSED = "refused"
    """An error stopped it."""
    INTERRUPTED = "interrupted"
    """It did not end: its process or the machine was stopped or killed."""
    RUNNING = "running"
    """It is running: its process holds the lock of the connection."""

    @property
    def is_whole(self) -> bool:
        """Whether the run ended by itself, having dealt with every planned action."""
        return self in (RunState.DONE, RunState.DONE_WITH_FAILURES, RunState.HELD)


OLD_WORDS: Mapping[str, frozenset[RunState]] = {
    "failed": frozenset({RunState.DONE_WITH_FAILURES}),
    "open": frozenset({RunState.INTERRUPTED, RunState.RUNNING}),
}
"""Names that earlier versions gave to states, which still work."""


@dataclass(frozen=True, slots=True)
class Breached:
    """A guard that fired: its name, message, the option that allows it, and what it blocked."""

    guard: str
    text: str
    allow: str
    held: tuple[str, ...]
    """The ids of actions."""


@dataclass(frozen=True, slots=True)
class RunStart:
    """What is recorded of a run when it starts; `started` and `as_of` are ISO 8601 instants."""

    mapping: str
    digest: str
    fingerprint: str
    as_of: str
    started: str
    by: str
    connection: str = ""
    """The connection's name, which is also the name of the run's lock."""
    allowed: tuple[Allowance, ...] = ()
    """The ceilings raised for this run."""
    why: Why = Why.HAND
    version: str = ""
    host: str = ""
    breaches: tuple[Breached, ...] = ()
    zone: str = ""
    """The time zone in which the run's times are shown; "" for UTC."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run. `ended` is None while it runs, and after it has died until it is settled.

    `counts` are by `Ending.value`, before the end those known so far. `problems` are the errors
    that stopped a refused run.
    """

    id: int
    start: RunStart
    ended: str | None
    counts: Mapping[str, int]
    problems: tuple[Diagnostic, ...] = ()
    links: Mapping[str, int] = field(default_factory=dict)
    """How many links it saw: `known`, `new`, `replaced`."""
    still_in: tuple[StillIn, ...] = ()
    """The leavers who could still get in when it ended."""
    planned: int | None = None
    """How many actions its plan had; None if not recorded."""
    interrupted: bool = False
    """Whether it died, and was settled afterwards."""
    lives: bool = False
    """Whether its connection's lock is held, and this run must be the holder."""

    @property
    def state(self) -> RunState:
        """The state of the run."""
        if self.ended is None:
            return RunState.RUNNING if self.lives else RunState.INTERRUPTED
        if self.interrupted:
            return RunState.INTERRUPTED
        if self.problems:
            return RunState.REFUSED
        if self.start.breaches or self.counts.get(Ending.HELD.value):
            return RunState.HELD
        if self.still_in or any(self.counts.get(each.value) for each in _FAILED):
            return RunState.DONE_WITH_FAILURES
        return RunState.DONE

    @property
    def left(self) -> int | None:
        """How many planned actions have no ending; None if unknown."""
        if self.ended is not None:
            return 0
        return None if self.planned is None else max(self.planned - sum(self.counts.values()), 0)

    @property
    def knows_access(self) -> bool:
        """Whether `still_in` is known, as of when the run ended or was settled."""
        return self.ended is not None and not self.problems


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest as-of and start instants of a connection's runs."""

    as_of: str
    started: str


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One action of one run, with its ending; `end` is None if unknown."""

    run: int
    action_id: str
    verb: Verb
    source_id: str | None
    target_id: str | None
    token: str
    sent: bool
    end: End | None
    sent_at: str = ""
    """The clock's instant when it was last sent."""

    @property
    def is_forgotten(self) -> bool:
        """Whether its person was erased; the entry then only counts."""
        return self.action_id.startswith(FORGOTTEN)


FORGOTTEN = "forgotten "
"""The prefix that replaces the action of a forgotten person's entry."""


def entry(row: AnyRow) -> JournalEntry:
    """Return an entry."""
    end = None
    if row.ending is not None:
        said = (row.code, row.reason, tuple(json.loads(row.guards)), row.until, row.job)
        end = End(Ending(row.ending), row.target_id, *said)
    ids = (row.source_id, row.target_id)
    sent = (row.token, bool(row.sent))
    return JournalEntry(row.run, row.action, Verb(row.verb), *ids, *sent, end, row.sent_at)


def run(row: AnyRow) -> Run:
    """Return a run."""
    start = RunStart(
        mapping=row.mapping,
        digest=row.digest,
        fingerprint=row.fingerprint,
        as_of=row.as_of,
        started=row.started,
        by=row.started_by,
        connection=row.connection,
        allowed=tuple(Allowance(*each) for each in json.loads(row.allowed)),
        why=Why(row.why),
        version=row.version,
        host=row.host,
        breaches=tuple(
            Breached(guard, text, allow, tuple(held))
            for guard, text, allow, held in json.loads(row.breaches)
        ),
        zone=row.zone,
    )
    problems = tuple(_problem(each) for each in json.loads(row.problems))
    still = tuple(_still_in(*each) for each in json.loads(row.still_in))
    counts, links = json.loads(row.counts), json.loads(row.links)
    known = (counts, problems, links, still)
    return Run(row.id, start, row.ended, *known, row.planned, bool(row.interrupted))


def _still_in(*stored: Any) -> StillIn:
    """Return a leaver of a run; values that older versions did not store get their defaults."""
    known, candidates = stored[:_STORED], (tuple(each) for each in stored[_STORED:])
    return StillIn(*known, *candidates)


_STORED = 6
"""How many values of a `StillIn` come before its `candidates`."""


def still_in(found: Iterable[StillIn]) -> str:
    """Return the column for leavers who can still get in."""
    return json.dumps([astuple(each) for each in found])


def stated(reads: Iterable[Read]) -> str:
    """Return the column for how many records had each key."""
    found = {read.name: [read.readable, dict(read.stated)] for read in reads if read.stated}
    return json.dumps(found, sort_keys=True)


def valued(reads: Iterable[Read]) -> str:
    """Return the column for how many records had a value in each key."""
    found = {read.name: [read.readable, dict(read.valued)] for read in reads if read.valued}
    return json.dumps(found, sort_keys=True)


def start(begun: RunStart) -> dict[str, str]:
    """Return the columns for a starting run."""
    breaches = [[each.guard, each.text, each.allow, each.held] for each in begun.breaches]
    return {
        "mapping": begun.mapping,
        "digest": begun.digest,
        "fingerprint": begun.fingerprint,
        "as_of": begun.as_of,
        "started": begun.started,
        "started_by": begun.by,
        "connection": begun.connection,
        "allowed": json.dumps([[each.guard, each.ceiling, each.by] for each in begun.allowed]),
        "why": begun.why.value,
        "version": begun.version,
        "host": begun.host,
        "breaches": json.dumps(breaches),
        "zone": begun.zone,
    }


def problems(found: tuple[Diagnostic, ...]) -> str:
    """Return the column for the diagnostics that stopped a run."""
    return json.dumps(
        [
            [
                each.span.file,
                each.span.line,
                each.span.column,
                each.severity.value,
                each.code,
                each.summary,
                each.help,
            ]
            for each in found
        ]
    )


def _problem(data: Any) -> Diagnostic:
    file, line, column, severity, code, summary, help = data
    return Diagnostic(Span(file, line, column), Severity(severity), code, summary, help)


_FAILED = frozenset(set(Ending) - {Ending.DONE, Ending.HELD})
"""Endings that count as failures, as for the exit code: also postponed and not attempted."""
