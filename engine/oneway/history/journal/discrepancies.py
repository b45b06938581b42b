"""The discrepancies of runs, as the journal stores them: who differs from the source since when."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from oneway.history import discrepancies
from oneway.history.discrepancies import Discrepancy
from oneway.history.journal.errors import damaged
from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import run, snapshot

DISCREPANCIES = "stories"
"""Their name among the data stored with a run."""


def store_discrepancies(journal: Journal, id: int, found: Sequence[Discrepancy]) -> None:
    """Store the discrepancies of a run, in place of earlier ones."""
    with journal.at_once():
        drop_discrepancies(journal, id)
        journal.keep(id, DISCREPANCIES, discrepancies.dumped(found))


def drop_discrepancies(journal: Journal, id: int) -> None:
    """Delete the discrepancies of a run that is being resumed: they change until it ends."""
    which = (snapshot.c.run == id) & (snapshot.c.name == DISCREPANCIES)
    journal.change(delete(snapshot).where(which), at_least=0)


def stored_discrepancies(journal: Journal, id: int) -> tuple[Discrepancy, ...] | None:
    """Return the discrepancies of a run, None if none are stored."""
    data = journal.kept(id, DISCREPANCIES).get(DISCREPANCIES)
    return None if data is None else _loaded(journal, data)


def last_discrepancies(
    journal: Journal, connection: str, before: int | None
) -> tuple[Discrepancy, ...] | None:
    """Return the discrepancies of a connection's last run with any, before a run's id."""
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
