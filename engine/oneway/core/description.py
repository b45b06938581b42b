"""How a connector describes a system: its resources, their fields, and its options."""

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic
from oneway.core.paths import ItemPath
from oneway.core.records import Value


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


USUAL_IN_FLIGHT = 4
"""How many requests an apply may have in flight if a manifest does not say."""

USUAL_AT_ONCE = 4
"""How many records are requested at once, each by itself, if a manifest does not say."""
