"""The loop's view of the store: reopens it after failures, and tracks connections.

It caches the state of each schedule, so that a quiet night needs no queries; claims always go to
the store.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import field, replace
from pathlib import Path
from shlex import quote

from oneway.connections.schedule import Due
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.core.instants import moment
from oneway.history.journal import Journal, Run, RunState, schedule_claims
from oneway.history.journal.future import in_the_future
from oneway.history.journal.lease import free_of_the_dead
from oneway.history.journal.schedule_claims import GIVEN_UP, ClaimedDue, ScheduleStatus
from oneway.history.schedule_policy import is_spent
from oneway.runs.prepare.request import instant_text
from oneway.scheduling.job import RunHost, due_lock
from oneway.scheduling.owner import signature
from oneway.scheduling.work import start_of
from oneway.state.folder import StateFolder


@dataclass(slots=True)
class Register:
    """The claimed dues and their owners; every method raises `Refused` if the store fails."""

    place: RunHost
    by: str = ""
    _journal: Journal | None = None
    _inode: int = 0
    _statuses: dict[str, ScheduleStatus] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by = signature(self._now())

    def journal(self) -> Journal:
        """Return the open store."""
        where = StateFolder(self.place.state, self.place.store).journal
        inode = _inode(where)
        if self._journal is not None and inode != self._inode:
            self.close()  # other processes would open another file than ours
        if self._journal is None:
            self._journal = Journal.open(where)
            self._inode = _inode(where)
            self._statuses = dict(schedule_claims.schedule_statuses(self._journal))
        return self._journal

    def close(self) -> None:
        """Close the store; the next use opens it again."""
        if self._journal is not None:
            with suppress(Refused):
                self._journal.close()
            self._journal = None

    def know(self, names: Collection[str]) -> None:
        """Register all connections, the new ones in one transaction."""
        new = [name for name in names if name not in self._statuses]
        if new:
            with self.journal().at_once():
                for name in new:
                    self.status(name)

    def status(self, name: str) -> ScheduleStatus:
        """Return the state of a schedule; a new one counts from now, or from its last run."""
        journal = self.journal()
        if name not in self._statuses:
            self._statuses[name] = schedule_claims.first_seen(journal, name, self._now())
        return self._statuses[name]

    def asked(self, name: str) -> ScheduleStatus:
        """Return the state of a schedule from the store, which others write as well."""
        found = schedule_claims.schedule_statuses(self.journal(), name).get(name)
        if found is not None:
            self._statuses[name] = found
        return self.status(name)

    def take(self, name: str, due: Due) -> ClaimedDue | None:
        """Claim a due; None if another process was quicker, or if the due was given up."""
        last, nominal = self.status(name).last, instant_text(due.nominal)
        if last is not None and last.due == nominal and last.ended is None:
            taken = None
            if not is_spent(last):
                taken = schedule_claims.take_over(self.journal(), last, self.by)
        else:
            taken = schedule_claims.take(self.journal(), name, nominal, self._now(), self.by)
        if taken is None:
            self.asked(name)
        else:
            self._keep(taken)
        return taken

    def found(self, taken: ClaimedDue) -> ClaimedDue:
        """Return one of our dues as the store has it now."""
        found = schedule_claims.found(self.journal(), taken.connection, taken.due) or taken
        self._keep(found)
        return found

    def give_back(self, taken: ClaimedDue) -> None:
        """Release a due whose run did not begin, or was asked to stop."""
        if taken.by == self.by and taken.ended is None:
            self._keep(schedule_claims.give_back(self.journal(), taken))

    def give_up(self, taken: ClaimedDue, file: str, problem: Diagnostic) -> int:
        """End a due whose runs died; return the last run, which may have begun to write."""
        with self.journal().at_once():
            run = self.died(taken, file, problem)
            self._keep(schedule_claims.end(self.journal(), taken, self._now(), GIVEN_UP))
        return run

    def died(self, taken: ClaimedDue, file: str, problem: Diagnostic) -> int:
        """Return the run of a due that died, and journal it if that was not done."""
        newest = next(iter(self.journal().runs(taken.connection, limit=1)), None)
        if newest is not None and newest.id > taken.after and newest.ended is None:
            return newest.id
        start = start_of(self.place, taken.connection, file)
        return self.journal().died(start, (problem,), self._now())

    def free_leases(self, name: str) -> None:
        """Give back the leases of a dead run: another machine need not wait until they expire."""
        for each in (name, due_lock(name)):
            free_of_the_dead(self.journal(), each)

    def future(self, name: str, due: Due, file: str) -> int | None:
        """Return the run which says that something in the future stops a connection's due.

        It is journalled once per due. None if nothing is in the future, or if that was done
        before.
        """
        found = in_the_future(self.journal(), name, self.place.now())
        newest = next(iter(self.journal().runs(name, limit=1)), None)
        told = newest is not None and any(each.code == "F124" for each in newest.problems)
        if not found or (told and newest and newest.start.started >= instant_text(due.at)):
            return None
        start = start_of(self.place, name, file)
        until = moment(found.until, start.zone, seconds=True)
        clock = moment(self._now(), start.zone, seconds=True)
        what = f"{until} is recorded, and the clock says {clock}"
        summary = f"{what}: nothing of this connection runs until one of the two is corrected"
        help = (
            "set the clock right; if it is right, another one was ahead: "
            f"`oneway runs forget-future {quote(name)}` puts this connection right"
        )
        problem = Diagnostic(Span(file), Severity.ERROR, "F124", summary, help)
        return self.journal().refused(start, (problem,), self._now())

    def left(self, name: str) -> Run | None:
        """Return a connection's last run if it was interrupted."""
        newest = next(iter(self.journal().runs(name, limit=1)), None)
        interrupted = newest is not None and newest.state is RunState.INTERRUPTED
        return newest if interrupted else None

    def _keep(self, taken: ClaimedDue) -> None:
        self._statuses[taken.connection] = replace(self.status(taken.connection), last=taken)

    def _now(self) -> str:
        return instant_text(self.place.now())


def _inode(where: Path | str) -> int:
    """Return the inode number of a store's file; 0 if there is no such file."""
    try:
        return where.stat().st_ino if isinstance(where, Path) else 0
    except OSError:
        return 0
