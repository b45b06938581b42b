"""What Prometheus is told: runs and their endings from the store, what is due from the loop.

A run is counted once it has ended, in whichever process. Counts begin with what the store has when
this process starts.
"""

from collections import Counter as Numbers
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from oneway import __version__
from oneway.core.diagnostics import Refused
from oneway.history.journal import Journal, Run, RunState
from oneway.history.journal.schedule_claims import failing
from oneway.runs import parse_instant
from oneway.scheduling.health_state import HealthState

PAGE = 500
"""Runs that are read from the store at a time."""


def metrics(journal: Callable[[], Journal], board: HealthState) -> Callable[[], bytes]:
    """Return what gives the text of all metrics; `journal` gives an open store."""
    registry = CollectorRegistry()
    registry.register(_Metrics(journal, board))
    one = Lock()  # counting is not for two at once

    def text() -> bytes:
        with one:
            return generate_latest(registry)

    return text


@dataclass(slots=True)
class _Last:
    """The last runs of a connection."""

    success: datetime | None = None
    seconds: float = 0.0
    held: int = 0
    still_in: int = 0
    run: int = 0


@dataclass(slots=True, eq=False)
class _Metrics(Collector):
    """Counts runs as they end, each once."""

    open_journal: Callable[[], Journal]
    board: HealthState
    states: Numbers[tuple[str, str]] = field(default_factory=Numbers)
    endings: Numbers[tuple[str, str]] = field(default_factory=Numbers)
    last: dict[str, _Last] = field(default_factory=dict)
    newest: int = 0
    going_on: set[int] = field(default_factory=set)

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; without the store, what the loop knows."""
        build = GaugeMetricFamily("oneway_build_info", "The version that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        yield from self._of_the_loop()
        try:
            journal = self.open_journal()
            self._count(journal)
            failures = failing(journal)
        except Refused:
            return  # oneway_up says so
        yield from self._of_runs()
        yield _by_name("oneway_failing_records", "Records that the target refuses.", failures)

    def _of_the_loop(self) -> Iterator[Metric]:
        board = self.board
        yield _one("oneway_up", "Whether the scheduler can do its work.", float(board.is_well))
        yield _one("oneway_connections", "Connections in the folder.", board.connections)
        yield _one("oneway_connections_broken", "Files that cannot be read.", len(board.broken))
        yield _one("oneway_runs_running", "Runs that go on now.", len(board.running))
        due = {name: at.timestamp() for name, at in board.next_due.items()}
        yield _by_name("oneway_next_due_timestamp_seconds", "When it runs next.", due)

    def _of_runs(self) -> Iterator[Metric]:
        yield _counter("oneway_runs", "Runs that ended, by state.", "state", self.states)
        yield _counter("oneway_actions", "Actions, by how they ended.", "ending", self.endings)
        last = self.last
        success = {n: each.success.timestamp() for n, each in last.items() if each.success}
        yield _by_name(
            "oneway_last_success_timestamp_seconds", "When the last good run ended.", success
        )
        seconds = {name: each.seconds for name, each in last.items()}
        yield _by_name("oneway_last_run_duration_seconds", "How long the last run took.", seconds)
        still_in = {name: each.still_in for name, each in last.items()}
        yield _by_name(
            "oneway_leavers_with_access",
            "People who have left and could still get in when the last run ended.",
            still_in,
        )
        held = {name: each.held for name, each in last.items()}
        yield _by_name("oneway_held_actions", "What guards held back in the last run.", held)

    def _count(self, journal: Journal) -> None:
        for run in self._new(journal):
            if run.ended is None:
                self.going_on.add(run.id)
            else:
                self._add(run)

    def _new(self, journal: Journal) -> list[Run]:
        """Return the runs that have ended or begun since the last time, oldest first."""
        found = [each for id in self.going_on if (each := journal.run(id)) is not None]
        self.going_on.clear()
        before: int | None = None
        newest = self.newest
        while page := journal.runs(limit=PAGE, before=before):
            fresh = [each for each in page if each.id > newest]
            found += fresh
            before = page[-1].id
            if len(fresh) < len(page):
                break
        self.newest = max([newest, *(each.id for each in found)])
        return sorted(found, key=lambda each: each.id)

    def _add(self, run: Run) -> None:
        name = run.start.connection
        self.states[name, run.state.value] += 1
        for ending, number in run.counts.items():
            self.endings[name, ending] += number
        last = self.last.setdefault(name, _Last())
        ended, started = _instant(run.ended), _instant(run.start.started)
        if run.state is RunState.DONE and ended is not None:
            last.success = max(ended, last.success or ended)
        if run.id > last.run and ended is not None and started is not None:
            last.run, last.seconds = run.id, max((ended - started).total_seconds(), 0)
            last.held = run.counts.get("held", 0)
            if run.knows_access:
                last.still_in = len(run.still_in)


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _by_name(name: str, about: str, values: dict[str, float] | dict[str, int]) -> Metric:
    found = GaugeMetricFamily(name, about, labels=["connection"])
    for connection, value in sorted(values.items()):
        found.add_metric([connection], value)
    return found


def _counter(name: str, about: str, label: str, values: Numbers[tuple[str, str]]) -> Metric:
    found = CounterMetricFamily(name, about, labels=["connection", label])
    for (connection, word), value in sorted(values.items()):
        found.add_metric([connection, word], value)
    return found


def _instant(text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_instant(text)
    except ValueError:
        return None
