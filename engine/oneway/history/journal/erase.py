"""Erases one person from the journal without deleting runs."""

from collections.abc import Callable, Collection
from itertools import count

from sqlalchemy import ColumnElement, delete, or_, select, update

from oneway.history.journal import rows
from oneway.history.journal.packed import PLAN, packed
from oneway.history.journal.rows import FORGOTTEN, Run
from oneway.history.journal.store import Store
from oneway.history.journal.tables import entry, failure, run, snapshot, written


def replace_plan(store: Store, id: int, plan: bytes) -> None:
    """Replace a run's stored plan; `plan` is the plan file, `packed`."""
    which = (snapshot.c.run == id) & (snapshot.c.name == PLAN)
    store.change(update(snapshot).where(which).values(data=plan))


def erase_snapshots(store: Store, id: int, why: str) -> int:
    """Delete a run's snapshots and store the reason; return how many were deleted."""
    which = (snapshot.c.run == id) & snapshot.c.name.in_(("inputs",))
    gone = store.change(delete(snapshot).where(which), at_least=0).rows
    if gone:
        data = packed((why.encode(),))
        store.change(store.insert(snapshot).values(run=id, name="unkept", data=data))
    return gone


def ids_in_entries(store: Store, connection: str, id: str) -> set[tuple[str | None, str | None]]:
    """Return the (source id, target id) of a connection's entries in which either is `id`."""
    theirs = or_(entry.c.source_id == id, entry.c.target_id == id)
    query = select(entry.c.source_id, entry.c.target_id).where(theirs & _of(connection)).distinct()
    return {(row.source_id, row.target_id) for row in store.rows(query)}


def erase_entries(
    store: Store, connection: str, sources: Collection[str], targets: Collection[str]
) -> int:
    """Remove the person from entries, which guards still count; return how many entries."""
    theirs = or_(entry.c.source_id.in_(sources), entry.c.target_id.in_(targets))
    found = store.rows(select(entry.c.run, entry.c.action).where(theirs & _of(connection)))
    like = select(entry.c.action).where(entry.c.action.like(f"{FORGOTTEN}%"))
    taken = {row.action for row in store.rows(like)}
    names = (name for n in count(1) if (name := f"{FORGOTTEN}{n}") not in taken)
    for row, name in zip(found, names, strict=False):
        for table in (failure, written):
            named = (table.c.connection == connection) & (table.c.action == row.action)
            store.change(delete(table).where(named), at_least=0)
        which = (entry.c.run == row.run) & (entry.c.action == row.action)
        blank = {"source_id": None, "target_id": None, "reason": "", "token": "", "job": ""}
        store.change(update(entry).where(which).values(action=name, **blank))
    return len(found)


def hide_reasons(store: Store, connection: str, names: Callable[[str], bool], hidden: str) -> None:
    """Replace the reasons of other people's entries that name the person."""
    for table, which in ((entry, _of(connection)), (failure, failure.c.connection == connection)):
        query = select(table.c.reason).where(which & (table.c.reason != "")).distinct()
        for row in store.rows(query):
            if names(row.reason):
                same = which & (table.c.reason == row.reason)
                store.change(update(table).where(same).values(reason=hidden))


def replace_texts(store: Store, found: Run) -> None:
    """Store a run's texts about people from `found`.

    These are who can still get in, what was allowed, and the messages of guards and errors.
    """
    began = rows.start(found.start)
    values = {name: began[name] for name in ("allowed", "breaches")}
    values |= {"still_in": rows.still_in(found.still_in), "problems": rows.problems(found.problems)}
    store.change(update(run).where(run.c.id == found.id).values(**values))


def _of(connection: str) -> ColumnElement[bool]:
    return entry.c.run.in_(select(run.c.id).where(run.c.connection == connection))
