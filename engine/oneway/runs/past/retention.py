"""Removes old runs, with their plans and snapshots.

Each run removes the old ones of its own connection while it holds the lock. `oneway runs prune`
removes those of all connections, including ones that no longer run.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from oneway.connections.access import Lookup
from oneway.core.diagnostics import Refused, refusal
from oneway.history.journal import Journal
from oneway.history.journal.incidents import forget_notices
from oneway.history.journal.retention import last_started
from oneway.history.journal.schedule_claims import forget as forget_dues
from oneway.planning.breach import WINDOW
from oneway.runs.prepare.request import instant_text, parse_instant

DAYS = 90
"""How many days a run is kept by default."""

LEAST_DAYS = WINDOW.days + 1
"""The fewest days: guards count what was done within their window."""


def days_kept(lookup: Lookup) -> int:
    """Return how many days runs are kept: what ONEWAY_KEEP_DAYS says, or `DAYS`.

    Raises `Refused` if it is not a number of days, or too few.
    """
    text = lookup("keep", "days")
    if text is None:
        return DAYS
    if not (text.isascii() and text.isdigit() and int(text[:6]) >= LEAST_DAYS and len(text) < 6):
        help = f"write a number of days, at least {LEAST_DAYS}: guards look back a week"
        raise refusal("U115", "ONEWAY_KEEP_DAYS", f"{text!r} is not a valid number of days", help)
    return int(text)


def forget_old(journal: Journal, connection: str, now: datetime, days: int) -> None:
    """Remove runs and notices older than some days, if the store allows it.

    Its lock must be held. What guards and a resumption need stays, however old it is. The clock
    may be ahead for a few nights: age is counted from when the connection ran before these.
    """
    before = _instant(now, days)
    last = last_started(journal, connection, _instant(now, LEAST_DAYS))
    if last:
        before = min(before, _instant(parse_instant(last), days - LEAST_DAYS))
    # A good run does not fail because the store is busy now: the next run removes them.
    with suppress(Refused):
        prune(journal, before, connection)


def _instant(now: datetime, days: int) -> str:
    """Return the instant some days ago, as text."""
    return instant_text(now - timedelta(days=days))


def prune(journal: Journal, before: str, connection: str | None = None) -> int:
    """Remove runs, claims and notices before an instant; return the number of runs.

    Of one connection, or of all. What guards and a resumption need stays.
    """
    forgotten = journal.prune(before, connection)
    forget_notices(journal, before, connection)
    forget_dues(journal, before, connection)
    return forgotten
