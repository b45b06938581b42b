"""How long runs are kept: with their plans and what those were derived from."""

from datetime import datetime, timedelta

from oneway.guards import WINDOW
from oneway.journal import Journal
from oneway.journal.retained import prunable
from oneway.runs.request import instant_text
from oneway.state import State

DAYS = 90
"""How many days a run is kept where nobody says otherwise."""

LEAST_DAYS = WINDOW.days + 1
"""No fewer: guards count what was done within their window."""


def forget(journal: Journal, before: datetime) -> int:
    """Forget the runs that ended before an instant, and return how many.

    What guards and a resumption need stays, however old it is.
    """
    return journal.prune(instant_text(before))


def forgettable(journal: Journal, before: datetime) -> int:
    """Return how many runs `forget` would forget."""
    return len(prunable(journal, instant_text(before)))


def forget_old(state: State, now: datetime, days: int = DAYS) -> int:
    """Forget the runs of a state folder that are older than some days, and return how many."""
    if not state.has_journal:
        return 0
    with Journal.open(state.journal) as journal:
        return forget(journal, now - timedelta(days=max(days, LEAST_DAYS)))
