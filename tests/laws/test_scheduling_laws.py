"""Who runs what is due: none twice, none left out, whoever is killed whenever.

Two schedulers over one store, with a clock that only goes on when it is told to. What their
processes do is pretended (a run takes as long as Hypothesis likes, and may die at any point);
the store, the loop and the end of a due are the real ones.
"""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select

from oneway.connections.connection import Connection, Schedule
from oneway.connections.schedule import last_due
from oneway.history.journal import Journal, RunStart, Why
from oneway.history.journal.schedule_claims import GIVEN_UP, schedule_statuses, unseen
from oneway.history.journal.tables import due
from oneway.history.schedule_policy import next_run
from oneway.runs.prepare.request import instant_text
from oneway.scheduling import loop as module
from oneway.scheduling import work
from oneway.scheduling.folder import FolderChanges
from oneway.scheduling.job import How, Job, Report, RunHost
from oneway.scheduling.log import EventLog
from oneway.scheduling.loop import Loop

BEGIN = datetime(2026, 10, 24, 12, tzinfo=UTC)
CONNECTIONS = {
    each.name: each
    for each in (
        Connection("acme", "acme.yaml", "m.yaml", schedule=Schedule("30 1 * * *", "Europe/London")),
        Connection("beta", "beta.yaml", "m.yaml", schedule=Schedule("*/7 * * * *")),
        Connection("gone", "gone.yaml", "m.yaml", schedule=None),
    )
}


@dataclass
class Clock:
    at: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Fixed:
    """A folder that is always the same."""

    connections: dict[str, Connection] = field(default_factory=lambda: dict(CONNECTIONS))
    broken: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)

    def look(self) -> FolderChanges:
        return FolderChanges()


@dataclass
class Pretended:
    """Processes that begin when they are started, and end when the test says so."""

    locks: dict[str, object]
    jobs: int = 2
    running: list[Job] = field(default_factory=list)
    said: list[tuple[Job, Report]] = field(default_factory=list)

    @property
    def room(self) -> int:
        return self.jobs - len(self.running)

    @property
    def names(self) -> list[str]:
        return [each.taken.connection for each in self.running]

    def start(self, job: Job) -> None:
        if job.taken.connection in self.locks:
            self.said.append((job, Report(How.BUSY)))
            self.running.append(job)
        else:
            self.locks[job.taken.connection] = job
            self.running.append(job)

    def ended(self) -> list[tuple[Job, Report]]:
        said, self.said = self.said, []
        for job, _ in said:
            self.running.remove(job)
        return said

    def overdue(self) -> list[tuple[Job, str]]:
        return []


def pretended_run(job: Job, journal: Journal, operator: Any) -> Any:
    """Write a run down as the engine does: begun, and ended."""
    now = instant_text(operator.now())
    start = RunStart("m", "d", "f", now, now, "me", job.taken.connection, why=Why.SCHEDULE)
    run = journal.begin(start)
    journal.finish(run, {"done": 1}, now)
    return journal.run(run)


class Schedulers(RuleBasedStateMachine):
    """Two schedulers, which are killed and begun again; runs, which end or die."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock()
        self.place = RunHost(self.folder, self.folder / "state", None, (), "me", self.clock)
        self.locks: dict[str, object] = {}
        self.orphans: list[Job] = []
        self.alive: set[str] = set()
        self.begun = 0
        self.loops: dict[int, Loop] = {}
        self.patches = [
            patch.object(module, "may_live", lambda by, ours: by in self.alive and by != ours),
            patch.object(work, "_run", pretended_run),
        ]
        for each in self.patches:
            each.start()
        self.serve(0)
        self.tick(0)  # from here on they are known

    def serve(self, which: int) -> None:
        self.begun += 1
        log = EventLog(lambda _: None, self.clock)
        loop = Loop(self.place, Fixed(), Pretended(self.locks), log)  # type: ignore[arg-type]
        loop.register.by = f"host {self.begun} {which}"
        self.alive.add(loop.register.by)
        self.loops[which] = loop

    @rule(which=st.sampled_from([0, 1]))
    def tick(self, which: int) -> None:
        if which not in self.loops:
            self.serve(which)
        loop = self.loops[which]
        told, before = self.told(), list(loop.workers.names)
        loop.tick()
        began = set(loop.workers.names) - set(before)
        assert began <= {name for name, at in told.items() if at is not None and at <= self.clock()}

    def told(self) -> dict[str, datetime | None]:
        """Return the instant at which `status` and the notices say that each connection runs."""
        with Journal.open(work.operator_of(self.place).state.journal) as journal:
            seen = schedule_statuses(journal)
            runs = {}
            for name, each in CONNECTIONS.items():
                known = seen.get(name) or unseen(journal, name, instant_text(self.clock()))
                found = each.schedule and next_run(each.schedule, name, known, self.clock())
                runs[name] = found.at if found else None
            return runs

    @rule(seconds=st.sampled_from([1, 30, 60, 300, 900, 3600, 5 * 3600, 26 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self.clock.at += timedelta(seconds=seconds)

    def going_on(self) -> list[tuple[Job, Pretended | None]]:
        owned = [
            (job, loop.workers)
            for loop in self.loops.values()
            for job in loop.workers.running  # type: ignore[attr-defined]
            if self.locks.get(job.taken.connection) is job
        ]
        return [*owned, *((job, None) for job in self.orphans)]

    @precondition(lambda self: self.going_on())
    @rule(data=st.data(), how=st.sampled_from(["ends", "ends", "dies", "dies at the end"]))
    def a_run(self, data: st.DataObject, how: str) -> None:
        job, workers = data.draw(st.sampled_from(self.going_on()))
        self.finish(job, workers, how)

    def finish(self, job: Job, workers: Pretended | None, how: str) -> None:
        operator = work.operator_of(self.place)
        with Journal.open(operator.state.journal) as journal:
            report = Report(How.DIED, said=("killed",))
            if how == "ends":
                report = work._due(job, journal, operator)
            elif (
                how == "dies at the end"
                and work.found(journal, job.taken.connection, job.taken.due).ended is None
                and work.run_of(journal, job.taken) is None
            ):
                pretended_run(job, journal, operator)
        del self.locks[job.taken.connection]
        if workers is None:
            self.orphans.remove(job)
        else:
            workers.said.append((job, report))

    @precondition(lambda self: self.loops)
    @rule(data=st.data(), with_its_runs=st.booleans())
    def a_scheduler_is_killed(self, data: st.DataObject, with_its_runs: bool) -> None:
        which = data.draw(st.sampled_from(sorted(self.loops)))
        loop = self.loops.pop(which)
        self.alive.discard(loop.register.by)
        loop.register.close()
        for job in loop.workers.running:  # type: ignore[attr-defined]
            if self.locks.get(job.taken.connection) is job:
                if with_its_runs:
                    del self.locks[job.taken.connection]
                else:
                    self.orphans.append(job)

    def teardown(self) -> None:
        if not hasattr(self, "place"):
            return
        try:
            self.at_last_all_is_run()
        finally:
            for loop in self.loops.values():
                loop.register.close()
            for each in self.patches:
                each.stop()
            shutil.rmtree(self.folder)

    def at_last_all_is_run(self) -> None:
        """In the end one scheduler goes on, and no run dies any more."""
        self.tick(0)
        for _ in range(60):
            for job, workers in self.going_on():
                self.finish(job, workers, "ends")
            self.tick(0)
            # Not so far that anything new is due: pauses have to pass.
            self.clock.at += timedelta(seconds=20)
        with Journal.open(work.operator_of(self.place).state.journal) as journal:
            self.none_is_left_out(journal)
            self.none_is_run_twice(journal)
        self.all_say_a_day_to_come()

    def all_say_a_day_to_come(self) -> None:
        """Once everything is run, nothing is said to wait, unless it has just come due."""
        earlier = self.clock() - timedelta(minutes=12)
        assert [name for name, at in self.told().items() if at and at <= earlier] == []

    def none_is_left_out(self, journal: Journal) -> None:
        known = schedule_statuses(journal)
        for name in ("acme", "beta"):
            latest = last_due(
                CONNECTIONS[name].schedule, name, self.clock.at - timedelta(minutes=12)
            )
            assert latest is not None
            nominal, last = instant_text(latest.nominal), known[name].last
            if nominal > known[name].since:
                assert last is not None
                assert last.due > nominal or (last.due == nominal and last.ended is not None)

    def none_is_run_twice(self, journal: Journal) -> None:
        """Every run is of a due, and no due has two."""
        rows = journal.rows(select(due).where(due.c.due != ""))
        ended = Counter(row.connection for row in rows if row.outcome.split()[0] == "done")
        runs = Counter(
            each.start.connection for each in journal.runs(limit=10_000) if not each.problems
        )
        unfinished = Counter(
            row.connection
            for row in rows
            if row.ended is None or row.outcome in ("passed over", GIVEN_UP)
        )
        for name in CONNECTIONS:
            # One that died at its very end, and was passed over before anybody saw it.
            assert ended[name] <= runs[name] <= ended[name] + unfinished[name]


TestSchedulers = Schedulers.TestCase
TestSchedulers.settings = settings(
    max_examples=settings().max_examples // 4,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
