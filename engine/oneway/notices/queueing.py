"""Records a run's incidents and queues their notices, in one transaction.

Nothing is sent here, so that a run neither waits for a webhook nor fails because of one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
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
from oneway.notices.bodies import IncidentBodies, RunBodies
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
        bodies = RunBodies(found, problems, now, systems, since, when, leaving)
        queue_changes(connection, problems, store, bodies)


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


def queue_changes(
    to: Connection, shown: RunProblems, store: Journal, bodies: IncidentBodies
) -> None:
    """Open and close incidents by a run's problems, and queue the notices that are due.

    A channel without a notice of an incident (a new channel, or one for which delivery was given
    up) is notified as if the incident had just begun. A channel gets a single notice of all
    incidents that are over. The caller has begun the transaction.
    """
    now, names = bodies.now, channels(to)
    at = instant_text(now)
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
    drafts: list[NoticeDraft] = []
    for name, channel in names.items():
        over = [each for each in ended if wants(channel, Occasion.RECOVERY, each.kind)]
        if over:
            body = bodies.recovery(over, still)
            drafts.append(NoticeDraft(over[0].id, to.name, Occasion.RECOVERY, name, body))
    for each in filter(partial(goes_on, shown), still):
        reached = notified.get(each.id, {}).keys()
        unreached = names.keys() - reached
        if unreached:
            drafts += _drafts(to, each, bodies.trouble(each, reminder=False), unreached)
        if each in found.reminded:
            drafts += _drafts(to, each, bodies.trouble(each, reminder=True), reached)
    for draft in drafts:
        queue(store, draft, at)


def _drafts(
    connection: Connection, incident: Incident, body: str, names: Collection[str]
) -> Iterator[NoticeDraft]:
    """Yield a notice for each of these channels that wants the incident's occasion."""
    for name, to in channels(connection).items():
        if name in names and wants(to, incident.kind, incident.kind):
            yield NoticeDraft(incident.id, connection.name, incident.kind, name, body)
