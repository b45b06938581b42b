"""Several writes in flight without threads: a pool whose order is drawn, the same at each run.

At most so many jobs are taken at a time, in whatever order the dice say, and the engine is told
of some of them together: as threads may do it, but so that a failure can be repeated. (Threads
themselves are tried over real sockets, and killed, in `crash/real` and `unit/test_worker_pool`.)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

from oneway.applying import flight
from oneway.applying.worker_pool import Finished, SerialPool


class Scripted(SerialPool[Any]):
    """Does some of the jobs that so many threads could have begun, in the order of the dice."""

    def __init__(self, size: int, dice: Random) -> None:
        super().__init__()
        self._size, self._dice = size, dice

    def finished(self) -> list[Finished[Any]]:
        """Do at least one."""
        self._jobs.sort(key=lambda job: not job.urgent)
        begun = self._jobs[: self._size]
        chosen = self._dice.sample(begun, self._dice.randint(1, len(begun)))
        found = []
        for job in chosen:
            self._jobs.remove(job)
            found.append(job.finished(caught=Exception))
        return found


@contextmanager
def scripted(dice: Random) -> Iterator[None]:
    """Let every apply of a block that has several writes in flight go by dice."""

    def pool_of(size: int) -> SerialPool[Any]:
        return SerialPool() if size == 1 else Scripted(size, dice)

    with patch.object(flight, "pool_of", pool_of):
        yield
