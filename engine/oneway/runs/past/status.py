"""The status of each connection, from its file and its runs in the store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import Enum
from shlex import split

from oneway.connections.connection import Connection, Schedule
from oneway.connections.folder import Found
from oneway.connections.schedule import Due, next_due
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.core.instants import day
from oneway.core.parsing import parse_day
from oneway.history.discrepancies import Discrepancy, DiscrepancyKind, due_again
from oneway.history.journal import Breached, Journal, Run, RunState
from oneway.history.journal.disconnected import disconnected_runs
from oneway.history.journal.discrepancies import stored_discrepancies
from oneway.history.journal.flapping import repeated_writers
from oneway.history.journal.future import ahead, in_the_future
from oneway.history.journal.incidents import Notice, undelivered
from oneway.history.journal.links import link_counts
from oneway.history.journal.schedule_claims import ScheduleStatus, schedule_statuses
from oneway.history.last_good import last_still_in
from oneway.history.schedule_policy import next_run
from oneway.history.words import REASONS
from oneway.planning.access import StillIn
from oneway.runs.past.discrepancies import discrepancies_of_run
from oneway.runs.past.find_run import plan_of_run
from oneway.runs.past.flapping import FlappingChange, flapping_changes
from oneway.runs.past.without_connection import (
    UNKNOWN,
    runs_without_connection,
    stored_arguments,
    sync_arguments,
)
from oneway.runs.prepare.request import instant_text, parse_instant

_LOOK_BACK = 400
"""Runs: how far back to look for the start of a trouble, or for the last success."""


class Need(Enum):
    """The reasons why a connection needs a person, the worst first."""

    ACCESS = "access"
    """People have left and can still get in."""
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    FUTURE = "future"
    """A recorded instant is in the future, and nothing runs until then."""
    BROKEN = "broken"
    """The connection's file, or the data of its last run, cannot be read."""
    OVERDUE = "overdue"
    """It was due an hour ago or more, and has not run."""
    FAILED = "failed"
    HELD = "held"
    UNDELIVERED = "undelivered"
    NOT_STICKING = "not_sticking"
    """The target undid changes, and they were written again."""
    UNSYNCED = "unsynced"
    """People do not sync: a matter for payroll, but not for tonight."""
    UNTOLD = "untold"
    """It has no channel for notices."""

    @property
    def urgent(self) -> bool:
        """Whether it needs a person before the next report is read."""
        return self not in (Need.NOT_STICKING, Need.UNSYNCED, Need.UNTOLD)


OVERDUE = timedelta(hours=1)
"""The time after which a due counts as missed."""


@dataclass(frozen=True, slots=True)
class Unsynced:
    """People who do not sync for one reason, in the same words."""

    kind: DiscrepancyKind
    reason: str
    discrepancies: tuple[Discrepancy, ...]

    @property
    def since(self) -> str:
        """When the first of them stopped syncing."""
        return min(each.since for each in self.discrepancies)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A guard that holds something back, and the instant of the first run in which it did so."""

    breach: Breached
    since: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records that were not written, for one reason; `next_try` is "" for the next run."""

    ending: DiscrepancyKind
    code: str
    reason: str
    records: int
    since: str
    next_try: str


@dataclass(frozen=True, slots=True)
class NoticeChannels:
    """The number of a connection's channels, and the file that names them, or ""."""

    channels: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """The status of one connection; `undelivered` are notices whose delivery failed.

    `file` is "" if it has been removed. `broken` are the mistakes of the file or the last plan.
    `due` is the instant of the next run, in the past if that `waits` for a scheduler; `never` means
    that it runs only by hand.
    """

    name: str
    file: str = ""
    broken: tuple[Diagnostic, ...] = ()
    last: Run | None = None
    ended: Run | None = None
    """The last run that ended: it decides the status."""
    last_done: Run | None = None
    due: str = ""
    waits: bool = False
    never: bool = False
    tells: NoticeChannels | None = None
    """Its channels for notices; None without a file."""
    discrepancies: tuple[Discrepancy, ...] | None = None
    """Who differs from the source, since when and why; None if no run says so yet."""
    still_in: tuple[StillIn, ...] = ()
    """Leavers who could still get in at the end of the last run that ended."""
    future: str = ""
    """A recorded instant in the future, which stops the connection until then; or ""."""
    missed: str = ""
    """The missed due; or ""."""
    held: tuple[HeldBack, ...] = ()
    undelivered: tuple[Notice, ...] = ()
    flapping: tuple[FlappingChange, ...] = ()
    """What the last complete run wrote again because the target had undone it."""
    links: int = 0
    """The number of linked people."""
    zone: str = ""
    """The time zone that its times are told in; "" for UTC."""
    disconnected: str = ""
    """When it was disconnected, if no run followed; or ""."""
    mapping: str = ""
    """The argument of `oneway sync`, quoted for a shell, without a connection; or ""."""
    mapping_file: str = ""
    """The mapping of the last plan, if it runs without a connection; or ""."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """The reasons why it needs a person, the worst first; none once it is disconnected."""
        if self.disconnected:
            return ()
        state = self.ended.state if self.ended is not None else None
        found = {
            Need.ACCESS: self.still_in,
            Need.REFUSED: state is RunState.REFUSED,
            Need.INTERRUPTED: state is RunState.INTERRUPTED,
            Need.FUTURE: self.future,
            Need.BROKEN: self.broken,
            Need.OVERDUE: self.missed,
            Need.FAILED: self.waiting,
            Need.HELD: self.held,
            Need.UNDELIVERED: self.undelivered,
            Need.NOT_STICKING: self.flapping,
            Need.UNSYNCED: self.unsynced,
            Need.UNTOLD: self.tells is not None and not self.tells.channels,
        }
        return tuple(need for need, is_so in found.items() if is_so)

    @property
    def urgent(self) -> bool:
        """Whether it needs a person before the next report is read."""
        # If the target undoes a leave, the person can get in again.
        undone = any(each.undone.verb.takes_access for each in self.flapping)
        undone = undone and not self.disconnected
        return undone or any(each.urgent for each in self.needs)

    @property
    def unsynced(self) -> tuple[Unsynced, ...]:
        """Who does not sync, by reason; the reason of the most first."""
        return _unsynced(self.discrepancies or ())

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """Actions that were not done, by reason; without those that guards hold back."""
        return _waiting(self.discrepancies or ())


def connection_statuses(
    found: Sequence[Found], journal: Journal | None, now: datetime
) -> tuple[ConnectionStatus, ...]:
    """Return the status of each connection, the worst first; otherwise those with a file first."""
    again = repeated_writers(journal) if journal is not None else frozenset()
    seen = schedule_statuses(journal) if journal is not None else {}
    statuses = [_of_file(each, journal, again, seen, now) for each in found]
    named = {each.name for each in statuses}
    others = journal.connections() if journal is not None else ()
    statuses += [_of_runs(name, journal, again) for name in others if name not in named]
    if journal is not None:
        statuses = _with_shared(statuses, journal, now)
    return tuple(sorted(statuses, key=_rank))


def status_of(name: str, journal: Journal) -> ConnectionStatus:
    """Return what the runs of one connection say, without its file."""
    return _of_runs(name, journal, repeated_writers(journal))


def _with_shared(
    statuses: Sequence[ConnectionStatus], journal: Journal, now: datetime
) -> list[ConnectionStatus]:
    """Add data that one query gives for all connections: there may be hundreds."""
    links, in_future = link_counts(journal), ahead(journal, now)
    ends = disconnected_runs(journal)
    notices: dict[str, list[Notice]] = {}
    for each in undelivered(journal):
        if each.tries:
            notices.setdefault(each.draft.connection, []).append(each)
    return [
        replace(
            each,
            future=in_the_future(journal, each.name, now).until if each.name in in_future else "",
            discrepancies=_as_of(each.discrepancies, parse_day(day(instant_text(now), each.zone))),
            undelivered=tuple(notices.get(each.name, ())),
            links=links.get(each.name, 0),
            disconnected=ends.get(each.last.id, "") if each.last and not each.file else "",
        )
        for each in statuses
    ]


def _rank(each: ConnectionStatus) -> int:
    """Return the rank of a connection, 0 for the worst."""
    order = list(Need)
    return order.index(each.needs[0]) if each.needs else len(order)


def _as_of(
    discrepancies: tuple[Discrepancy, ...] | None, today: date | None
) -> tuple[Discrepancy, ...] | None:
    return (
        discrepancies
        if discrepancies is None or today is None
        else tuple(due_again(each, today) for each in discrepancies)
    )


def _of_file(
    found: Found,
    journal: Journal | None,
    again: frozenset[str],
    seen: Mapping[str, ScheduleStatus],
    now: datetime,
) -> ConnectionStatus:
    if found.connection is None:
        assert found.refused is not None
        return ConnectionStatus(found.file, found.file, found.refused.diagnostics)
    status = _of_runs(found.connection.name, journal, again)
    if found.refused is not None:
        status = replace(status, broken=(*found.refused.diagnostics, *status.broken))
    return _with_file(status, found.connection, seen.get(found.connection.name), now)


def _with_file(
    status: ConnectionStatus, connection: Connection, seen: ScheduleStatus | None, now: datetime
) -> ConnectionStatus:
    schedule = connection.schedule
    due = _next_run(schedule, status, seen, now) if schedule is not None else None
    return replace(
        status,
        file=connection.file,
        due="" if due is None else instant_text(due.at),
        waits=due is not None and due.at <= now,
        never=schedule is None,
        tells=NoticeChannels(len(connection.notify), connection.notify_file),
        missed=_missed(status, connection, now),
        zone=connection.zone or status.zone,
    )


def _next_run(
    schedule: Schedule, status: ConnectionStatus, seen: ScheduleStatus | None, now: datetime
) -> Due | None:
    last = status.last
    if last is not None and last.state is RunState.RUNNING:  # its due is not ended yet
        return next_due(schedule, status.name, now)
    since = last.start.started if last is not None else instant_text(now)
    return next_run(schedule, status.name, seen or ScheduleStatus(since), now)


def _missed(status: ConnectionStatus, connection: Connection, now: datetime) -> str:
    """Return the missed due since the last run began; "" if there is none."""
    schedule, last = connection.schedule, status.last
    if schedule is None or last is None or last.state is RunState.RUNNING:
        return ""
    due = next_due(schedule, connection.name, parse_instant(last.start.started))
    missed = due is not None and due.at + OVERDUE <= now
    return instant_text(due.at) if due is not None and missed else ""


def _of_runs(name: str, journal: Journal | None, again: frozenset[str]) -> ConnectionStatus:
    """Return what the runs of a connection say; `again` are the runs that repeated a write."""
    runs = journal.runs(name, limit=1) if journal is not None else ()
    if journal is None or not runs:
        return ConnectionStatus(name)
    last = runs[0]
    past = runs if last.state is RunState.DONE else journal.runs(name, limit=_LOOK_BACK)
    discrepancies, broken = _last_discrepancies(journal, last)
    mapping, file = _mapping(journal, last)
    return ConnectionStatus(
        name,
        broken=broken,
        last=last,
        ended=next((run for run in past if run.state is not RunState.RUNNING), None),
        last_done=next((run for run in past if run.state is RunState.DONE), None),
        still_in=last_still_in(past),
        discrepancies=discrepancies,
        held=tuple(_held(past)),
        flapping=_flapping(journal, past) if name in again else (),
        zone=last.start.zone,
        mapping=mapping,
        mapping_file=file,
    )


def _mapping(journal: Journal, last: Run) -> tuple[str, str]:
    """Return the argument of `sync` for runs without a connection, and the mapping's file."""
    if not runs_without_connection(last):
        return "", ""
    try:
        plan = plan_of_run(journal, last)
    except Refused:  # reported as broken elsewhere
        plan = None
    if plan is not None:
        return sync_arguments(plan), plan.mapping_file
    given = stored_arguments(journal, last)
    return (given, split(given)[0]) if given else (UNKNOWN, "")


def _flapping(journal: Journal, past: Sequence[Run]) -> tuple[FlappingChange, ...]:
    """Return what did not stick, by the last complete run."""
    whole = next((run for run in past if run.state.is_whole), None)
    return () if whole is None else flapping_changes(journal, whole)


def _last_discrepancies(
    journal: Journal, last: Run
) -> tuple[tuple[Discrepancy, ...] | None, tuple[Diagnostic, ...]]:
    """Return the discrepancies of the last run with any, or the diagnostics of damaged ones."""
    try:
        if not last.problems:  # a refused run planned nothing
            plan = plan_of_run(journal, last) if last.ended is None else None
            if plan is not None:
                return discrepancies_of_run(journal, last, plan, journal.entries(last.id)), ()
        kept = stored_discrepancies(journal, last.id)
        return kept if kept is not None else _of_older(journal, last), ()
    except Refused as refused:
        return None, refused.diagnostics


def _of_older(journal: Journal, last: Run) -> tuple[Discrepancy, ...] | None:
    """Return the discrepancies of the last run that has a plan: refused ones have none."""
    for run in journal.runs(last.start.connection, limit=10):
        plan = plan_of_run(journal, run)
        if plan is not None:
            return discrepancies_of_run(journal, run, plan, journal.entries(run.id))
    return None


def _unsynced(discrepancies: Sequence[Discrepancy]) -> tuple[Unsynced, ...]:
    people: dict[tuple[DiscrepancyKind, str], list[Discrepancy]] = {}
    for each in discrepancies:
        if each.ending.unsynced:
            people.setdefault((each.ending, _reason(each)), []).append(each)
    groups = [Unsynced(*key, tuple(found)) for key, found in people.items()]
    return tuple(sorted(groups, key=lambda each: -len(each.discrepancies)))


def _reason(discrepancy: Discrepancy) -> str:
    """Return why a person does not sync, without ids, so that people can share the reason."""
    codes = discrepancy.code.split(" ")
    if discrepancy.ending is DiscrepancyKind.INELIGIBLE or not all(
        code in REASONS for code in codes
    ):
        return discrepancy.reason
    return "; ".join(REASONS[code] for code in codes)


def _held(past: Sequence[Run]) -> Iterator[HeldBack]:
    """Yield the guards that hold something back in the last run, each with the first such run."""
    for breach in past[0].start.breaches:
        since = past[0]
        for run in past[1:]:
            if all(each.guard != breach.guard for each in run.start.breaches):
                break
            since = run
        yield HeldBack(breach, since.start.as_of)


_TOLD_APART = (DiscrepancyKind.HELD, DiscrepancyKind.NOT_STICKING)


def _waiting(discrepancies: Sequence[Discrepancy]) -> tuple[Waiting, ...]:
    groups: dict[tuple[DiscrepancyKind, str, str], list[Discrepancy]] = {}
    for each in discrepancies:
        if not each.ending.unsynced and each.ending not in _TOLD_APART:
            groups.setdefault((each.ending, each.code, each.reason), []).append(each)
    return tuple(
        Waiting(
            *key,
            records=len(found),
            since=min(each.since for each in found),
            next_try=min(each.next_try for each in found),
        )
        for key, found in groups.items()
    )
