"""Drives the loop: ticks, sleeps until the next event, and stops when asked to."""

from typing import Protocol

from oneway.core.dataclass import dataclass
from oneway.scheduling.loop import Loop
from oneway.scheduling.process_pool import ProcessPool


class Stop(Protocol):
    """How many times a stop was requested."""

    @property
    def asked(self) -> int:
        """The number of requests."""

    @property
    def waker(self) -> int:
        """A descriptor that becomes readable when a stop is requested."""

    def reset(self) -> None:
        """Reset the waker until the next request."""


@dataclass(frozen=True, slots=True)
class Runner:
    """A loop, its process pool, and the request to stop."""

    loop: Loop
    pool: ProcessPool
    stop: Stop

    def run(self) -> bool:
        """Drive the loop until it is asked to stop, or, if it runs once, until everything is done.

        Returns whether all runs ended by themselves. The process that takes over the dues of the
        others looks up what was in flight.
        """
        try:
            while not self.stop.asked:
                until = self.loop.tick()
                if self._is_done():
                    return True
                self._sleep((until - self.loop.place.now()).total_seconds())
            return self._stopped()
        finally:
            self.pool.kill()
            self.loop.register.close()

    def _is_done(self) -> bool:
        left = self.loop.board.trouble and not self.pool.names
        return self.loop.once and (self.loop.is_idle or bool(left))

    def _stopped(self) -> bool:
        """Let each run finish its write in flight and start no other."""
        running = len(self.pool.names)
        self.loop.log.say("stopping", f"{running} running; once more ends at once")
        self.pool.stop()
        while self.pool.names and self.stop.asked < _AT_ONCE:
            self._sleep(_PATIENCE)
            self.loop.tick(starting=False)
        return not self.pool.names

    def _sleep(self, seconds: float) -> None:
        self.pool.wait(seconds, self.stop.waker)
        self.stop.reset()


_AT_ONCE = 2
_PATIENCE = 5.0
"""Seconds between two checks of ending runs, which also wake the loop themselves."""
