"""The journal: records what was intended, sent and ended, durably before each call returns. The
same store holds the run history, the schedule's dues, incidents and notices.

It contains ids, verbs, codes, redacted reasons and keyed digests. Field values occur only in a
run's plan and snapshots, which never contain a sensitive one. The store is SQLite in WAL mode with
synchronous=FULL, or PostgreSQL: what a call has written survives the death of the process and of
the machine. An action whose entry has no end, or an unknown one, is unsettled: a resumed run must
find out what became of it before sending it again.

    journal     records runs and actions          history     queries over past runs
    rows        a stored run, a stored action     store       transactions, changes, queries
    sqlite      a store in a file                 postgresql  a store in a server
    tables      the newest version's tables       migration   upgrades an older store
    errors      store errors as refusals          lease       a lock that machines share
"""

from typing import TYPE_CHECKING

from oneway.core.lazy import lazily
from oneway.planning.endings import End

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
