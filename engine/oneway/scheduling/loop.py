"""The scheduler's loop: scans the folder, claims what is due, starts it, collects results.

It holds no state of record: files and the clock say what is due, and the store says who runs it.
It can be killed at any point and restarted without loss.
"""

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import field
from datetime import UTC, datetime, timedelta
from shlex import quote
from typing import Protocol

from oneway.connections.connection import Connection
from oneway.connections.folder import Found
from oneway.connections.schedule import Due, last_due, next_due
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.history.journal import Run, RunState
from oneway.history.journal.schedule_claims import GIVEN_UP, ClaimedDue
from oneway.history.schedule_policy import Step, is_late, is_spent, pause, step, unspread
from oneway.notices.queueing import after_run
from oneway.runs.notices import PendingRun, queue_for_run
from oneway.runs.prepare.request import instant_text
from oneway.scheduling.folder import Folder, FolderChanges
from oneway.scheduling.health_state import HealthState
from oneway.scheduling.job import How, Job, Report, RunHost
from oneway.scheduling.log import EventLog, counted, due_text, in_words, say_changes
from oneway.scheduling.notices import tell_of_folder
from oneway.scheduling.owner import may_live, share
from oneway.scheduling.register import Register

POLL = timedelta(seconds=5)
"""The longest sleep of the loop: files change, and clocks are set."""
LOOK = timedelta(seconds=3)
"""The shortest time between two scans of the folder, however many runs end in between."""
BUSY = timedelta(seconds=30)
"""The first pause for another process's run; it doubles each time."""
LONGEST = timedelta(minutes=5)
REMIND = timedelta(hours=1)
"""How often to check whether a broken file needs another notice."""
LEAD = timedelta(seconds=1)
"""The spread, over machines that share a store, of their claims for one due."""
NEVER = datetime.max.replace(tzinfo=UTC)


class Workers(Protocol):
    """Carries out jobs: a process pool, or its stand-in in a test."""

    @property
    def room(self) -> int:
        """How many more jobs may be started now."""

    @property
    def names(self) -> Collection[str]:
        """The connections that are being run."""

    def start(self, job: Job) -> None:
        """Start a job; raise `OSError` if the machine cannot start a process."""

    def ended(self) -> Iterator[tuple[Job, Report]]:
        """Yield the jobs that have ended since the last call."""

    def overdue(self) -> Iterator[tuple[Job, str]]:
        """Yield, in words, each run that was newly asked to stop for taking too long."""


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A due that this loop ran or gave up: how it ended, and its run's id."""

    connection: str
    due: str
    state: str
    run: int

    @property
    def as_json(self) -> dict[str, str | int]:
        """As data."""
        return {
            "connection": self.connection,
            "due": self.due,
            "state": self.state,
            "run": self.run,
        }


@dataclass(slots=True)
class Loop:
    """Keeps the schedules of a folder's connections; `tick` does what is due now.

    With `once`, a due counts from its schedule's own instant, and each connection runs at most
    once, without waiting for other processes.
    """

    place: RunHost
    folder: Folder
    workers: Workers
    log: EventLog
    once: bool = False
    board: HealthState = field(default_factory=HealthState)
    results: list[RunEnded] = field(default_factory=list)
    """What has ended (with `once`)."""
    register: Register = field(init=False)
    _waiting: dict[str, datetime] = field(default_factory=dict)
    """When to look at each connection again."""
    _ready: dict[str, Due] = field(default_factory=dict)
    """The dues to start, by connection."""
    _finished: deque[tuple[Job, Report]] = field(default_factory=deque)
    _busy: dict[str, int] = field(default_factory=dict)
    """How often another process was found running each connection."""
    _turns: set[str] = field(default_factory=set)
    _looked: datetime | None = None
    _told: tuple[tuple[Found, ...], datetime] | None = None
    """The broken files of the last notice, and its instant."""

    def __post_init__(self) -> None:
        self.register = Register(self.place)

    def tick(self, *, starting: bool = True) -> datetime:
        """Do what is due now, and return the latest time for the next tick.

        Never raises `Refused`: a failing store or folder is reported once, and tried again.
        """
        now = self.place.now()
        changes, trouble = self._look_at_folder(now)
        more = self._keep_schedules(now, starting=starting)
        say_changes(self.log, changes, self.folder.connections)  # they are in the store by now
        self._say_trouble([*trouble, *more])
        self._show()
        turns = (self._turn(name, due) for name, due in self._ready.items())
        return min(
            [now + POLL, *(each for each in (*self._waiting.values(), *turns) if each > now)]
        )

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or is ready to run."""
        return not self.workers.names and not self._ready and not self._finished

    def _look_at_folder(self, now: datetime) -> tuple[FolderChanges, tuple[Diagnostic, ...]]:
        if self._looked is not None and (self.once or timedelta() <= now - self._looked < LOOK):
            return FolderChanges(), ()
        try:
            changes = self.folder.look()
        except Refused as refused:
            return FolderChanges(), refused.diagnostics  # those that this process knows go on
        self._looked = now
        for name in (*changes.added, *changes.changed):
            self._waiting[name] = now
            self._ready.pop(name, None)
        for name in changes.removed:
            self._waiting.pop(name, None)
            self._ready.pop(name, None)
        return changes, ()

    def _keep_schedules(self, now: datetime, *, starting: bool) -> tuple[Diagnostic, ...]:
        for job, why in self.workers.overdue():
            self.log.say("overdue", why, connection=job.taken.connection)
        try:
            self._finished.extend(self.workers.ended())
            self.register.journal()
            while self._finished:
                self._see_end(*self._finished[0])
                self._finished.popleft()  # not earlier: the store may fail
            self._notify_of_folder(now)
            if starting:
                self._see_dues(now)
                self._start(now)
        except Refused as refused:
            self.register.close()
            return refused.diagnostics
        return ()

    def _notify_of_folder(self, now: datetime) -> None:
        """Notify of broken files if the folder has changed, or if the last notice is old."""
        files = tuple(self.folder.broken.values())
        if self._told is None or self._told[0] != files or now - self._told[1] >= REMIND:
            tell_of_folder(self.register.journal(), self.folder, now)
            self._told = (files, now)

    def _see_dues(self, now: datetime) -> None:
        self.register.know(self.folder.connections)
        for name, connection in self.folder.connections.items():
            known = name in self._ready or name in self.workers.names
            if not known and self._waiting.get(name, now) <= now and not self._had_its_turn(name):
                self._see_due(connection, now)

    def _see_due(self, connection: Connection, now: datetime) -> None:
        name, schedule = connection.name, connection.schedule
        if schedule is None:
            self._waiting[name] = NEVER
            return
        due = last_due(unspread(schedule) if self.once else schedule, name, now)
        asked = step(due, self.register.status(name))
        if asked is Step.TAKE_OVER:
            asked = step(due, self.register.asked(name))  # it may have ended meanwhile
        if asked is Step.REST and due is not None:
            self._notify_of_future(connection, due)
        if asked is Step.REST or due is None:
            self._busy.pop(name, None)
            following = next_due(schedule, name, now)
            self._waiting[name] = NEVER if following is None else following.at
        elif asked is Step.TAKE_OVER and self._is_anothers(name):
            self.log.say("left", "is run by another process", connection=name)
            self._look_again(name, now)
        else:
            self._ready[name] = due

    def _notify_of_future(self, connection: Connection, due: Due) -> None:
        """Report, once per due, that a record in the future prevents it."""
        name, now = connection.name, instant_text(self.place.now())
        status = self.register.status(name)
        if max(status.since, status.last.due if status.last else "") <= now:
            return
        run = self.register.future(name, due, connection.file)
        if run is None:
            return
        found = self.register.journal().run(run)
        for each in found.problems if found is not None else ():
            self.log.say("future", in_words(each), connection=name, code=each.code, run=run)
        self._notify(name, run, connection.file)
        self._note(RunEnded(name, instant_text(due.nominal), RunState.REFUSED.value, run))

    def _is_anothers(self, name: str) -> bool:
        """Return whether to leave a due to the process that claimed it a moment ago."""
        last = self.register.status(name).last
        first = name not in self._busy and not self.once
        return first and last is not None and may_live(last.by, self.register.by)

    def _start(self, now: datetime) -> None:
        by = self.register.by
        order = sorted(self._ready, key=lambda n: (self._turn(n, self._ready[n]), share(by, n)))
        for name in order:
            due = self._ready[name]
            if not self.workers.room or self._turn(name, due) > now:
                return
            del self._ready[name]
            file = self.folder.connections[name].file
            last = self.register.status(name).last
            if last is not None and last.ended is None and is_spent(last):
                self._give_up(last, file, "each process that started it died")
                continue
            if self.once or last is None or last.ended is not None:
                self._notify_of_interrupted(name, file)
            taken = self.register.take(name, due)
            if taken is not None:
                self._begin(Job(self.place, file, taken, is_late(due, now)), due, now)

    def _turn(self, name: str, due: Due) -> datetime:
        """Return when to claim a due.

        Among processes that share the store, each gets a head start for its share of the names:
        otherwise the one nearest to the store would claim everything.
        """
        if self.place.store is None or self.once:
            return due.at
        return due.at + LEAD * share(self.register.by, name)

    def _notify_of_interrupted(self, name: str, file: str) -> None:
        """Report a run that was killed, before it is settled."""
        left = self.register.left(name)
        if left is not None:
            self.log.say("interrupted", f"run {left.id} did not finish", connection=name)
            self._notify(name, left, file)

    def _begin(self, job: Job, due: Due, now: datetime) -> None:
        name = job.taken.connection
        if job.late:
            self.log.say("late", f"was due {due_text(due)}, and runs now", connection=name)
        try:
            self.workers.start(job)
        except OSError as error:
            why = error.strerror or type(error).__name__
            self.log.say("trouble", f"no process can be had: {why}", connection=name)
            self.register.give_back(job.taken)
            self._look_again(name, now)

    def _see_end(self, job: Job, report: Report) -> None:
        name, now = job.taken.connection, self.place.now()
        taken = self.register.found(job.taken)
        self._waiting[name] = now
        if taken.ended is not None:
            self._busy.pop(name, None)
            self._say_ended(job, taken, report)
        elif report.how in (How.BUSY, How.STOPPED):
            if name not in self._busy:
                self.log.say(report.how.value, "; ".join(report.said), connection=name)
            self.register.give_back(taken)
            self._look_again(name, now)
        else:
            self._died(job, taken, "; ".join(report.said))

    def _died(self, job: Job, taken: ClaimedDue, why: str) -> None:
        name = taken.connection
        self.register.free_leases(name)
        if is_spent(taken):
            self._give_up(taken, job.file, why)
            return
        if self.once:  # the time of the next try is unknown
            run = self.register.died(taken, job.file, _died(job.file, f"the run died: {why}"))
            self._notify(name, run, job.file)
        wait = pause(taken.starts)
        self._waiting[name] = self.place.now() + wait
        then = "" if self.once else f"; again in {int(wait.total_seconds())} s"
        self.log.say(How.DIED.value, why + then, connection=name, due=taken.due)
        self._note(RunEnded(name, taken.due, How.DIED.value, 0))

    def _give_up(self, taken: ClaimedDue, file: str, why: str) -> None:
        summary = f"the run died {taken.starts} times, and waits for the next due: {why}"
        run = self.register.give_up(taken, file, _died(file, summary))
        self._notify(taken.connection, run, file)
        self._note(RunEnded(taken.connection, taken.due, GIVEN_UP, run))
        self.log.say(GIVEN_UP, summary, connection=taken.connection, due=taken.due, run=run)

    def _notify(self, name: str, run: Run | int, file: str) -> None:
        """Queue the notices of a run, even if its connection's file is now gone or broken."""
        known = self.folder.connections.get(name)
        journal, now = self.register.journal(), self.place.now()
        if known is None:
            queue_for_run(PendingRun(file, name, file), run, journal, now)
        else:
            after_run(known, run, journal, now)

    def _say_ended(self, job: Job, taken: ClaimedDue, report: Report) -> None:
        self._note(RunEnded(taken.connection, taken.due, report.state, report.run))
        said = "".join(f"; {each}" for each in report.said)
        self.log.say(
            "run",
            f"{report.state}: {counted(report.counts, report.state)} (run {report.run}){said}",
            connection=taken.connection,
            state=report.state,
            counts=dict(report.counts),
            run=report.run,
            due=taken.due,
            late=job.late or None,
        )

    def _look_again(self, name: str, now: datetime) -> None:
        """Try a connection that another process runs again, after a growing pause."""
        self._busy[name] = self._busy.get(name, 0) + 1
        self._waiting[name] = now + min(BUSY * 2 ** min(self._busy[name] - 1, 10), LONGEST)

    def _had_its_turn(self, name: str) -> bool:
        """Return whether a connection is done when each is run once."""
        return self.once and (name in self._busy or name in self._turns)

    def _note(self, ended: RunEnded) -> None:
        if self.once:
            self.results.append(ended)
            self._turns.add(ended.connection)

    def _say_trouble(self, found: list[Diagnostic]) -> None:
        before, now = self.board.trouble, str(Refused(found)) if found else ""
        self.board.trouble = now  # a reader of the log may query the store at once
        self.board.problems = tuple(found)
        if now and now != before:
            self.log.refused("trouble", Refused(found))
        elif before and not now:
            self.log.say("recovered", "the store and the folder can be used again")

    def _show(self) -> None:
        named = self.folder.connections
        self.board.connections = len(named)
        self.board.by_hand = tuple(name for name, each in named.items() if each.schedule is None)
        self.board.next_due = {
            name: at for name, at in self._waiting.items() if name in named and at < NEVER
        }
        now = self.place.now()
        late = {name: due for name, due in self._ready.items() if is_late(due, now)}
        self.board.late = {name: (now - due.at).total_seconds() for name, due in late.items()}
        self.board.running = tuple(self.workers.names)
        self.board.broken = tuple(self.folder.broken)
        self.board.look()


def _died(file: str, summary: str) -> Diagnostic:
    help = f"see the machine's own log (memory?), and try `oneway sync {quote(file)}`"
    return Diagnostic(Span(file), Severity.ERROR, "F140", summary, help)
