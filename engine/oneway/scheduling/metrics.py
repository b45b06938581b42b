"""Metrics for Prometheus: run endings from the store, due runs from the loop.

A run counts once it has ended, in any process. Counting starts with the runs in the store when
this process starts.
"""

from collections import Counter as Numbers
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from threading import Lock

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from oneway import __version__
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused
from oneway.history.journal import Journal, Run, RunState
from oneway.history.journal.disconnected import disconnected_runs
from oneway.history.journal.incidents import open_by_kind, undelivered
from oneway.history.journal.schedule_claims import failing
from oneway.history.last_good import lists_leavers
from oneway.notices.weekly import not_syncing
from oneway.runs.prepare.request import parse_instant
from oneway.scheduling.health_state import HealthState

BUCKETS = (1, 10, 30, 60, 300, 900, 3600, 21600)
"""Seconds: the upper bounds of the histogram of durations."""
PAGE = 500
"""How many runs are read from the store at a time."""


def metrics(journal: Callable[[], Journal], board: HealthState) -> Callable[[], bytes]:
    """Return a function that gives the text of all metrics; `journal` gives an open store."""
    registry = CollectorRegistry()
    registry.register(_Metrics(journal, board))
    one = Lock()  # counting is not thread-safe

    def text() -> bytes:
        with one:
            return generate_latest(registry)

    return text


@dataclass(slots=True)
class _Last:
    """The last runs of a connection."""

    success: datetime | None = None
    whole: datetime | None = None
    interrupted: bool = False
    failed: int = 0
    planned: int = 0
    """The run whose plan says who does not sync."""
    unsynced: Mapping[str, int] = field(default_factory=dict)
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
    durations: dict[str, list[float]] = field(default_factory=dict)
    """How long runs took: the number up to each of `BUCKETS`, then of all, then total seconds."""
    newest: int = 0
    going_on: set[int] = field(default_factory=set)

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; without the store, those of the loop alone."""
        build = GaugeMetricFamily("oneway_build_info", "The version that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        yield from self._of_the_loop()
        try:
            journal = self.open_journal()
            self._count(journal)
            self._look_at_plans(journal)
            interrupted = self._interrupted(journal)
            failures = failing(journal)
            waiting = [each for each in undelivered(journal) if each.tries]
            told = open_by_kind(journal)
            ended = disconnected_runs(journal)
        except Refused:
            return  # oneway_up says so
        gone = {name for name, each in self.last.items() if each.run in ended}
        yield self._unscheduled(gone)
        yield from self._of_runs(gone)
        interrupted = {name: each for name, each in interrupted.items() if name not in gone}
        yield _by_name(
            "oneway_interrupted_runs", "1 where the last run did not finish.", interrupted
        )
        failures = {name: each for name, each in failures.items() if name not in gone}
        told = {key: each for key, each in told.items() if key[0] not in gone}
        named = (each.draft.connection for each in waiting)
        notices = Numbers(name for name in named if name not in gone)
        yield _by_name("oneway_undelivered_notices", "Notices that were tried in vain.", notices)
        yield _by_two("oneway_open_incidents", "What is wrong, by kind.", "kind", told)
        yield _by_name("oneway_failing_records", "Records that the target refuses.", failures)

    def _of_the_loop(self) -> Iterator[Metric]:
        board = self.board
        yield _one("oneway_up", "Whether the scheduler can do its work.", float(board.is_well))
        yield _one("oneway_connections", "Connections in the folder.", board.connections)
        yield _one("oneway_connections_broken", "Files with mistakes.", len(board.broken))
        yield _one("oneway_runs_running", "Runs that go on now.", len(board.running))
        due = {name: at.timestamp() for name, at in board.next_due.items()}
        yield _by_name(
            "oneway_late_due_seconds", "How long a due waits for its turn.", dict(board.late)
        )
        yield _by_name("oneway_next_due_timestamp_seconds", "When it runs next.", due)

    def _interrupted(self, journal: Journal) -> dict[str, int]:
        """Return the connections whose last run was interrupted, settled or not."""
        found = {name: int(each.interrupted) for name, each in self.last.items()}
        for id in self.going_on:
            run = journal.run(id)
            if run is not None and run.id >= self.last.get(run.start.connection, _Last()).run:
                found[run.start.connection] = int(run.state is RunState.INTERRUPTED)
        return found

    def _look_at_plans(self, journal: Journal) -> None:
        """Count the people who do not sync, once for each plan, as it may be large."""
        for last in self.last.values():
            if last.planned < last.run and (plan := journal.plan_of(last.run)):
                last.planned = last.run
                counts: Numbers[str] = Numbers()
                for each in not_syncing(plan):
                    counts[each["outcome"]] += each["records"]
                last.unsynced = counts

    def _unscheduled(self, gone: Collection[str]) -> Metric:
        by_hand = {name for name in self.last if " " in name or name in self.board.by_hand}
        return _by_name(
            "oneway_unscheduled",
            "1 where no schedule runs it: by hand, or disconnected.",
            dict.fromkeys((*by_hand, *gone), 1),
        )

    def _of_runs(self, gone: Collection[str]) -> Iterator[Metric]:
        yield _counter("oneway_runs", "Runs that ended, by state.", "state", self.states)
        durations = HistogramMetricFamily(
            "oneway_run_duration_seconds", "How long runs took.", labels=["connection"]
        )
        for name, (*counts, total, took) in sorted(self.durations.items()):
            buckets = [(str(float(le)), n) for le, n in zip(BUCKETS, counts, strict=True)]
            durations.add_metric([name], [*buckets, ("+Inf", total)], took)
        yield durations
        yield _counter("oneway_actions", "Actions, by how they ended.", "ending", self.endings)
        last = {name: each for name, each in self.last.items() if name not in gone}
        success = {n: each.success.timestamp() for n, each in last.items() if each.success}
        yield _by_name(
            "oneway_last_success_timestamp_seconds", "When the last good run ended.", success
        )
        whole = {n: each.whole.timestamp() for n, each in last.items() if each.whole}
        yield _by_name(
            "oneway_last_completed_timestamp_seconds",
            "When the last run that finished ended, whatever failed in it.",
            whole,
        )
        failed = {name: each.failed for name, each in last.items()}
        yield _by_name("oneway_failed_actions", "What was not done in the last run.", failed)
        unsynced = {
            (name, outcome): number
            for name, each in last.items()
            for outcome, number in each.unsynced.items()
        }
        yield _by_two(
            "oneway_unsynced_records", "Who does not sync, by outcome.", "outcome", unsynced
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
        """Return the runs that began or ended since the last call, oldest first."""
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
        if run.state.is_whole and ended is not None:
            last.whole = max(ended, last.whole or ended)
        if ended is not None and started is not None:
            self._took(name, max((ended - started).total_seconds(), 0))
        if run.id > last.run and ended is not None and started is not None:
            last.run, last.seconds = run.id, max((ended - started).total_seconds(), 0)
            last.held = run.counts.get("held", 0)
            last.failed = sum(run.counts.values()) - last.held - run.counts.get("done", 0)
            last.interrupted = run.state is RunState.INTERRUPTED
            if lists_leavers(run):
                last.still_in = len(run.still_in)

    def _took(self, name: str, seconds: float) -> None:
        found = self.durations.setdefault(name, [0.0] * (len(BUCKETS) + 2))
        for position, bound in enumerate(BUCKETS):
            found[position] += seconds <= bound
        found[-2] += 1
        found[-1] += seconds


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _by_name(name: str, about: str, values: dict[str, float] | dict[str, int]) -> Metric:
    found = GaugeMetricFamily(name, about, labels=["connection"])
    for connection, value in sorted(values.items()):
        found.add_metric([connection], value)
    return found


def _by_two(name: str, about: str, label: str, values: Mapping[tuple[str, str], int]) -> Metric:
    found = GaugeMetricFamily(name, about, labels=["connection", label])
    for (connection, word), value in sorted(values.items()):
        found.add_metric([connection, word], value)
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
