"""A rate limit that holds over all workers."""

from collections import deque
from collections.abc import Callable
from threading import Lock


class Limiter:
    """Lets so many requests begin in any so many seconds; none while the system asks to wait.

    `clock` counts seconds from anywhere; `sleep` waits. Both are passed in, so that tests
    need not wait.
    """

    def __init__(
        self,
        limit: tuple[int, float] | None,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._seconds = limit[1] if limit else 0.0
        self._starts: deque[float] | None = deque(maxlen=limit[0]) if limit else None
        self._not_before = float("-inf")
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()

    def wait(self) -> None:
        """Return when the next request may begin; it counts as begun then."""
        while True:
            with self._lock:
                now = self._clock()
                start = self._earliest(now)
                if start <= now:
                    if self._starts is not None:
                        self._starts.append(now)
                    return
            # Nothing is reserved: whoever sleeps here asks again, for meanwhile the system
            # may have asked all of us to wait longer.
            self._sleep(start - now)

    def hold(self, seconds: float) -> None:
        """Let no worker begin a request for so long: the system asked for it."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)

    def _earliest(self, now: float) -> float:
        start = max(now, self._not_before)
        if self._starts is not None and len(self._starts) == self._starts.maxlen:
            start = max(start, self._starts[0] + self._seconds)
        return start
