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
from oneway.applying.worker_pool import Finished, PoolJob, SerialPool


class Scripted(SerialPool[Any]):
    """Does some of the jobs that so many threads could have begun, in the order of the dice."""

    def __init__(self, size: int, dice: Random) -> None:
        super().__init__()
        self._size, self._dice = size, dice
        self._begun: list[PoolJob[Any]] = []
        self._found: list[Finished[Any]] = []

    def finished(self) -> list[Finished[Any]]:
        """Do at least one."""
        self._jobs.sort(key=lambda job: not job.urgent)
        begun = self._jobs[: self._size]
        chosen = self._dice.sample(begun, self._dice.randint(1, len(begun)))
        for job in chosen:
            self._jobs.remove(job)
        self._begun, self._found = chosen, []
        self.meanwhile()
        return self._found

    def meanwhile(self) -> None:
        """Do the other jobs that have begun: called within one, before that has its answer."""
        while self._begun:
            job = self._begun.pop(0)
            self._found.append(job.finished(caught=Exception))


@contextmanager
def scripted(dice: Random) -> Iterator[list[Scripted]]:
    """Let every apply of a block that has several writes in flight go by dice; yield the pools."""
    pools: list[Scripted] = []

    def pool_of(size: int) -> SerialPool[Any]:
        if size == 1:
            return SerialPool()
        pools.append(Scripted(size, dice))
        return pools[-1]

    with patch.object(flight, "pool_of", pool_of):
        yield pools
