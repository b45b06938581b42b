"""A lock that all machines with one store respect: PostgreSQL's own, given back with the
connection that holds it, however the process ends."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import delete, select, text

from oneway.core.diagnostics import Refused, refusal
from oneway.history.journal.postgresql import lock_key
from oneway.history.journal.store import Store
from oneway.history.journal.tables import holder as table
from oneway.state.lock import Holder


@contextmanager
def leased(where: str, name: str, holder: Holder) -> Iterator[None]:
    """Hold the lock of a connection in a shared store; raise `Refused` where another does."""
    with Store.open(where) as store:
        if not _asked(store, "pg_try_advisory_lock", name):
            raise _held(store, name)
        with suppress(Refused, LookupError):  # the lock is what counts, not who is named
            _name(store, name, holder)
        try:
            yield
        finally:
            with suppress(Refused):  # the server gives it back when the connection ends
                store.change(delete(table).where(table.c.connection == name), at_least=0)
                _asked(store, "pg_advisory_unlock", name)


def is_leased(store: Store, name: str) -> bool:
    """Return whether any machine holds the lock of a connection; asking takes nothing."""
    high, low = divmod(lock_key(name) % 2**64, 2**32)
    held = (
        "SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database "
        "WHERE locktype = 'advisory' AND granted AND datname = current_database() "
        "AND objsubid = 1 AND classid::bigint = :high AND objid::bigint = :low"
    )
    return bool(store.rows(text(held).bindparams(high=high, low=low)))


def _asked(store: Store, function: str, name: str) -> bool:
    (row,) = store.rows(text(f"SELECT {function}(:key)").bindparams(key=lock_key(name)))
    return bool(row[0])


def _name(store: Store, name: str, holder: Holder) -> None:
    values = {"host": holder.host, "process": holder.process, "since": holder.since}
    new = store.insert(table).values(connection=name, **values)
    store.change(new.on_conflict_do_update(index_elements=["connection"], set_=values))


def _held(store: Store, name: str) -> Refused:
    found = store.rows(select(table).where(table.c.connection == name))
    who = "one that has only just begun"
    if found:
        who = str(Holder(found[0].host, found[0].process, found[0].since))
    help = "wait for it to end; it can be stopped, and `oneway resume` will settle what it did"
    summary = f"another run holds the lock of '{name}': {who}"
    return refusal("F115", store.place, summary, help)
