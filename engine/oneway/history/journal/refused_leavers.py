"""The leavers that a run has seen in the source, while the target was not read or not believed.

Nobody's access could end in such a run: it was refused, or guards held it for what a list lacked.
"""

import json
from collections.abc import Collection

from sqlalchemy import delete

from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import snapshot

LEAVING = "leaving"
"""Their name among the data stored with a run."""


def store_leavers(journal: Journal, id: int, found: Collection[str]) -> None:
    """Store the leavers that a run has seen, by their source ids, in place of earlier ones."""
    which = (snapshot.c.run == id) & (snapshot.c.name == LEAVING)
    with journal.at_once():
        journal.change(delete(snapshot).where(which), at_least=0)
        if found:
            journal.keep(id, LEAVING, json.dumps(sorted(found)).encode())


def stored_leavers(journal: Journal, id: int) -> frozenset[str]:
    """Return the leavers that are stored with a run."""
    data = journal.kept(id, LEAVING).get(LEAVING)
    return frozenset() if data is None else frozenset(json.loads(data))
