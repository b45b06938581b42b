"""Limits the retries of all requests of a run together."""

from collections.abc import Callable
from threading import Lock

from oneway_connectors.rest.errors import Cause, NoAnswer
from oneway_connectors.rest.model import Limits


class RetryBudget:
    """Limits retries to a share of all requests; the first few are always allowed.

    If many requests fail, retrying all of them turns a slow system into one that is down, and a
    failing run into one that fails after hours.
    """

    def __init__(self, share: float, floor: int) -> None:
        self._share = share
        self._floor = floor
        self._requests = 0
        self._spent = 0
        self._lock = Lock()

    def count(self) -> None:
        """Count a request."""
        with self._lock:
            self._requests += 1

    def spend(self) -> bool:
        """Return whether another retry is within the budget, and count it if so."""
        with self._lock:
            within = self._spent < max(self._floor, self._share * self._requests)
            self._spent += within
            return within


class OneRead:
    """The limits that all requests of one read share: seconds, and bytes of responses."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._until = clock() + limits.read_seconds
        self._bytes = 0
        self._lock = Lock()

    def take(self, size: int) -> None:
        """Count a response's bytes; raise `NoAnswer` if the read takes too long or is too large."""
        with self._lock:
            self._bytes += size
        if self._clock() > self._until:
            text = f"reading takes longer than {self._limits.read_seconds:g} seconds in all"
            raise NoAnswer(Cause.TOO_MUCH, text, sent=False)
        if self._bytes > self._limits.read_bytes:
            text = f"reading takes more than {self._limits.read_bytes:,} bytes in all"
            raise NoAnswer(Cause.TOO_MUCH, text, sent=False)
