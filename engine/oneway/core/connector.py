"""The connector SPI: how a system is described, read and written.

Planning is handed a `Reader`, which can do nothing but read. Only `apply` is handed a
`Writer`; a connector that is a source has none to give.

Errors of reading and writing:

    ConnectorError
     ├─ ReadError            nothing usable was read
     └─ WriteError
         ├─ Rejected         the target refused this record; nothing was written
         ├─ NotSent          the write never reached the target; nothing was written
         ├─ Outdated         the target's version of the record is another; nothing was written
         └─ Unknown          the write may or may not have happened
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field
from enum import Enum
from pathlib import Path
from typing import Protocol, runtime_checkable

from oneway.core.connector_errors import (
    Blame,
    ConnectorError,
    NotSent,
    Outdated,
    ReadError,
    Rejected,
    Unknown,
    WriteError,
)
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic
from oneway.core.paths import ItemPath
from oneway.core.progress import Progress, silent
from oneway.core.records import Record, Snapshot, Value
from oneway.core.sealed import MASK

__all__ = [
    "LEAVES_WITHIN",
    "USUAL_LAG",
    "Access",
    "Assumption",
    "Blame",
    "Capability",
    "Choice",
    "Connector",
    "ConnectorError",
    "Description",
    "Field",
    "Finding",
    "FollowsJobs",
    "JobEnd",
    "JobState",
    "NotSent",
    "Option",
    "Outdated",
    "Probe",
    "Progress",
    "ReadError",
    "Reader",
    "Rejected",
    "Resource",
    "Secret",
    "ShowsCreated",
    "Suggesting",
    "Suggestion",
    "Unknown",
    "WriteError",
    "Writer",
    "about_to_leave",
    "asked_before_leaving",
    "lists_at_once",
    "reads_by_id",
    "silent",
]


class Capability(Enum):
    """An operation that a resource supports; the compiler checks it against the mapping's needs."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    LEAVE = "leave"
    GET = "get"
    REACTIVATE = "reactivate"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a resource's record schema, by its dotted path.

    `types` are JSON type names (string, number, integer, boolean, array, object, null); empty if
    the type is unknown. `unique` fields may be held by one record only, `computed` fields are set
    by the system alone, `required` fields must be given at create. With `absent_is_null`, a missing
    key means null; otherwise it says nothing. `clear` is what is sent to remove the value: null, or
    blank if the system ignores null.
    """

    path: str
    types: frozenset[str] = frozenset()
    format: str = ""
    min_length: int | None = None
    max_length: int | None = None
    pattern: str = ""
    enum: tuple[Value, ...] = ()
    unique: bool = False
    unique_ignores_case: bool = False
    computed: bool = False
    required: bool = False
    sensitive: bool = False
    absent_is_null: bool = False
    clear: Value = None
    description: str = ""


USUAL_LAG = 900.0
"""The default number of seconds for which a system may not show a new record."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of record that a system holds.

    `id` is the path of the system's own id of a record. With `open`, records may hold fields that
    are not listed, so an unknown field is not a mistake. `carries` names the fields that a request
    writes, if it does not write everything that it is given. `absent_is_null` and `clear` apply to
    every key without a field of its own. `concurrency` is how many records are requested at once,
    if each is read by itself.
    """

    name: str
    id: str
    fields: Mapping[str, Field]
    capabilities: frozenset[Capability]
    open: bool = False
    lag: float = USUAL_LAG
    """How many seconds lists and look-ups may take to show a new record."""
    carries: Mapping[Capability, frozenset[str]] = field(default_factory=dict)
    own_requests: frozenset[Capability] = frozenset()
    """The verbs with their own request, which may change more than it is sent."""
    flat: frozenset[Capability] = frozenset()
    """The writes that send a form, which has no place for an object."""
    absent_is_null: bool = False
    clear: Value = None
    concurrency: int = 1
    label: str = ""
    """The expression that names a record for people when a lookup finds it."""
    items: Mapping[ItemPath, Field] = field(default_factory=dict)
    """The fields of list items, and of the values in them."""
    made: Mapping[str, str] = field(default_factory=dict)
    """The keys that the manifest's own expressions make, and where it has the expression."""


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of a connector (an employer, a base URL) or, with `secret`, a credential.

    With `choices`, the system can list the possible values (`Connector.choices`) once it has
    credentials. With `values`, it is one of these; with `pattern`, it matches. It may be blank if
    the default is.
    """

    name: str
    description: str
    default: str | None = None
    secret: bool = False
    choices: bool = False
    values: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible value of an option, and its label."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """An unconfirmed assumption about a system, and how to check it."""

    about: str
    check: str


@dataclass(frozen=True, slots=True)
class Description:
    """What the compiler knows about a connector, without network and credentials.

    `kind` names the installed module that talks to the system; `body` is the manifest as plain
    data, for that module only. `vouched`: credentials may go where the manifest says, as it comes
    with an installed package or the connection names its file. `concurrency` is how many requests
    an apply may have in flight. `warnings` are for the manifest's owner.
    """

    name: str
    title: str
    kind: str
    resources: Mapping[str, Resource]
    options: tuple[Option, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    file: str = ""
    body: Mapping[str, Value] | None = None
    vouched: bool = False
    concurrency: int = 1
    warnings: tuple[Diagnostic, ...] = ()


class Secret:
    """A credential. Prints as `***`, however it is formatted.

    Only a connector opens it, and the code that stores a typed one. It cannot be copied, pickled or
    converted to JSON. Two secrets are never equal, so comparing them reveals nothing.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def open(self) -> str:
        """Return the credential itself, for the request that needs it."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not to be stored or copied")

    def __getstate__(self) -> object:
        raise TypeError("a secret is not to be stored or copied")


@dataclass(frozen=True, slots=True)
class Access:
    """What a connector needs to reach a system: its options and credentials, by name.

    `shared` is a private folder shared by all processes that reach systems from here; a connector
    that must coordinate with them (on a rate limit) keeps files there, without secrets. `whose`
    names the owner of the credentials, the same at each run.
    """

    options: Mapping[str, str]
    secrets: Mapping[str, Secret]
    shared: Path | None = None
    whose: str = ""


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

    `record` is the id of the created record, and `said` why the job failed, safe to show.
    """

    state: JobState
    record: str = ""
    said: str = ""


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
    """

    options: Mapping[str, str]
    columns: tuple[str, ...]
    odd: tuple[OddCell, ...] = ()
    either: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Suggesting(Protocol):
    """A connector that can inspect a resource and suggest options for it."""

    def suggest(self, resource: str) -> Suggestion:
        """Return the suggested options of a resource; raise `ReadError` if it cannot be read."""


def reads_by_id(reader: Reader) -> bool:
    """Return whether `get` requests a single record; a reader that cannot says `by_id = False`."""
    return bool(getattr(reader, "by_id", True))


def reads_all(reader: Reader) -> bool:
    """Return whether `get` reads all records, as for a file, so that a list costs no more.

    Such a reader says `reads_all = True`.
    """
    return bool(getattr(reader, "reads_all", False))


def lists_at_once(reader: Reader) -> bool:
    """Return whether one request gives the whole list, so that no record can move meanwhile.

    Such a reader says `lists_at_once = True`.
    """
    return reads_all(reader) or bool(getattr(reader, "lists_at_once", False))


def finds_by(reader: Reader, path: str) -> bool:
    """Return whether `find` requests fewer than all records, by the field at a path.

    A reader that lists all records for some fields names the others in `finds`.
    """
    paths = getattr(reader, "finds", None)
    return paths is None or path in paths


MOST_IN_FLIGHT = 32
"""The most requests that an apply may have in flight, whatever connectors declare."""

USUAL_IN_FLIGHT = 4
"""How many requests an apply may have in flight if a manifest does not say."""

USUAL_AT_ONCE = 4
"""How many records are requested at once, each by itself, if a manifest does not say."""


def in_flight(*parts: "Reader | Writer") -> int:
    """Return how many threads may use these readers and writers at once.

    Each declares its own number as `concurrency`; one that declares none is used by one thread.
    """
    return max(1, min(MOST_IN_FLIGHT, *(int(getattr(each, "concurrency", 1)) for each in parts)))


class NewFields(Enum):
    """What happens to a written field that no record has; see `new_fields`."""

    REFUSED = "refused"
    DOUBTED = "doubted"
    WANTED = "wanted"


def new_fields(reader: Reader) -> NewFields | None:
    """Return what happens to fields that no record has; None if the record schema decides.

    They are refused if records cannot have other fields, as in a table; doubted if a new field is
    possible but unusual; and wanted if an option asks for them.
    """
    found: NewFields | None = getattr(reader, "new_fields", None)
    return found


def made_ids(reader: Reader) -> tuple[str, ...]:
    """Return where a new record gets a number as its id if the mapping writes none there.

    Empty for a system that assigns ids and shows them once a record is created.
    """
    return tuple(getattr(reader, "made_ids", ()))


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


LEAVES_WITHIN = 30.0
"""A request leaves within this many seconds of `about_to_leave`, or never."""

_LEAVING: ContextVar[Callable[[], None] | None] = ContextVar("leaving", default=None)


@contextmanager
def asked_before_leaving(ask: Callable[[], None]) -> Iterator[None]:
    """Call `ask` before each request in the block; it raises if a request must not leave."""
    token = _LEAVING.set(ask)
    try:
        yield
    finally:
        _LEAVING.reset(token)


def about_to_leave() -> None:
    """Ask whether a request may leave; connectors call it right before they send one.

    It raises errors for `apply` that a connector must not catch: the run has lost its lease.
    """
    ask = _LEAVING.get()
    if ask is not None:
        ask()


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
