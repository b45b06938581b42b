"""The scheduler's own state, for /healthz and /metrics; only the loop writes it."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from time import monotonic

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic

FRESH = 60.0
"""Seconds since the last scan within which a loop counts as working."""


@dataclass(slots=True)
class HealthState:
    """The state at the loop's last scan. Each value is replaced whole, so that reads are safe."""

    looked: float = field(default_factory=monotonic)
    trouble: str = ""
    """Why the store or the folder could not be used, in words; "" if they can."""
    problems: tuple[Diagnostic, ...] = ()
    """The same, as diagnostics."""
    connections: int = 0
    next_due: Mapping[str, datetime] = field(default_factory=dict)
    """When each connection with a schedule runs next."""
    late: Mapping[str, float] = field(default_factory=dict)
    """How many seconds each due that should have begun has been waiting for its turn."""
    running: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    """The connections without a schedule."""
    broken: tuple[str, ...] = ()
    """Files of connections that cannot be read."""

    def look(self) -> None:
        """Record that the loop has scanned."""
        self.looked = monotonic()

    @property
    def is_well(self) -> bool:
        """Whether the loop scanned recently, and could use what it needs."""
        return not self.trouble and monotonic() - self.looked < FRESH

    def as_json(self) -> Mapping[str, object]:
        """Return the answer of /healthz."""
        return {
            "status": "ok" if self.is_well else "failing",
            "looked_seconds_ago": round(monotonic() - self.looked, 1),
            "trouble": self.trouble,
            "connections": self.connections,
            "running": list(self.running),
            "broken": list(self.broken),
        }
