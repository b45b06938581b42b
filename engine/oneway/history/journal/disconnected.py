"""Remembers which connections were disconnected, by their last runs."""

import gzip
from collections.abc import Mapping

from sqlalchemy import select

from oneway.history.journal.journal import Journal
from oneway.history.journal.store import Store
from oneway.history.journal.tables import snapshot

_DISCONNECTED = "disconnected"


def keep_disconnected(journal: Journal, connection: str, at: str) -> None:
    """Store the instant of a connection's end with its last run; its next run is not disconnected.

    The last run of each connection is never pruned.
    """
    for run in journal.runs(connection, limit=1):
        if run.id not in disconnected_runs(journal):
            journal.keep(run.id, _DISCONNECTED, at.encode())


def disconnected_runs(store: Store) -> Mapping[int, str]:
    """Return the runs that were the last before a connection was disconnected, and when it was."""
    query = select(snapshot.c.run, snapshot.c.data).where(snapshot.c.name == _DISCONNECTED)
    return {row.run: gzip.decompress(row.data).decode() for row in store.rows(query)}
