"""Stores which connections were disconnected, with their last runs."""

import gzip
from collections.abc import Mapping

from sqlalchemy import select

from oneway.history.journal.journal import Journal
from oneway.history.journal.store import Store
from oneway.history.journal.tables import snapshot

_DISCONNECTED = "disconnected"


def store_disconnected(journal: Journal, connection: str, at: str) -> None:
    """Record with a connection's last run when it was disconnected; a later run ends that.

    The last run of each connection is never pruned.
    """
    for run in journal.runs(connection, limit=1):
        if run.id not in disconnected_runs(journal):
            journal.store_data(run.id, _DISCONNECTED, at.encode())


def disconnected_runs(store: Store) -> Mapping[int, str]:
    """Return when connections were disconnected, by the id of their last run."""
    query = select(snapshot.c.run, snapshot.c.data).where(snapshot.c.name == _DISCONNECTED)
    return {row.run: gzip.decompress(row.data).decode() for row in store.rows(query)}
