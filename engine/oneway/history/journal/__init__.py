"""The journal: what was intended, sent and ended, durable before each call returns; and what
connections keep beside it: a history of runs, the schedule's dues, incidents and notices.

It holds ids, verbs, codes, redacted reasons and keyed digests. Values of fields stand in it
only in the plan of a run and in what that was derived from, which never hold a sensitive one.
SQLite in WAL mode with synchronous=FULL, or PostgreSQL: what a call has written survives the
death of the process and of the machine. An action whose entry has no end, or an unknown one,
is unsettled: a resumed run must find out what became of it before it is sent again.

    journal     what is written down, and what guards ask
    history     what is asked of runs that were
    rows        what is kept of a run and of an action
    store       an open store: transactions, changes, queries
    sqlite      a store in a file                 postgresql  a store in a server
    tables      the newest version's tables       migration   how an older store gets there
    troubles    what goes wrong, as a refusal     lease       a lock that machines share
"""

from typing import TYPE_CHECKING

from oneway.core.lazy import lazily
from oneway.planning.plan import End

if TYPE_CHECKING:
    from oneway.history.journal.history import RunHistory
    from oneway.history.journal.journal import Journal
    from oneway.history.journal.rows import (
        Breached,
        JournalEntry,
        Latest,
        Run,
        RunStart,
        RunState,
        Why,
    )
    from oneway.history.journal.store import Store

__all__ = [
    "Breached",
    "End",
    "Journal",
    "JournalEntry",
    "Latest",
    "Run",
    "RunHistory",
    "RunStart",
    "RunState",
    "Store",
    "Why",
]

_HOMES = {
    "history": ("RunHistory",),
    "journal": ("Journal",),
    "rows": ("Breached", "JournalEntry", "Latest", "Run", "RunStart", "RunState", "Why"),
    "store": ("Store",),
}
# Opening a store needs SQLAlchemy, whose import takes half the time of a small plan.
__getattr__ = lazily(__name__, _HOMES)
