"""Stores the target records that earlier runs listed and this run's list lacks.

A record that the run did not see, or whose access it has just ended, is listed again if it gives
access later. As with links, only ids are stored.
"""

import json
from collections.abc import Mapping

from sqlalchemy import delete

from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import snapshot

LISTED = "listed"
"""The name of this data among that stored with a run."""


def store_listed(journal: Journal, id: int, found: Mapping[str, frozenset[str]]) -> None:
    """Replace the target records stored with a run, each with its possible owners (source ids)."""
    which = (snapshot.c.run == id) & (snapshot.c.name == LISTED)
    with journal.at_once():
        journal.change(delete(snapshot).where(which), at_least=0)
        if found:
            data = {target: sorted(whose) for target, whose in found.items()}
            journal.store_data(id, LISTED, json.dumps(data).encode())


def stored_listed(journal: Journal, id: int) -> Mapping[str, frozenset[str]]:
    """Return the target records stored with a run, each with its possible owners."""
    data = journal.stored_data(id, LISTED).get(LISTED, b"{}")
    return {target: frozenset(whose) for target, whose in json.loads(data).items()}
