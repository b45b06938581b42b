"""The rows of runs and actions, and their conversion to dataclasses."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.planning.access import StillIn
from oneway.planning.plan import Allowance, End, Ending, Read, Verb

if TYPE_CHECKING:
    from sqlalchemy import Row

    AnyRow: TypeAlias = Row[*tuple[Any, ...]]
    """A row of whatever columns were asked for."""
else:
    AnyRow = Any  # these classes are needed where no store is


class Why(Enum):
    """Why a run was started. The values are shown."""

    HAND = "by hand"
    SCHEDULE = "schedule"
    CONNECT = "connect"


class RunState(Enum):
    """The state of a run. The values are the words of the command line."""

    DONE = "done"
    DONE_WITH_FAILURES = "done_with_failures"
    """It got to its end, and some records failed, or people who have left can still get in."""
    HELD = "held"
    """It got to its end, and a guard held something back."""
    REFUSED = "refused"
    """An error stopped it."""
    INTERRUPTED = "interrupted"
    """It never got to its end: its process was stopped or killed, or the machine was."""
    RUNNING = "running"
    """It is running: its process holds the lock of the connection."""

    @property
    def is_whole(self) -> bool:
        """Whether the run got to its end, so that every planned action had its turn."""
        return self in (RunState.DONE, RunState.DONE_WITH_FAILURES, RunState.HELD)


OLD_WORDS: Mapping[str, frozenset[RunState]] = {
    "failed": frozenset({RunState.DONE_WITH_FAILURES}),
    "open": frozenset({RunState.INTERRUPTED, RunState.RUNNING}),
}
"""What earlier versions called states: people may go on asking for them so."""


@dataclass(frozen=True, slots=True)
class Breached:
    """A guard that fired: its name, the whole sentence, what lets it through, what it blocked."""

    guard: str
    text: str
    allow: str
    held: tuple[str, ...]
    """The ids of actions."""


@dataclass(frozen=True, slots=True)
class RunStart:
    """What is known of a run when it starts; `started` and `as_of` are ISO 8601 instants."""

    mapping: str
    digest: str
    fingerprint: str
    as_of: str
    started: str
    by: str
    connection: str = ""
    """Whose run it is: the name under which the run holds its lock."""
    allowed: tuple[Allowance, ...] = ()
    """The ceilings raised for this run."""
    why: Why = Why.HAND
    version: str = ""
    host: str = ""
    breaches: tuple[Breached, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run: `ended` is None while it goes on, and after it died until that is settled.

    `counts` are by the word of an `Ending`: of a run that has not ended, what is known so far.
    `problems` are what stopped a run that was refused.
    """

    id: int
    start: RunStart
    ended: str | None
    counts: Mapping[str, int]
    problems: tuple[Diagnostic, ...] = ()
    links: Mapping[str, int] = field(default_factory=dict)
    """How many pairs of records it has seen: `known`, `new`, `replaced`."""
    still_in: tuple[StillIn, ...] = ()
    """Who had left in the source when it ended, and could still get in."""
    planned: int | None = None
    """How many actions its plan had; None if that was not written down."""
    interrupted: bool = False
    """Whether it died, and what it left was settled afterwards."""
    lives: bool = False
    """Whether the lock of its connection is held, and it is the run that would hold it."""

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
        """How many planned actions have no ending; None if that is not known."""
        if self.ended is not None:
            return 0
        return None if self.planned is None else max(self.planned - sum(self.counts.values()), 0)

    @property
    def knows_access(self) -> bool:
        """Whether `still_in` says who could get in when the run ended, or was settled."""
        return self.ended is not None and not self.problems


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest as-of and start instants of a connection's runs."""

    as_of: str
    started: str


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """How one action of one run ended; `end` is None if unknown."""

    run: int
    action_id: str
    verb: Verb
    source_id: str | None
    target_id: str | None
    token: str
    sent: bool
    end: End | None
    sent_at: str = ""
    """When it was sent last, by the clock."""


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
    )
    problems = tuple(_problem(each) for each in json.loads(row.problems))
    still = tuple(StillIn(*each) for each in json.loads(row.still_in))
    counts, links = json.loads(row.counts), json.loads(row.links)
    known = (counts, problems, links, still)
    return Run(row.id, start, row.ended, *known, row.planned, bool(row.interrupted))


def still_in(found: Iterable[StillIn]) -> str:
    """Return the column of those who can still get in."""
    return json.dumps([astuple(each) for each in found])


def stated(reads: Iterable[Read]) -> str:
    """Return the column of the keys that records had."""
    found = {read.name: [read.readable, dict(read.stated)] for read in reads if read.stated}
    return json.dumps(found, sort_keys=True)


def start(begun: RunStart) -> dict[str, str]:
    """Return the columns of a run that starts."""
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
    }


def problems(found: tuple[Diagnostic, ...]) -> str:
    """Return the column of what stopped a run."""
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
"""As a command's exit code has it: what was postponed or not attempted is not done."""
