"""Repairs instants in the future, left by a clock that was ahead.

A due in the future stops a connection's schedule until then. Nothing depends on it, so it is
deleted. A run in the future makes every later run be refused. Its effects are real and its writes
in flight must still be looked up, so the run, its actions and refusals stay, dated to the present.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, delete, select, union, update

from oneway.connections.connection import Occasion
from oneway.core.dataclass import dataclass
from oneway.core.instants import AHEAD, TOLERANCE, instant_text, week_text
from oneway.history.journal.store import Store
from oneway.history.journal.tables import due, entry, failure, incident, notice, run


@dataclass(frozen=True, slots=True)
class Future:
    """A connection's instants in the future: run ids, number of dues, and the latest instant."""

    runs: tuple[int, ...] = ()
    dues: int = 0
    until: str = ""

    def __bool__(self) -> bool:
        return bool(self.runs or self.dues)


def in_the_future(store: Store, connection: str, now: datetime) -> Future:
    """Return a connection's instants in the future."""
    soon, later = instant_text(now + TOLERANCE), instant_text(now + AHEAD)
    r = run.c
    mine = (r.connection == connection) & ((r.started > soon) | (r.as_of > later))
    runs = store.rows(select(r.id, r.started, r.as_of).where(mine).order_by(r.id))
    ours = (due.c.connection == connection) & ((due.c.due > soon) | (due.c.taken > soon))
    dues = store.rows(select(due.c.due, due.c.taken).where(ours))
    instants = [text for row in (*runs, *dues) for text in row if isinstance(text, str)]
    return Future(tuple(row.id for row in runs), len(dues), max(instants, default=""))


def ahead(store: Store, now: datetime) -> frozenset[str]:
    """Return the connections with an instant in the future, by one query."""
    soon, later = instant_text(now + TOLERANCE), instant_text(now + AHEAD)
    runs = select(run.c.connection).where((run.c.started > soon) | (run.c.as_of > later))
    dues = select(due.c.connection).where((due.c.due > soon) | (due.c.taken > soon))
    return frozenset(row[0] for row in store.rows(union(runs, dues)))


def forget_future(store: Store, connection: str, now: datetime) -> Future:
    """Correct every instant of a connection that is in the future, in one transaction.

    Returns the instants that it found.
    """
    at = instant_text(now)
    with store.at_once():
        found = in_the_future(store, connection, now)
        if found:
            _forget_dues(store, connection, at)
            _put_back(store, connection, at)
    return found


def _forget_dues(store: Store, connection: str, at: str) -> None:
    mine = due.c.connection == connection
    store.change(delete(due).where(mine, due.c.due > at), at_least=0)
    _not_after(store, at, mine, due.c.taken, due.c.ended)


def _put_back(store: Store, connection: str, at: str) -> None:
    ours = select(run.c.id).where(run.c.connection == connection)
    mine = incident.c.connection == connection
    weekly = mine & (incident.c.kind == Occasion.WEEKLY.value)
    waits = (notice.c.connection == connection) & notice.c.sent.is_(None)
    _not_after(store, at, run.c.connection == connection, run.c.started, run.c.as_of, run.c.ended)
    _not_after(store, at, entry.c.run.in_(ours), entry.c.at, entry.c.sent_at)
    _not_after(store, at, failure.c.connection == connection, failure.c.first, failure.c.last)
    _not_after(store, at, mine, incident.c.opened, incident.c.closed)
    _not_after(store, week_text(datetime.fromisoformat(at)), weekly, incident.c.about)
    # A notice from the past may wait for its next try, which belongs in the future.
    _not_after(store, at, waits & (notice.c.created > at), notice.c.next_try, notice.c.created)


def _not_after(store: Store, at: str, whose: ColumnElement[bool], *columns: Column[Any]) -> None:
    """Set values later than an instant to it, in some columns of one table."""
    for column in columns:
        later = update(column.table).where(whose, column > at)
        store.change(later.values({column.name: at}), at_least=0)
