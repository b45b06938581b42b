"""Writes the steps of a run as lines of JSON, each with its connection and run."""

import json
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from time import monotonic

from oneway.core.dataclass import dataclass
from oneway.core.instants import instant_text
from oneway.core.telemetry import Attribute, Watched

_WHOSE = ("connection", "run")
"""What each line says of its run, as far as known."""


@dataclass(frozen=True, slots=True)
class StepLog:
    """Writes a line for each step that ends; `write` is handed each with its line break."""

    write: Callable[[str], None]
    now: Callable[[], datetime]

    def begin(
        self, name: str, attributes: Mapping[str, Attribute], within: Watched | None
    ) -> "Logged":
        """Return a step whose line is written at its end."""
        outer = within if isinstance(within, Logged) else None
        return Logged(self, name, attributes, outer)


@dataclass(slots=True)
class Logged:
    """A step in progress."""

    log: StepLog
    name: str
    attributes: Mapping[str, Attribute]
    within: "Logged | None"
    began: float = field(default_factory=monotonic)

    def end(self, error: str) -> None:
        """Write the line."""
        whose: dict[str, Attribute] = {}
        outer = self.within
        while outer is not None:
            known = outer.attributes
            whose = {key: known[key] for key in _WHOSE if key in known} | whose
            outer = outer.within
        said = {
            "at": instant_text(self.log.now()),
            "event": self.name,
            **whose,
            **self.attributes,
            "seconds": round(monotonic() - self.began, 3),
        }
        if error:
            said["error"] = error
        self.log.write(json.dumps(said, sort_keys=True) + "\n")
