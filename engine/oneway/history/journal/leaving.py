"""The leavers that a refused run has seen in the source: nobody's access could end in it."""

import json
from collections.abc import Collection, Iterable
from itertools import takewhile

from sqlalchemy import delete

from oneway.history.journal.journal import Journal
from oneway.history.journal.rows import Run
from oneway.history.journal.tables import snapshot

LEAVING = "leaving"
"""Their name among the data stored with a run."""


def keep_leaving(journal: Journal, id: int, found: Collection[str]) -> None:
    """Store the leavers that a run has seen, by their source ids, in place of earlier ones."""
    which = (snapshot.c.run == id) & (snapshot.c.name == LEAVING)
    with journal.at_once():
        journal.change(delete(snapshot).where(which), at_least=0)
        if found:
            journal.keep(id, LEAVING, json.dumps(sorted(found)).encode())


def kept_leaving(journal: Journal, id: int) -> frozenset[str]:
    """Return the leavers that are stored with a run."""
    data = journal.kept(id, LEAVING).get(LEAVING)
    return frozenset() if data is None else frozenset(json.loads(data))


def seen_leaving(journal: Journal, runs: Iterable[Run]) -> frozenset[str]:
    """Return the leavers that runs have seen since the last that knows who can still get in.

    The newest of the runs comes first.
    """
    refused = takewhile(lambda run: not run.knows_access, runs)
    return frozenset().union(*(kept_leaving(journal, run.id) for run in refused))
