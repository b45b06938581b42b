"""How many further tries all requests of a run may have together."""

from threading import Lock


class Budget:
    """Lets tries again be a share of all requests, and no more; a first few are always free.

    Where many requests fail, trying each of them again makes of a system that is slow one that
    is down, and of a run that fails one that fails after hours.
    """

    def __init__(self, share: float, floor: int) -> None:
        self._share = share
        self._floor = floor
        self._requests = 0
        self._spent = 0
        self._lock = Lock()

    def count(self) -> None:
        """One request begins."""
        with self._lock:
            self._requests += 1

    def spend(self) -> bool:
        """Return whether one more try is within the budget, and count it if so."""
        with self._lock:
            within = self._spent < max(self._floor, self._share * self._requests)
            self._spent += within
            return within
