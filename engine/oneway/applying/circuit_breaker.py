"""The circuit breaker: decides when to give up on a system for the rest of a run.

It does not close again: a run is short, and the next one plans what it leaves. `Blame` says what
an error counts against.
"""

from oneway.core.connector_errors import Blame

GIVE_UP = 5
"""How many actions in a row may fail by the system's fault, each after several tries."""


class CircuitBreaker:
    """Open once a system seems to be down, or refuses the credentials; `why` says which."""

    def __init__(self, most: int = GIVE_UP) -> None:
        self._most = most
        self.row = 0
        """How many actions have ended by the system's fault since it last answered."""
        self.lost = False
        self.why = ""

    def met(self, blame: Blame | None, summary: str = "") -> None:
        """Record how an action ended; None means that the system answered."""
        self.row = self.row + 1 if blame is Blame.SYSTEM else 0
        if blame is Blame.ACCESS or self.row >= self._most:
            self.lost = True
            times = "" if blame is Blame.ACCESS else f"{self.row} times in a row, at last: "
            self.why = self.why or f"{times}{summary}"  # the first: actions in flight fail later
