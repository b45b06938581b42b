"""Finds the writes of unknown result that later turned out to have let somebody in."""

from collections.abc import Mapping

from sqlalchemy import select

from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import entry, run
from oneway.planning.endings import FOUND, FOUND_LATER, Ending
from oneway.planning.plan import Verb


def found_later(journal: Journal, connection: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the target records of such creates, and of such returns, with their run's start."""
    found: dict[Verb, dict[str, str]] = {Verb.CREATE: {}, Verb.REACTIVATE: {}}
    done = entry.c.verb.in_([each.value for each in found]) & (entry.c.ending == Ending.DONE.value)
    ours = entry.c.reason.in_((FOUND, FOUND_LATER)) & (run.c.connection == connection)
    query = select(entry.c.verb, entry.c.target_id, run.c.started).join(run).where(done & ours)
    for verb, id, at in journal.rows(query.order_by(entry.c.run)):
        found[Verb(verb)][id] = at
    return found[Verb.CREATE], found[Verb.REACTIVATE]
