"""What the process of a run is given, and what it reports at its end."""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from enum import Enum
from pathlib import Path

from oneway.core.dataclass import dataclass
from oneway.history.journal.schedule_claims import ClaimedDue
from oneway.runs.telemetry.watchers import Watching


@dataclass(frozen=True, slots=True)
class RunHost:
    """The surroundings that all runs share.

    `folder` is the working folder; `folders` are searched for manifests; `now` is the clock, a
    function that another process can import by name. `watching` says where a run's steps are
    logged and traced.
    """

    folder: Path
    state: Path
    store: str | None = field(repr=False)  # a URL, with a password in it
    folders: tuple[Path, ...]
    user: str
    now: Callable[[], datetime]
    watching: Watching = field(default_factory=Watching)


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one connection, for a due that this process has claimed."""

    place: RunHost
    file: str
    taken: ClaimedDue
    late: bool


def due_lock(name: str) -> str:
    """Return the name of the lock under which the dues of a connection are run."""
    return f"due {name}"


class How(Enum):
    """How a run's process ended."""

    ENDED = "ended"
    """The due has ended; the run's state says how."""
    BUSY = "busy"
    """Another run of the connection holds its lock."""
    STOPPED = "stopped"
    """It was asked to stop; the process that takes over the due resumes the run."""
    STORE = "store"
    """The store could not be used."""
    DIED = "died"
    """It ended without a report, or by a bug of this program."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run's process reports at its end, in words without values.

    `state` is the word of a `RunState`, `run` the run's id, and `said` why it is incomplete.
    """

    how: How
    state: str = ""
    run: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    said: tuple[str, ...] = ()
