"""Erases one person from the journal, while keeping the runs."""

from collections.abc import Collection
from gzip import compress

from sqlalchemy import delete, or_, select, update

from oneway.history.journal.history import PLAN
from oneway.history.journal.store import Store
from oneway.history.journal.tables import entry, failure, run, snapshot, written


def replace_plan(store: Store, id: int, text: str) -> None:
    """Keep another plan with a run."""
    packed = compress(text.encode(errors="surrogatepass"), 6, mtime=0)
    which = (snapshot.c.run == id) & (snapshot.c.name == PLAN)
    store.change(update(snapshot).where(which).values(data=packed))


def erase_snapshots(store: Store, id: int, why: str) -> int:
    """Forget what a run's plan was derived from, and keep why; return how much there was."""
    which = (snapshot.c.run == id) & snapshot.c.name.in_(("inputs",))
    gone = store.change(delete(snapshot).where(which), at_least=0).rows
    if gone:
        data = compress(why.encode(), 6, mtime=0)
        store.change(store.insert(snapshot).values(run=id, name="unkept", data=data))
    return gone


def erase_entries(
    store: Store, connection: str, sources: Collection[str], targets: Collection[str]
) -> int:
    """Take who they were of out of entries; return of how many. What guards count stays."""
    theirs = or_(entry.c.source_id.in_(sources), entry.c.target_id.in_(targets))
    ours = entry.c.run.in_(select(run.c.id).where(run.c.connection == connection))
    found = store.rows(select(entry.c.run, entry.c.action).where(theirs & ours))
    for number, row in enumerate(found, 1):
        for table in (failure, written):
            named = (table.c.connection == connection) & (table.c.action == row.action)
            store.change(delete(table).where(named), at_least=0)
        which = (entry.c.run == row.run) & (entry.c.action == row.action)
        blank = {"source_id": None, "target_id": None, "reason": "", "token": "", "job": ""}
        store.change(update(entry).where(which).values(action=f"forgotten {number}", **blank))
    return len(found)
