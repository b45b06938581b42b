"""Records a run's incidents and queues their notices, in one transaction.

Nothing is sent here, so that a run neither waits for a webhook nor fails because of one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from oneway.connections.connection import Connection, Occasion
from oneway.history.journal import Journal, Run
from oneway.history.journal.incidents import (
    Incident,
    NoticeDraft,
    close_incident,
    endings,
    last_notified,
    open_incident,
    open_incidents,
    queue,
    summary_weeks,
    take_week,
)
from oneway.history.last_good import last_good
from oneway.notices import bodies
from oneway.notices.bodies import Seen
from oneway.notices.causes import RunProblems, run_problems
from oneway.notices.channels import channels, wants
from oneway.notices.incidents import EARLY, REMINDER, changes, goes_on, is_replaced
from oneway.notices.instants import instant_text, week_began, week_of, when_of
from oneway.notices.weekly import summary, systems_of


def after_run(connection: Connection, run: Run | int, store: Journal, now: datetime) -> None:
    """Open and close the incidents of a connection by a run's result, and queue the notices.

    This is one transaction. A second call for the same run does nothing. A run that has not ended
    counts as dead.
    """
    with store.at_once():
        found = store.run(run) if isinstance(run, int) else run
        if found is None:
            raise LookupError("no such run")
        refusals = store.failures(connection.name).values()
        problems = run_problems(found, endings(store, found.id), refusals)
        good = last_good(store, connection.name, found.id, instant_text(now))
        systems = _systems(connection, found, store)
        since = good.start.started if good is not None else ""
        when, leaving = when_of(connection, found, store, now), _of_leaves(store, found, problems)
        seen = Seen(found, problems, now, systems, since, when, leaving)
        _changed(connection, seen, store)


def _of_leaves(store: Journal, run: Run, shown: RunProblems) -> frozenset[str]:
    """Return the failing codes that ended only leaves."""
    if not run.still_in or not shown.failing:
        return frozenset()
    leaves: dict[str, bool] = {}
    for each in store.entries(run.id):
        if each.end is not None:
            code = each.end.code
            leaves[code] = leaves.get(code, True) and each.verb.takes_access
    return frozenset(code for code in shown.failing if leaves.get(code))


def _systems(connection: Connection, run: Run, store: Journal) -> Mapping[str, str]:
    """Return the system and resource of each side, as messages name it: "expensein users"."""
    last = run if not run.problems else None
    runs = (last,) if last is not None else store.runs(connection.name, limit=_LOOK_BACK)
    for each in runs:
        plan = store.plan_of(each.id)
        if plan:
            return systems_of(plan)
    return {}


_LOOK_BACK = 20
"""How many runs are searched for one with a plan, which names the systems."""


def weekly(connections: Iterable[Connection], store: Journal, now: datetime) -> None:
    """Queue the week's summary of each connection that wants one and has none yet.

    A connection gets its first summary once it has been known for a week.
    """
    summarised = summary_weeks(store)  # one query for all connections, as this runs all the time
    at, week_ago = instant_text(now), instant_text(now - REMINDER + EARLY)
    for each in connections:
        asked = [name for name, to in channels(each).items() if wants(to, Occasion.WEEKLY)]
        week = week_of(each, now)
        known = summarised.get(each.name)
        if asked and (known is None or known.last < week):
            is_due = known is not None and known.seen_by(week_ago)
            # Before the transaction, because counting a large plan takes a while.
            before = week_began(each, known.last) if known is not None else None
            body = summary(each, store, now, before) if is_due else ""
            with store.at_once():
                if take_week(store, each.name, week, at) and body:
                    for name in asked:
                        queue(store, NoticeDraft(None, each.name, Occasion.WEEKLY, name, body), at)


def _changed(connection: Connection, seen: Seen, store: Journal) -> None:
    def trouble(incident: Incident, reminder: bool) -> str:
        return bodies.trouble(seen, incident, reminder=reminder)

    def recovery(ended: Sequence[Incident], still: Sequence[Incident]) -> str:
        return bodies.recovery(seen, ended, still)

    queue_changes(connection, seen.shown, store, seen.now, trouble, recovery)


def queue_changes(
    to: Connection,
    shown: RunProblems,
    store: Journal,
    now: datetime,
    trouble: Callable[[Incident, bool], str],
    recovery: Callable[[Sequence[Incident], Sequence[Incident]], str],
) -> None:
    """Open and close incidents by a run's problems, and queue the notices that are due.

    A channel without a notice of an incident (a new channel, or one for which delivery was given
    up) is notified as if the incident had just begun. `trouble` returns the notice or reminder of
    an incident; `recovery` the single notice of those that are over, given those still open. The
    caller has begun the transaction.
    """
    at, names = instant_text(now), channels(to)
    before = open_incidents(store, to.name)
    # A server that answers 410 gives a notice up at once: retry each night, not every ten minutes.
    notified = last_notified(store, to.name, instant_text(now - EARLY))
    last = {
        id: min(times)
        for id, each in notified.items()
        if (times := [each[name] for name in names if name in each])
    }
    found = changes(shown, before, last, now)
    for each in found.closed:
        close_incident(store, each.id, at)
    for new in found.opened:
        open_incident(store, to.name, new.kind, new.about, at)
    still = open_incidents(store, to.name)
    # Of a replaced incident, the notice about the people takes the place of a recovery.
    ended = [each for each in found.closed if not is_replaced(shown, each)]
    for name, channel in names.items():
        over = [each for each in ended if wants(channel, Occasion.RECOVERY, each.kind)]
        if over:
            body = recovery(over, still)
            queue(store, NoticeDraft(over[0].id, to.name, Occasion.RECOVERY, name, body), at)
    for each in filter(partial(goes_on, shown), still):
        reached = notified.get(each.id, {}).keys()
        unreached = names.keys() - reached
        if unreached:
            _notify(to, each, trouble(each, False), store, at, unreached)
        if each in found.reminded:
            _notify(to, each, trouble(each, True), store, at, reached)


def _notify(
    connection: Connection,
    incident: Incident,
    body: str,
    store: Journal,
    at: str,
    whom: Collection[str],
) -> None:
    """Queue a notice for those of these channels that want its occasion."""
    for name, to in channels(connection).items():
        if name in whom and wants(to, incident.kind, incident.kind):
            queue(store, NoticeDraft(incident.id, connection.name, incident.kind, name, body), at)
