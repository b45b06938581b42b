"""The target records whose creates had no known end at first, and were found to be done."""

from collections.abc import Iterable

from sqlalchemy import select

from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import entry, run
from oneway.planning.plan import FOUND, FOUND_LATER, Ending, Verb


def found_creates(journal: Journal, connection: str, targets: Iterable[str]) -> frozenset[str]:
    """Return those of some target records whose creates were found to be done."""
    done = (entry.c.verb == Verb.CREATE.value) & (entry.c.ending == Ending.DONE.value)
    found = done & entry.c.reason.in_((FOUND, FOUND_LATER)) & (run.c.connection == connection)
    query = select(entry.c.target_id).join(run).where(found)
    made = {str(each[0]) for each in journal.rows(query)}
    return frozenset(made.intersection(targets))
