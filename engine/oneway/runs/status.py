"""The status of each connection, from its file and its runs in the store."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from oneway.connections import Connection, Found
from oneway.connections.schedule import next_due
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.history.backoff import PastFailure, next_try
from oneway.history.journal import Breached, Journal, Run, RunState
from oneway.history.journal.future import in_the_future
from oneway.history.journal.incidents import Notice, undelivered
from oneway.history.journal.links import count_links
from oneway.planning.access import StillIn
from oneway.planning.plan import Kind, Outcome, Plan
from oneway.runs.lookup import plan_of_run
from oneway.runs.request import instant_text

_LOOK_BACK = 400
"""Runs: how far back the beginning of something, or the last success, is looked for."""

_UNSYNCED = {
    Kind.ERROR: "in error",
    Kind.CONFLICT: "in conflict",
    Kind.INELIGIBLE: "ineligible",
}


@dataclass(frozen=True, slots=True)
class Unsynced:
    """People who do not sync for one reason, as the last plan has them, by name."""

    kind: str
    reason: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A guard that holds something back, and the start of the first run since when it does."""

    breach: Breached
    since: str


@dataclass(frozen=True, slots=True)
class Refusing:
    """Records that the target refuses for one reason; `next_try` is None if any run tries."""

    code: str
    reason: str
    records: int
    since: str
    next_try: date | None


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """How one connection stands; `undelivered` are notices that were tried in vain.

    `file` is "" if it has been removed. `broken` is what is wrong with the file or the
    last plan. `due` is the next run's instant; `never` says that it runs by hand alone.
    """

    name: str
    file: str = ""
    broken: tuple[Diagnostic, ...] = ()
    last: Run | None = None
    ended: Run | None = None
    """The last run that does not go on: how the connection stands is judged by it."""
    last_done: Run | None = None
    due: str = ""
    never: bool = False
    planned: bool = False
    still_in: tuple[StillIn, ...] = ()
    """Who has left and could still get in when the last run ended that came to an end."""
    unsynced: tuple[Unsynced, ...] = ()
    future: str = ""
    """The instant that is recorded in the future, and stops the connection until then; or ""."""
    held: tuple[HeldBack, ...] = ()
    refusing: tuple[Refusing, ...] = ()
    undelivered: tuple[Notice, ...] = ()
    links: int = 0
    """How many people are known by more than their match keys."""


def connection_statuses(
    found: Sequence[Found], journal: Journal | None, now: datetime
) -> tuple[ConnectionStatus, ...]:
    """Return how each connection stands: those with a file, then others that ever ran."""
    standing = [_of_file(each, journal, now) for each in found]
    named = {each.name for each in standing}
    others = journal.connections() if journal is not None else ()
    standing += [_of_runs(name, journal) for name in others if name not in named]
    if journal is None:
        return tuple(standing)
    return tuple(
        replace(each, future=in_the_future(journal, each.name, now).until) for each in standing
    )


def _of_file(found: Found, journal: Journal | None, now: datetime) -> ConnectionStatus:
    if found.connection is None:
        assert found.refused is not None
        return ConnectionStatus(found.file, found.file, found.refused.diagnostics)
    return _with_file(_of_runs(found.connection.name, journal), found.connection, now)


def _with_file(
    standing: ConnectionStatus, connection: Connection, now: datetime
) -> ConnectionStatus:
    schedule = connection.schedule
    due = next_due(schedule, connection.name, now) if schedule is not None else None
    return replace(
        standing,
        file=connection.file,
        due="" if due is None else instant_text(due.at),
        never=schedule is None,
    )


def _of_runs(name: str, journal: Journal | None) -> ConnectionStatus:
    runs = journal.runs(name, limit=1) if journal is not None else ()
    if journal is None or not runs:
        return ConnectionStatus(name)
    last = runs[0]
    past = runs if last.state is RunState.DONE else journal.runs(name, limit=_LOOK_BACK)
    plan, broken = _last_plan(journal, past)
    return ConnectionStatus(
        name,
        broken=broken,
        last=last,
        ended=next((run for run in past if run.state is not RunState.RUNNING), None),
        last_done=next((run for run in past if run.state is RunState.DONE), None),
        planned=plan is not None,
        still_in=_still_in(past),
        unsynced=_unsynced(plan) if plan is not None else (),
        held=tuple(_held(past)),
        refusing=_refusing(journal.failures(name)),
        undelivered=tuple(each for each in undelivered(journal, [name]) if each.tries),
        links=count_links(journal, name),
    )


def _still_in(past: Sequence[Run]) -> tuple[StillIn, ...]:
    """Return who could still get in, by the last run that says so: one that was refused cannot."""
    return next((run.still_in for run in past if run.knows_access), ())


def _last_plan(journal: Journal, past: Sequence[Run]) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    """Return the last plan that is kept; what is wrong with it does not hide the rest."""
    try:
        for run in past[:10]:
            plan = plan_of_run(journal, run)
            if plan is not None:
                return plan, ()
    except Refused as refused:
        return None, refused.diagnostics
    return None, ()


def _unsynced(plan: Plan) -> tuple[Unsynced, ...]:
    people: dict[tuple[str, str], list[str]] = {}
    for outcome in plan.outcomes:
        kind = _UNSYNCED.get(outcome.kind)
        if kind is not None:
            people.setdefault((kind, _reason(outcome)), []).append(_name(outcome))
    counted = Counter({key: len(names) for key, names in people.items()})
    return tuple(Unsynced(*key, tuple(people[key])) for key, _ in counted.most_common())


def _reason(outcome: Outcome) -> str:
    """Return why somebody does not sync, in words that others share: without anybody's ids."""
    if outcome.kind is Kind.INELIGIBLE:
        return "; ".join(reason.text for reason in outcome.reasons)
    return "; ".join(_SHARED.get(each.code, each.text) for each in outcome.reasons)


_SHARED = {
    "duplicate": "several source records have one match value",
    "ambiguous": "several target records have one match value",
    "claimed": "the target record was given to another",
    "rekeyed": "the match key is another than it was when the person was last seen",
    "reused": "the match key changed hands, and may have a new owner",
    "gone": "the target record that was theirs is not to be found",
    "pending": "how a create ended is not known yet",
    "claimed_twice": "several records claim one value",
    "taken": "a value belongs to another target record",
    "circle": "unique values would change hands in a circle",
}


def _name(outcome: Outcome) -> str:
    key, label = outcome.key, outcome.label
    return f"{key} {label}" if label and label != key else key


def _held(past: Sequence[Run]) -> Iterator[HeldBack]:
    """Yield what guards hold back in the last run, and the first run since when each does."""
    for breach in past[0].start.breaches:
        since = past[0]
        for run in past[1:]:
            if all(each.guard != breach.guard for each in run.start.breaches):
                break
            since = run
        yield HeldBack(breach, since.start.started)


def _refusing(failures: Mapping[str, PastFailure]) -> tuple[Refusing, ...]:
    groups: dict[tuple[str, str], list[PastFailure]] = {}
    for failure in failures.values():
        groups.setdefault((failure.code, failure.reason), []).append(failure)
    return tuple(
        Refusing(
            code,
            reason,
            len(found),
            min(each.first for each in found),
            _first([next_try(each) for each in found]),
        )
        for (code, reason), found in groups.items()
    )


def _first(days: Sequence[date | None]) -> date | None:
    known = [day for day in days if day is not None]
    return min(known) if len(known) == len(days) else None
