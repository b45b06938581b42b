"""Stores the discrepancies of runs: who differs from the source, and since when."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from oneway.history import discrepancies
from oneway.history.discrepancies import Discrepancy
from oneway.history.journal.errors import damaged
from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import run, snapshot

DISCREPANCIES = "stories"
"""The name of this data among that stored with a run."""


def store_discrepancies(journal: Journal, id: int, found: Sequence[Discrepancy]) -> None:
    """Replace the discrepancies stored with a run."""
    with journal.at_once():
        drop_discrepancies(journal, id)
        journal.store_data(id, DISCREPANCIES, discrepancies.dumped(found))


def drop_discrepancies(journal: Journal, id: int) -> None:
    """Delete the discrepancies of a run that is being resumed, which may still change them."""
    which = (snapshot.c.run == id) & (snapshot.c.name == DISCREPANCIES)
    journal.change(delete(snapshot).where(which), at_least=0)


def stored_discrepancies(journal: Journal, id: int) -> tuple[Discrepancy, ...] | None:
    """Return the stored discrepancies of a run, or None."""
    data = journal.stored_data(id, DISCREPANCIES).get(DISCREPANCIES)
    return None if data is None else _loaded(journal, data)


def last_discrepancies(
    journal: Journal, connection: str, before: int | None
) -> tuple[Discrepancy, ...] | None:
    """Return the discrepancies of a connection's last run with any, of those below `before`."""
    query = select(run.c.id).join(snapshot, snapshot.c.run == run.c.id)
    query = query.where((run.c.connection == connection) & (snapshot.c.name == DISCREPANCIES))
    if before is not None:
        query = query.where(run.c.id < before)
    found = journal.rows(query.order_by(run.c.id.desc()).limit(1))
    return stored_discrepancies(journal, found[0].id) if found else None


def _loaded(journal: Journal, data: bytes) -> tuple[Discrepancy, ...]:
    try:
        return discrepancies.loaded(data)
    except (ValueError, TypeError):
        raise damaged(journal.place) from None
