"""Decides which data is kept with runs, and which runs may be removed."""

from typing import Any

from sqlalchemy import func, select, union

from oneway.history.journal.store import Store
from oneway.history.journal.tables import UNSETTLED, entry, run, snapshot
from oneway.mapping.spec import GuardKind


def kept_names(store: Store, id: int) -> frozenset[str]:
    """Return the names of the data kept with a run, without reading it."""
    query = select(snapshot.c.name).where(snapshot.c.run == id)
    return frozenset(row.name for row in store.rows(query))


def prunable(store: Store, before: str, connection: str | None = None) -> tuple[int, ...]:
    """Return the runs that ended before an instant and are no longer needed, oldest first.

    Of one connection, or of all. A run with anything unsettled is needed, and so is one with an
    update that changed more than it sent, until a plan lets that through; so is the one that
    remembers whom the source has said to have left (`said_left.LEFT`); so are the last run of
    each connection and the last that knew the size of its source, because guards compare with it.
    """
    old = (run.c.ended < before) & run.c.id.not_in(_needed())
    query = select(run.c.id).where(old).order_by(run.c.id)
    if connection is not None:
        query = query.where(run.c.connection == connection)
    return tuple(row.id for row in store.rows(query))


def _needed() -> Any:
    sized = run.c.source_records.is_not(None)
    return union(
        select(func.max(run.c.id)).group_by(run.c.connection),
        select(func.max(run.c.id)).where(sized).group_by(run.c.connection),
        select(entry.c.run).where(UNSETTLED),
        select(snapshot.c.run).where(snapshot.c.name == GuardKind.SIDE_EFFECTS.value),
        select(snapshot.c.run).where(snapshot.c.name == "left"),
    )
