"""Stores updates that changed more than they sent (W117), until a plan lets them through."""

import json

from sqlalchemy import delete, select

from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import entry, run, snapshot
from oneway.mapping.spec import GuardKind

SIDE_EFFECTS = GuardKind.SIDE_EFFECTS.value
"""The name of this data (action ids) among that stored with a run."""


def store_side_effect(journal: Journal, id: int, action_id: str) -> None:
    """Store that an update of a run changed more than it sent."""
    with journal.at_once():
        found = {action_id, *_kept(journal, id)}
        which = (snapshot.c.run == id) & (snapshot.c.name == SIDE_EFFECTS)
        journal.change(delete(snapshot).where(which), at_least=0)
        journal.store_data(id, SIDE_EFFECTS, json.dumps(sorted(found)).encode())


def side_effects(journal: Journal, connection: str) -> frozenset[str]:
    """Return the target records in which a connection's updates changed more than they sent."""
    found: set[str] = set()
    for id in _runs(journal, connection):
        query = select(entry.c.target_id).where(entry.c.run == id)
        of_run = journal.rows(query.where(entry.c.action.in_(_kept(journal, id))))
        found |= {row.target_id for row in of_run if row.target_id}
    return frozenset(found)


def let_through(journal: Journal, connection: str, before: int) -> None:
    """Forget such updates of the runs before one whose plan lets their records through."""
    with journal.at_once():
        for id in _runs(journal, connection):
            which = (snapshot.c.run == id) & (snapshot.c.name == SIDE_EFFECTS)
            if id < before:
                journal.change(delete(snapshot).where(which))


def _runs(journal: Journal, connection: str) -> tuple[int, ...]:
    ours = (run.c.connection == connection) & (snapshot.c.name == SIDE_EFFECTS)
    query = select(snapshot.c.run).join(run, run.c.id == snapshot.c.run).where(ours)
    return tuple(row.run for row in journal.rows(query.order_by(snapshot.c.run)))


def _kept(journal: Journal, id: int) -> tuple[str, ...]:
    data = journal.stored_data(id, SIDE_EFFECTS).get(SIDE_EFFECTS)
    return tuple(json.loads(data)) if data else ()
