"""A rate limit for all workers of a process and, with a shared folder, for all processes.

A system counts a request at some moment between its beginning and its response, which a client
cannot know. So here a request counts from its beginning until that many seconds after its response
arrived. Then no window of that length at the system contains more than the limit, however long
requests travel and in whatever order they arrive:

    Suppose there were N + 1 requests in a window that begins at w. Let b be the moment when the
    last of them began, so b < w + seconds. Each of the other N had begun before b, and the system
    counted it at w or later, so its response came after w > b - seconds. So it still counted at b,
    and with N requests counting, the last one would not have begun.

The cost is speed if responses are slow: N requests in (seconds + the time of a response).
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Protocol

from oneway.core.dataclass import dataclass

Limit = tuple[int, float]
"""At most this many requests in this many seconds."""

MARGIN = 1.001
"""How much longer our seconds are than the system's: a clock that is being adjusted runs up to
0.05 % slow or fast, on either side (adjtime's 500 ppm)."""


@dataclass(frozen=True, slots=True)
class Later:
    """No request may begin now; ask again at this instant."""

    at: float


class Pace(Protocol):
    """The requests that count, by one clock, in seconds."""

    def begin(self, now: float) -> int | Later:
        """Count one more request and return its number, or say when to ask again."""

    def end(self, number: int, now: float, /) -> None:
        """Record that a request was answered, or given up."""

    def hold(self, now: float, seconds: float) -> None:
        """Let no request begin for this many seconds."""

    def close(self) -> None:
        """Release the storage."""


class OwnPace:
    """The pace of one process, across its threads. Its requests need no numbers."""

    def __init__(self, limit: Limit | None) -> None:
        self._requests, self._seconds = limit or (0, 0.0)
        self._ends: deque[float] = deque(maxlen=self._requests)
        self._open = 0
        self._not_before = float("-inf")
        self._lock = Lock()

    def begin(self, now: float) -> int | Later:
        """See `Pace`."""
        with self._lock:
            at = max(self._not_before, self._free(now))
            if at > now:
                return Later(at)
            self._open += 1
            return 0

    def count(self) -> None:
        """Count one more request, which another pace has allowed."""
        with self._lock:
            self._open += 1

    def end(self, _: int, now: float) -> None:
        """See `Pace`."""
        with self._lock:
            self._open -= 1
            self._ends.append(now)

    def hold(self, now: float, seconds: float) -> None:
        """See `Pace`."""
        with self._lock:
            self._not_before = max(self._not_before, now + seconds)

    def close(self) -> None:
        """Do nothing, as there is nothing to release."""

    def _free(self, now: float) -> float:
        if not self._requests:
            return now
        free = self._requests - self._open
        if free <= 0:
            # One of them is answered now at the earliest, and then still counts for a while.
            return rested(now, self._seconds)
        return now if len(self._ends) < free else rested(self._ends[-free], self._seconds)


def rested(end: float, seconds: float) -> float:
    """Return when a request that was answered at `end` no longer counts."""
    return end + seconds * MARGIN


class Limiter:
    """Allows a number of requests in any period; none while the system asks to wait.

    `clock` counts seconds from an arbitrary start; `sleep` waits. Tests replace both.
    """

    def __init__(
        self, pace: Pace, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._pace = pace
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until one more request may begin; the block sends it and gets its answer."""
        number = self._begun()
        try:
            yield
        finally:
            self._pace.end(number, self._clock())

    def hold(self, seconds: float) -> None:
        """Begin no request for this many seconds, as the system asked."""
        self._pace.hold(self._clock(), seconds)

    def close(self) -> None:
        """Release the storage of the pace."""
        self._pace.close()

    def _begun(self) -> int:
        while True:
            now = self._clock()
            came = self._pace.begin(now)
            if not isinstance(came, Later):
                return came
            # Nothing is reserved: after sleeping, ask again, because the system may have asked
            # for a longer wait meanwhile.
            self._sleep(came.at - now)
