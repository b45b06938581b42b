"""Queries over past runs, for resuming, reports and history."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Select, func, select

from oneway.history.journal import rows, tables
from oneway.history.journal.errors import damaged
from oneway.history.journal.lease import is_leased
from oneway.history.journal.packed import PLAN, unpacked
from oneway.history.journal.rows import AnyRow, JournalEntry, Latest, Run
from oneway.history.journal.store import Store
from oneway.state.lock import LOCKS, is_locked

T = TypeVar("T")


class RunHistory(Store):
    """A store that answers queries about runs."""

    def runs(
        self, connection: str | None = None, *, limit: int = 20, before: int | None = None
    ) -> tuple[Run, ...]:
        """Return the last runs, newest first: of one connection or all, with ids below `before`."""
        query = select(tables.run).order_by(tables.run.c.id.desc()).limit(limit)
        if connection is not None:
            query = query.where(tables.run.c.connection == connection)
        if before is not None:
            query = query.where(tables.run.c.id < before)
        return self._runs(query)

    def run(self, id: int) -> Run | None:
        """Return a run by its id, or None."""
        found = self._runs(select(tables.run).where(tables.run.c.id == id))
        return found[0] if found else None

    def entries(self, run: int) -> tuple[JournalEntry, ...]:
        """Return all entries of a run."""
        query = select(tables.entry).where(tables.entry.c.run == run)
        return self._entries(query.order_by(tables.entry.c.action))

    def counts(self, run: int) -> dict[str, int]:
        """Return how many actions of a run ended in each way, by `Ending.value`."""
        table = tables.entry
        query = select(table.c.ending, func.count()).where(table.c.run == run)
        ended = query.where(table.c.ending.is_not(None)).group_by(table.c.ending)
        return {row[0]: row[1] for row in self.rows(ended)}

    def unsettled(self) -> tuple[JournalEntry, ...]:
        """Return the entries whose outcome is unknown, oldest run first."""
        query = select(tables.entry).where(tables.UNSETTLED)
        return self._entries(query.order_by(tables.entry.c.run, tables.entry.c.action))

    def unfinished(self, connection: str | None = None) -> tuple[Run, ...]:
        """Return the runs that died or have entries of unknown outcome, oldest first."""
        run = tables.run
        query = select(run).where(tables.UNFINISHED).order_by(run.c.id)
        if connection is not None:
            query = query.where(run.c.connection == connection)
        return self._runs(query)

    def connections(self) -> tuple[str, ...]:
        """Return the names of all connections with a run, sorted."""
        query = select(tables.run.c.connection).distinct()
        return tuple(sorted(row.connection for row in self.rows(query)))

    def latest(self, connection: str) -> Latest | None:
        """Return the latest instants of a connection's runs, or None before the first.

        Refused runs do not count: they did nothing.
        """
        # Instants share one form (`instant_text`), so the greatest text is the latest.
        run = tables.run
        query = select(func.max(run.c.as_of), func.max(run.c.started))
        ours = (run.c.connection == connection) & (run.c.problems == "[]")
        (found,) = self.rows(query.where(ours))
        return None if found[0] is None else Latest(found[0], found[1])

    def plan_of(self, run: int) -> str:
        """Return a run's stored plan, in the format of a plan file, or ""."""
        data = self.stored_data(run, PLAN).get(PLAN, b"")
        return data.decode(errors="surrogatepass")

    def stored_data(self, run: int, *names: str) -> Mapping[str, bytes]:
        """Return the data stored with a run, by name: all of it, or the names given."""
        table = tables.snapshot
        query = select(table.c.name, table.c.data).where(table.c.run == run)
        if names:
            query = query.where(table.c.name.in_(names))
        return {row.name: unpacked(row.data, self.place) for row in self.rows(query)}

    def is_locked(self, connection: str) -> bool:
        """Return whether a live process holds the lock of a connection."""
        if self.shared:
            return is_leased(self, connection)
        return is_locked(Path(self.place).parent / LOCKS, connection)

    def _runs(self, query: Select[Any]) -> tuple[Run, ...]:
        found = self._made(rows.run, query)
        return tuple(self._so_far(each) if each.ended is None else each for each in found)

    def _so_far(self, found: Run) -> Run:
        """Return an unfinished run with its counts so far."""
        name = found.start.connection
        newest = self.rows(select(func.max(tables.run.c.id)).where(tables.run.c.connection == name))
        lives = newest[0][0] == found.id and self.is_locked(name)
        if not lives:  # the run may have ended before the lock was checked
            found = self._made(rows.run, select(tables.run).where(tables.run.c.id == found.id))[0]
        if found.ended is not None:
            return found
        return replace(found, counts=dict(self.counts(found.id)), lives=lives)

    def _entries(self, query: Select[Any]) -> tuple[JournalEntry, ...]:
        return self._made(rows.entry, query)

    def _made(self, make: Callable[[AnyRow], T], query: Select[Any]) -> tuple[T, ...]:
        try:
            return tuple(make(row) for row in self.rows(query))
        except (ValueError, TypeError, KeyError):  # the stored text was edited
            raise damaged(self.place) from None
