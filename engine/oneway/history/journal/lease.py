"""Leases: one run of a connection at a time, over all machines that share a store.

A lease is a row of the store: one statement takes it, the run renews it while it makes progress,
and gives it back when it ends. It does not depend on a database session, so it works behind a
pooler, and a machine that is cut off loses it when it expires. `fence` keeps a run that has lost
its lease from writing.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import func, null, select, update

from oneway.core import request_gate
from oneway.core.diagnostics import Refused, refusal
from oneway.history.journal import fence as fences
from oneway.history.journal.fence import Fence, store_time
from oneway.history.journal.rows import AnyRow
from oneway.history.journal.store import Store
from oneway.history.journal.tables import UNSETTLED, entry, run
from oneway.history.journal.tables import lease as table
from oneway.state.heartbeat import beat, since_beat, uptime
from oneway.state.lock import Holder
from oneway.state.processes import identity, is_over


class Lease:
    """A lease that this process holds, or has lost."""

    def __init__(self, where: Path | str, fence: Fence, zone: str) -> None:
        self.fence = fence
        self.zone = zone
        """The time zone for messages about when another run took it."""
        self.lost = False
        """Whether another run is known to have taken it over."""
        self._where = where
        self._leave_by: dict[str, float] = {}
        """The latest time to send requests of each action in flight, by this machine's clock."""

    def let_leave(self, action: str, journalled: float) -> None:
        """Allow an action's requests to be sent for part of the window after `journalled`.

        `journalled` is by `uptime`. The rest of the window is for the request itself.
        """
        self._leave_by[action] = journalled + fences.TERMS.window - request_gate.LEAVES_WITHIN

    def may_leave(self, action: str) -> bool:
        """Return whether a request of an action may still be sent, by this machine's clock.

        Each action has its own limit, because its entry says how long another run must wait. The
        lease of a file has no limit: it ends with the process, which then sends nothing more.
        """
        if isinstance(self._where, Path):
            return True
        return not self.lost and uptime() < self._leave_by.get(action, 0.0)

    def settle(self, action: str) -> None:
        """Allow no more requests of an action, because it has ended."""
        self._leave_by.pop(action, None)

    def renewed(self, store: Store) -> bool:
        """Renew the lease; return False if another run has taken it over."""
        until = store_time() + fences.TERMS.length if store.shared else null()
        kept = update(table).where(self.fence.row).values(until=until)
        self.lost = self.lost or store.change(kept, at_least=0).rows == 0
        return not self.lost

    def end(self) -> None:
        """Give the lease back; no request may be sent afterwards."""
        self._leave_by.clear()
        if not isinstance(self._where, Path):
            with suppress(Refused), Store.open(self._where) as store:  # it expires
                _give_back(store, self.fence)

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Renew the lease at intervals during the block."""
        if isinstance(self._where, Path):
            yield
            return
        ended = Event()
        beside = Thread(target=self._renew, args=(ended,), name="oneway-lease", daemon=True)
        beside.start()
        try:
            yield
        finally:
            ended.set()
            beside.join(_PATIENCE)

    def _renew(self, ended: Event) -> None:
        while not ended.wait(fences.TERMS.renewed) and not self.lost:
            if since_beat() > fences.TERMS.silence:
                return  # a run that hangs must not keep others from running
            # A store that does not answer now may do so before the lease expires.
            with suppress(Refused), Store.open(self._where) as store:
                self.renewed(store)


@contextmanager
def leased(where: Path | str, name: str, holder: Holder) -> Iterator[Lease]:
    """Hold the lease of a connection in a store; raise `Refused` if another run does."""
    beat()
    with Store.open(where) as store:
        lease = Lease(where, _taken(store, name, holder), holder.zone)
    try:
        with lease.renewing():
            yield lease
    finally:
        lease.end()


def wait_for_quiet(store: Store, name: str, stopping: Callable[[], bool]) -> bool:
    """Wait until earlier holders of a lease may send no more of the requests they journalled.

    Returns False if asked to stop. A lease that expired or was given back needs no wait.
    """
    last = func.max(entry.c.by_when) - store_time()
    query = select(last).join(run).where(UNSETTLED, run.c.connection == name)
    while (seconds := store.rows(query)[0][0] or 0.0) > 0:
        if stopping():
            return False
        time.sleep(min(seconds, _GLANCE))
    return True


def is_leased(store: Store, name: str) -> bool:
    """Return whether a run on any machine holds the lease of a connection."""
    query = select(table).where(table.c.connection == name, table.c.until > store_time())
    return any(not is_over(row.owner) for row in store.rows(query))


def free_of_the_dead(store: Store, name: str) -> bool:
    """Give back all leases of a connection's holder if that process of this machine has died."""
    row = _row(store, name)
    if row is None or not is_over(row.owner):
        return False
    for each in store.rows(select(table).where(table.c.owner == row.owner)):
        _give_back(store, Fence(each.connection, each.fence, each.owner))
    return True


def taken_over(store: Store, lease: Lease) -> Refused:
    """Return the refusal of a run that has lost its lease, which names the new holder."""
    name = lease.fence.connection
    row = _row(store, name)
    gone = "it is not in the store any more"
    who = gone if row is None else f"{_holder(row, lease.zone)} took it over"
    summary = f"this run has lost the lease of '{name}': {who}"
    help = "nothing more was sent; the other run looks up the writes in flight: see `oneway runs`"
    return refusal("F125", store.place, summary, help)


def _taken(store: Store, name: str, holder: Holder) -> Fence:
    """Take a lease and return its fence; raise `Refused` if another run holds it."""
    found = _try(store, name, holder)
    if found is None and free_of_the_dead(store, name):
        found = _try(store, name, holder)
    if found is None:
        raise _held(store, name, holder.zone)
    return found


def _try(store: Store, name: str, holder: Holder) -> Fence | None:
    """Take a lease in one statement; None if another run holds it."""
    owner = identity()
    values = {
        "host": holder.host,
        "process": holder.process,
        "since": holder.since,
        "owner": owner,
        "until": store_time() + fences.TERMS.length if store.shared else null(),
    }
    new = store.insert(table).values(connection=name, fence=1, **values)
    taking = new.on_conflict_do_update(
        index_elements=["connection"],
        set_={**values, "fence": table.c.fence + 1},
        # We hold the file's lock, which proves that the former holder is gone.
        where=table.c.until <= store_time() if store.shared else None,
    ).returning(table.c.fence)
    with store.at_once():
        rows = store.rows(taking)
    return Fence(name, rows[0].fence, owner) if rows else None


def _give_back(store: Store, fence: Fence) -> None:
    """End a lease whose run sends nothing more."""
    ours = select(run.c.id).where(run.c.connection == fence.connection)
    waiting = entry.c.by_when.is_not(None) & entry.c.run.in_(ours)
    with store.at_once():
        ended = update(table).where(fence.row).values(until=store_time())
        if store.change(ended, at_least=0).rows:
            store.change(update(entry).where(waiting).values(by_when=None), at_least=0)


def _held(store: Store, name: str, zone: str) -> Refused:
    row = _row(store, name)
    who = "one that has only just begun" if row is None else str(_holder(row, zone))
    help = "wait for it to end; it can be stopped, and `oneway resume` will settle what it did"
    summary = f"another run holds the lock of '{name}': {who}"
    return refusal("F115", store.place, summary, help)


def _row(store: Store, name: str) -> AnyRow | None:
    found = store.rows(select(table).where(table.c.connection == name))
    return found[0] if found else None


def _holder(row: AnyRow, zone: str) -> Holder:
    return Holder(row.host, row.process, row.since, zone)


_GLANCE = 0.5
"""Seconds between checks whether an earlier run may still send requests."""
_PATIENCE = 1.0
"""Seconds that a run waits at its end for a renewal in progress."""
