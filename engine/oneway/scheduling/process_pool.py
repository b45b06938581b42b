"""A bounded pool of processes, one for each run, forked from a process with its imports done.

A process that dies affects no other. Its death shows by its pipe, which nothing else closes.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from oneway.core.dataclass import dataclass
from oneway.scheduling.job import How, Job, Report
from oneway.scheduling.work import work

WARM = (__name__, "oneway.scheduling.preload")
"""Imported once, before the first run."""


@dataclass(frozen=True, slots=True)
class _Worker:
    job: Job
    process: BaseProcess
    pipe: Pipe
    until: float
    """Its deadline, by the machine's monotonic clock."""


class ProcessPool:
    """Runs up to a number of jobs at once; stops them, waits for them, and kills them by pid.

    A run that takes longer than `longest` is asked to stop, and killed if it does not.
    """

    def __init__(self, jobs: int, longest: timedelta) -> None:
        self.jobs = jobs
        self._longest = longest
        self._late: dict[int, float] = {}
        """When to kill each run that was asked to stop, by pid."""
        self._workers: list[_Worker] = []
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(WARM))

    @property
    def room(self) -> int:
        """How many more may be started now."""
        return self.jobs - len(self._workers)

    @property
    def names(self) -> Sequence[str]:
        """The connections that are being run."""
        return [each.job.taken.connection for each in self._workers]

    def start(self, job: Job) -> None:
        """Start a process for a job; raise `OSError` if the machine cannot."""
        ours, theirs = self._context.Pipe(duplex=False)
        try:
            process = self._context.Process(target=work, args=(job, theirs), name="oneway-run")
            process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        until = time.monotonic() + self._longest.total_seconds()
        self._workers.append(_Worker(job, process, ours, until))

    def wait(self, seconds: float, *others: int) -> None:
        """Wait until a process reports, a descriptor is ready, or time is up."""
        pipes: list[Pipe | int] = [each.pipe for each in self._workers]
        ends = [each.until - time.monotonic() for each in self._workers if not self._is_late(each)]
        wait([*pipes, *others], max(min([seconds, *ends]), 0))

    def ended(self) -> Iterator[tuple[Job, Report]]:
        """Yield the jobs that have ended since the last call, each with its report."""
        ready = wait([each.pipe for each in self._workers], 0) if self._workers else []
        for each in [each for each in self._workers if each.pipe in ready]:
            self._workers.remove(each)
            report = _report(each)
            if self._late.pop(each.process.pid or 0, None) is not None and report.how in _CUT_OFF:
                report = Report(How.DIED, said=(f"it took longer than {self._longest}",))
            yield each.job, report

    def overdue(self) -> Iterator[tuple[Job, str]]:
        """Ask overdue runs to stop, and yield each once, with the reason."""
        now = time.monotonic()
        for each in self._workers:
            pid = each.process.pid
            if pid is None or now < each.until:
                continue
            if pid not in self._late:
                self._late[pid] = now + _GRACE
                yield each.job, f"takes longer than {self._longest}, and is asked to stop"
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM if now < self._late[pid] else signal.SIGKILL)

    def _is_late(self, worker: _Worker) -> bool:
        return worker.process.pid in self._late

    def stop(self) -> None:
        """Ask all runs to stop, each after its write in flight."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill all runs at once; their next runs look up what was in flight."""
        self._signal(signal.SIGKILL)
        for each in self._workers:
            each.process.join(_PATIENCE)
        self._workers.clear()

    def _signal(self, number: signal.Signals) -> None:
        for each in self._workers:
            if each.process.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(each.process.pid, number)


def _report(worker: _Worker) -> Report:
    try:
        report = worker.pipe.recv()
    except (EOFError, OSError):
        report = None
    worker.pipe.close()
    worker.process.join(_PATIENCE)
    if isinstance(report, Report):
        return report
    return Report(How.DIED, said=(_why(worker.process.exitcode),))


def _why(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"its process was ended by {signal.Signals(-code).name}"
    return "its process ended without a word"


_CUT_OFF = (How.STOPPED, How.DIED)
_GRACE = 120.0
"""Seconds that a run has for its write in flight when it is asked to stop."""
_PATIENCE = 5.0
"""Seconds until a process that has closed its pipe is gone."""
