"""Claims on due runs: the store ensures that exactly one process runs each.

A due is a connection and the instant of its schedule. The process that inserts its row runs it;
the primary key lets only one do so. A row that has not ended belongs to a process that still
runs it or that died: the lock of the due says which. Instants are texts in UTC, to the second
(`instant_text`), so that they can be compared as text.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, exists, func, select, update

from oneway.core.dataclass import dataclass
from oneway.history.journal.history import RunHistory
from oneway.history.journal.rows import Run, RunState, Why
from oneway.history.journal.store import Store
from oneway.history.journal.tables import due, failure, run

GIVEN_UP = "given up"
"""The outcome of a due whose runs died again and again."""
PASSED = "passed over"
"""The outcome of a due that had not run when the next one came."""
LATE = " late"
"""The suffix of the outcome of a due that ran late."""


@dataclass(frozen=True, slots=True)
class ClaimedDue:
    """A claimed due; `ended` is None until it has ended.

    `starts` is how many runs of it have begun, `after` the connection's newest run before the
    first of them; both are unknown once the due has ended.
    """

    connection: str
    due: str
    at: str
    by: str
    ended: str | None = None
    outcome: str = ""
    starts: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """The state of a connection's schedule: since when it is known, and its last due."""

    since: str
    last: ClaimedDue | None = None


def schedule_statuses(store: Store, connection: str | None = None) -> Mapping[str, ScheduleStatus]:
    """Return the schedule status of all connections, or of one, by name."""
    latest = select(due.c.connection, func.max(due.c.due).label("due")).group_by(due.c.connection)
    newest = latest.subquery()
    of = (due.c.connection == newest.c.connection) & (due.c.due == newest.c.due)
    seen = select(due.c.connection, due.c.taken).where(due.c.due == _SEEN)
    query = select(due).join(newest, of)
    if connection is not None:
        seen = seen.where(due.c.connection == connection)
        query = query.where(due.c.connection == connection)
    since = {row.connection: row.taken for row in store.rows(seen)}
    last = {row.connection: _taken(row) for row in store.rows(query)}
    return {
        name: ScheduleStatus(since.get(name, ""), None if each.due == _SEEN else each)
        for name, each in last.items()
    }


def unseen(store: Store, connection: str, now: str) -> ScheduleStatus:
    """Return the status of a schedule that no scheduler has seen yet.

    It begins with the connection's last manual run, or now: earlier dues do not count as missed.
    """
    query = select(func.max(run.c.started)).where(run.c.connection == connection)
    (found,) = store.rows(query)
    return ScheduleStatus(min(found[0] or now, now))


def first_seen(store: Store, connection: str, now: str) -> ScheduleStatus:
    """Register a new connection, and return the status of its schedule."""
    since = unseen(store, connection, now).since
    values = {"connection": connection, "due": _SEEN, "taken": since, "ended": now}
    new = store.insert(due).values(**values, outcome="seen")
    store.change(new.on_conflict_do_nothing(), at_least=0)
    return schedule_statuses(store, connection)[connection]


def take(store: Store, connection: str, nominal: str, now: str, by: str) -> ClaimedDue | None:
    """Claim a due in order to run it; return None if another process was first.

    Earlier dues that have not ended are skipped, because this run does their work.
    """
    with store.at_once():
        after = store.rows(select(func.max(run.c.id)).where(run.c.connection == connection))[0][0]
        ours = ClaimedDue(connection, nominal, now, by, starts=1, after=after or 0)
        values = {"connection": connection, "due": nominal, "taken": now, "taken_by": by}
        new = store.insert(due).values(**values, outcome=_open(ours))
        if not store.change(new.on_conflict_do_nothing(), at_least=0).rows:
            return None
        before = (due.c.connection == connection) & (due.c.due < nominal) & due.c.ended.is_(None)
        store.change(update(due).where(before).values(ended=now, outcome=PASSED), at_least=0)
        return ours


def take_over(store: Store, left: ClaimedDue, by: str) -> ClaimedDue | None:
    """Claim a due whose process has died; None if it has ended or another process was first."""
    ours = replace(left, by=by, starts=left.starts + 1)
    return ours if _changed(store, left, {"taken_by": by, "outcome": _open(ours)}) else None


def give_back(store: Store, ours: ClaimedDue) -> ClaimedDue:
    """Release a claimed due whose run did not begin or was asked to stop; return it."""
    left = replace(ours, starts=max(ours.starts - 1, 0))
    _changed(store, ours, {"outcome": _open(left)})
    return left


def found(store: Store, connection: str, nominal: str) -> ClaimedDue | None:
    """Return the current state of a due, or None if no process has claimed it."""
    query = select(due).where(due.c.connection == connection, due.c.due == nominal)
    rows = store.rows(query)
    return _taken(rows[0]) if rows else None


def end(store: Store, ours: ClaimedDue, now: str, outcome: str) -> ClaimedDue:
    """Record how a due ended, whichever process has claimed it, and return it."""
    mine = (due.c.connection == ours.connection) & (due.c.due == ours.due)
    values = {"ended": now, "outcome": outcome}
    store.change(update(due).where(mine, due.c.ended.is_(None)).values(**values), at_least=0)
    return replace(ours, ended=now, outcome=outcome)


def forget(store: Store, before: str, connection: str | None = None) -> None:
    """Delete the dues before an instant, of one connection or all, but never the newest."""
    newer = due.alias("newer")
    old = (due.c.due != _SEEN) & (due.c.due < before) & due.c.ended.is_not(None)
    if connection is not None:
        old &= due.c.connection == connection
    later = exists().where(newer.c.connection == due.c.connection, newer.c.due > due.c.due)
    store.change(delete(due).where(old, later), at_least=0)


def run_of(history: RunHistory, taken: ClaimedDue) -> Run | None:
    """Return the run of a due if it ended although the due has not."""
    for each in history.runs(taken.connection, limit=20):
        if each.id <= taken.after:
            break
        ended = each.state not in (RunState.INTERRUPTED, RunState.RUNNING)
        if each.start.why is Why.SCHEDULE and ended:
            return each
    return None


def failing(store: Store) -> dict[str, int]:
    """Return how many records the target has refused, by connection."""
    query = select(failure.c.connection, func.count()).group_by(failure.c.connection)
    return {row[0]: row[1] for row in store.rows(query)}


def _changed(store: Store, seen: ClaimedDue, values: Mapping[str, str]) -> bool:
    """Update a due's row if nobody else has changed it; return whether that worked."""
    row = (due.c.connection == seen.connection) & (due.c.due == seen.due) & due.c.ended.is_(None)
    same = (due.c.taken_by == seen.by) & (due.c.outcome == _open(seen))
    return store.change(update(due).where(row, same).values(**values), at_least=0).rows == 1


def _taken(row: Any) -> ClaimedDue:
    taken = ClaimedDue(row.connection, row.due, row.taken, row.taken_by, row.ended, row.outcome)
    if taken.ended is not None:
        return taken
    starts, _, after = row.outcome.partition(" after ")
    known = starts.isdecimal() and after.isdecimal()
    return replace(taken, starts=int(starts), after=int(after), outcome="") if known else taken


def _open(taken: ClaimedDue) -> str:
    """Return the text stored as the outcome of an open due, for a process that takes it over."""
    return f"{taken.starts} after {taken.after}"


_SEEN = ""
"""The due of the row that says since when a connection is known; it sorts before all others."""
