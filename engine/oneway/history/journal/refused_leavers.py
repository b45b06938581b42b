"""Stores the leavers that a run saw in the source without being able to end their access.

Such a run was refused, or guards blocked it because a list lacked records.
"""

import json
from collections.abc import Collection

from sqlalchemy import delete

from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import snapshot

LEAVING = "leaving"
"""The name of this data among that stored with a run."""


def store_leavers(journal: Journal, id: int, found: Collection[str]) -> None:
    """Replace the leavers stored with a run; `found` are their source ids."""
    which = (snapshot.c.run == id) & (snapshot.c.name == LEAVING)
    with journal.at_once():
        journal.change(delete(snapshot).where(which), at_least=0)
        if found:
            journal.store_data(id, LEAVING, json.dumps(sorted(found)).encode())


def stored_leavers(journal: Journal, id: int) -> frozenset[str]:
    """Return the source ids of the leavers stored with a run."""
    data = journal.stored_data(id, LEAVING).get(LEAVING)
    return frozenset() if data is None else frozenset(json.loads(data))
