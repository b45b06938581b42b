"""Says which data is stored with runs, and which runs may be deleted."""

from typing import Any

from sqlalchemy import func, select, union

from oneway.history.journal.store import Store
from oneway.history.journal.tables import UNSETTLED, entry, run, snapshot
from oneway.mapping.spec import GuardKind


def stored_names(store: Store, id: int) -> frozenset[str]:
    """Return the names of the data stored with a run, without reading the data."""
    query = select(snapshot.c.name).where(snapshot.c.run == id)
    return frozenset(row.name for row in store.rows(query))


def prunable(store: Store, before: str, connection: str | None = None) -> tuple[int, ...]:
    """Return the runs of one connection or all that are no longer needed, oldest first.

    These ended before an instant. Still needed are runs with anything unsettled; runs with an
    update that changed more than it sent, until a plan lets that through; the run that stores the
    reported leavers (`said_left.LEFT`); each connection's last run; and the last run that knew the
    size of its source, with which guards compare.
    """
    old = (run.c.ended < before) & run.c.id.not_in(_needed())
    query = select(run.c.id).where(old).order_by(run.c.id)
    if connection is not None:
        query = query.where(run.c.connection == connection)
    return tuple(row.id for row in store.rows(query))


def last_started(store: Store, connection: str, until: str) -> str:
    """Return when a connection last started a run up to an instant; "" if it did not."""
    ours = (run.c.connection == connection) & (run.c.started <= until)
    return store.rows(select(func.max(run.c.started)).where(ours))[0][0] or ""


def _needed() -> Any:
    sized = run.c.source_records.is_not(None)
    return union(
        select(func.max(run.c.id)).group_by(run.c.connection),
        select(func.max(run.c.id)).where(sized).group_by(run.c.connection),
        select(entry.c.run).where(UNSETTLED),
        select(snapshot.c.run).where(snapshot.c.name == GuardKind.SIDE_EFFECTS.value),
        select(snapshot.c.run).where(snapshot.c.name == "left"),
    )
