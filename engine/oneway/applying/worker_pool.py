"""A pool of workers that do jobs in parallel, while one thread decides and journals.

A job only calls connectors. The thread that submits jobs also takes their results.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Condition, Thread
from typing import Generic, Protocol, TypeVar

from oneway.core.dataclass import dataclass

Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class Finished(Generic[Out]):
    """A finished job, with its result or its error."""

    key: str
    value: Out | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class PoolJob(Generic[Out]):
    """A job, under a key of its own; urgent ones go first."""

    key: str
    act: Callable[[], Out]
    urgent: bool = False

    def finished(self, *, caught: type[BaseException]) -> Finished[Out]:
        """Do it and return the result; an error that is not `caught` is raised."""
        try:
            return Finished(self.key, self.act())
        except caught as error:
            return Finished(self.key, error=error)


class WorkerPool(Protocol[Out]):
    """Does jobs. Only one thread calls these methods."""

    def do(self, job: PoolJob[Out]) -> None:
        """Take a job on."""

    def finished(self) -> list[Finished[Out]]:
        """Wait until a job has ended, and return all finished jobs."""

    def drop(self) -> list[str]:
        """Drop the jobs that are neither urgent nor started; return their keys."""

    def leave(self) -> None:
        """Start nothing more, and do not wait."""


def pool_of(size: int) -> WorkerPool[Out]:
    """Return a pool that does this many jobs at once; for one, the caller does them."""
    return SerialPool() if size == 1 else ThreadPool(size)


class SerialPool(Generic[Out]):
    """Does each job in the caller's thread, when asked for finished ones."""

    def __init__(self) -> None:
        self._jobs: list[PoolJob[Out]] = []

    def do(self, job: PoolJob[Out]) -> None:
        """See `WorkerPool`."""
        self._jobs.append(job)

    def finished(self) -> list[Finished[Out]]:
        """See `WorkerPool`."""
        self._jobs.sort(key=lambda job: not job.urgent)
        return [self._jobs.pop(0).finished(caught=Exception)]

    def drop(self) -> list[str]:
        """See `WorkerPool`."""
        dropped = [job.key for job in self._jobs if not job.urgent]
        self._jobs = [job for job in self._jobs if job.urgent]
        return dropped

    def leave(self) -> None:
        """See `WorkerPool`."""
        self._jobs.clear()


class ThreadPool(Generic[Out]):
    """Does jobs in threads, each started at first need.

    They are daemons: a thread that waits for a system does not keep the process alive.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._begun = 0
        self._idle = 0
        self._over = False
        self._urgent: list[PoolJob[Out]] = []
        self._jobs: list[PoolJob[Out]] = []
        self._changed = Condition()
        self._ended: SimpleQueue[Finished[Out]] = SimpleQueue()

    def do(self, job: PoolJob[Out]) -> None:
        """See `WorkerPool`."""
        with self._changed:
            (self._urgent if job.urgent else self._jobs).append(job)
            waiting = len(self._urgent) + len(self._jobs)
            if waiting > self._idle and self._begun < self._size:
                self._begin_thread()
            self._changed.notify()

    def finished(self) -> list[Finished[Out]]:
        """See `WorkerPool`."""
        found = [self._ended.get()]
        while True:
            try:
                found.append(self._ended.get_nowait())
            except Empty:
                return found

    def drop(self) -> list[str]:
        """See `WorkerPool`."""
        with self._changed:
            dropped = [job.key for job in self._jobs]
            self._jobs.clear()
        return dropped

    def leave(self) -> None:
        """See `WorkerPool`."""
        with self._changed:
            self._over = True
            self._urgent.clear()
            self._jobs.clear()
            self._changed.notify_all()

    def _begin_thread(self) -> None:
        name = f"oneway-apply-{self._begun + 1}"
        try:
            Thread(target=self._work, name=name, daemon=True).start()
            self._begun += 1
        except RuntimeError:  # the system gives no more threads: the existing ones do it
            if not self._begun:
                raise

    def _work(self) -> None:
        while (job := self._next()) is not None:
            self._ended.put(job.finished(caught=BaseException))

    def _next(self) -> PoolJob[Out] | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._over or self._urgent or self._jobs)
            self._idle -= 1
            if self._over:
                return None
            return (self._urgent or self._jobs).pop(0)
