"""The circuit breaker: decides when to give up on a system for the rest of a run.

It does not close again. A run is short; what it leaves is planned anew by the next one, which
begins with patience. `Blame` says what an error speaks against.
"""

from oneway.core.connector import Blame

GIVE_UP = 5
"""So many actions in a row that end by the system's fault. Each has its tries behind it."""


class CircuitBreaker:
    """Lost where a system seems to be down, or refuses the credentials; `why` says which."""

    def __init__(self, most: int = GIVE_UP) -> None:
        self._most = most
        self._row = 0
        self.lost = False
        self.why = ""

    def met(self, blame: Blame | None, summary: str = "") -> None:
        """Record how an action ended; None means that the system answered."""
        self._row = self._row + 1 if blame is Blame.SYSTEM else 0
        if blame is Blame.ACCESS or self._row >= self._most:
            self.lost = True
            times = "" if blame is Blame.ACCESS else f"{self._row} times in a row, at last: "
            self.why = f"{times}{summary}"
