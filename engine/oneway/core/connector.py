"""The connector SPI: how a system is read and written.

Planning is handed a `Reader`, which can do nothing but read. Only `apply` is handed a
`Writer`; a connector that is a source has none to give. `oneway.core.description` says how a
connector describes its system, `oneway.core.access` what it is opened with,
`oneway.core.abilities` what a reader or writer may declare, `oneway.core.connector_errors` what
it may raise.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from typing import Protocol, runtime_checkable

from oneway.core.dataclass import dataclass
from oneway.core.progress import Progress, silent
from oneway.core.records import Record, Snapshot, Value


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible value of an option, and its label."""

    value: str
    label: str


class JobState(Enum):
    """The state of an asynchronous job in a system."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    GONE = "gone"
    """The system knows no such job, or no longer: it has ended."""


REFUSED_BY_JOB = "accepted, and refused by its job"
"""The end of a write whose job has failed; the system's own reason follows."""


@dataclass(frozen=True, slots=True)
class JobEnd:
    """The state of a job as the system reports it.

    `record` is the id of the created record, and `said` why the job failed, or the status of a job
    that has not ended, safe to show.
    """

    state: JobState
    record: str = ""
    said: str = ""

    @property
    def unlisted(self) -> str:
        """The status of a job that has not ended, in brackets, or ""."""
        if self.state is not JobState.RUNNING or not self.said:
            return ""
        return f" (its job says '{self.said}', in the manifest neither under `done` nor `failed`)"


class Reader(Protocol):
    """Reads a resource; planning gets nothing that can do more. All methods raise `ReadError`."""

    def read(self, progress: Progress = silent) -> Snapshot:
        """Return every record in scope; `complete=False` if any may be missing."""

    def get(self, id: str) -> Record | None:
        """Return the record with an id as it is now, or None if it does not exist."""

    def find(self, path: str, value: Value) -> tuple[Record, ...]:
        """Return at least the records whose field at `path` is `value`, as they are now.

        There may be others (systems ignore filters); the caller checks each record.
        """


@dataclass(frozen=True, slots=True)
class OddCell:
    """A cell that differs from all others of its column; `like` describes those in words."""

    line: int
    column: str
    value: str
    like: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The options that a resource seems to need, and the paths of its fields, in order.

    `odd` are the cells whose rows become errors under these options. `either` has the columns of
    days that can be read in two ways, such as `1/2/2026`, with the pattern of the other way.
    `unread` are the other sheets of a workbook, and `alike` those of them with the same headings.
    """

    options: Mapping[str, str]
    columns: tuple[str, ...]
    odd: tuple[OddCell, ...] = ()
    either: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


@runtime_checkable
class Suggesting(Protocol):
    """A connector that can inspect a resource and suggest options for it."""

    def suggest(self, resource: str) -> Suggestion:
        """Return the suggested options of a resource; raise `ReadError` if it cannot be read."""


class Writer(Protocol):
    """Writes to a target; only `apply` gets one. All methods raise `WriteError`.

    Values are nested objects with only what is to be written. `token` is the same for each try of
    an action, for systems that support idempotency keys.

    A writer that several threads may call at once says how many, as `concurrency` (`in_flight`).
    One that holds writes until a `flush` is called by one thread.
    """

    @property
    def batch(self) -> int:
        """How many writes may wait for one `flush`: 1 if each is durable by itself."""

    def create(self, values: Mapping[str, Value], token: str) -> str:
        """Create a record and return its id."""

    def update(self, id: str, values: Mapping[str, Value], token: str) -> Record | None:
        """Write only the given fields of a record; null clears a field.

        Returns what `leave` does.
        """

    def leave(self, id: str, values: Mapping[str, Value], token: str) -> Record | None:
        """Make a record leave in the system's own way.

        Returns the record as the system's answer shows it, or None if the answer is empty. Any
        other answer does not confirm the leave: it raises `Unknown`, with `accepted`.
        """

    def reactivate(self, id: str, values: Mapping[str, Value], token: str) -> Record | None:
        """Bring a record back in the system's own way, or else by an update.

        Returns what `leave` does.
        """

    def flush(self) -> None:
        """Make every write so far durable (a file is rewritten); until then, none is confirmed."""


@runtime_checkable
class ShowsCreated(Protocol):
    """A writer whose system may answer a create with the record."""

    def created(self, id: str) -> Record | None:
        """Return the record as the answer to its create showed it; None if it did not, or twice."""


@runtime_checkable
class FollowsJobs(Protocol):
    """A writer whose system reports on creates that it accepted but has not carried out yet."""

    def job_end(self, job: str, values: Mapping[str, Value] | None = None) -> JobEnd:
        """Return the state of a job; raise `ReadError` if the system cannot be asked.

        `values` are those that were sent: the reason of a failure does not quote any of them.
        Without `values`, there is no reason.
        """


class Finding(Enum):
    """The result of a probe of a connection."""

    OK = "ok"
    FAILED = "failed"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Probe:
    """One check of a system by `oneway check`, and its result."""

    what: str
    finding: Finding
    detail: str = ""


class Connector(Protocol):
    """A configured system. Opening one makes no request; `close` ends its connections."""

    def reader(self, resource: str) -> Reader:
        """Return a reader of a resource."""

    def writer(self, resource: str) -> Writer:
        """Return a writer of a resource; raise `WriteError` if it cannot be written."""

    def probe(self) -> tuple[Probe, ...]:
        """Return what the credentials permit, by read-only requests."""

    def choices(self, option: str) -> tuple[Choice, ...]:
        """Return the possible values of an option, in the system's order; raise `ReadError`.

        Called only if `Option.choices` is set, perhaps on a connector that was opened without that
        option. Empty if the credentials may not see any.
        """

    def close(self) -> None:
        """End all connections."""
