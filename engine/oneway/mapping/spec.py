"""The mapping as written: one class for each definition of `schemas/mapping.schema.json`.

Nothing is resolved here: expressions are still text, names are still names, and each keeps
the place where an integrator wrote it.
"""

from dataclasses import dataclass
from enum import Enum

from oneway.core.diagnostics import Span
from oneway.core.records import Compare, Value, identity
from oneway.core.schema_pattern import compiled


class Write(Enum):
    """When a field is written."""

    OVERWRITE = "overwrite"
    ON_CREATE = "on_create"
    IF_EMPTY = "if_empty"
    NEVER = "never"


class OnBlank(Enum):
    """What a blank source value does."""

    KEEP = "keep"
    CLEAR = "clear"
    INELIGIBLE = "ineligible"


class OnMiss(Enum):
    """What a value that a reference table does not hold, or holds twice, does."""

    KEEP = "keep"
    CLEAR = "clear"
    INELIGIBLE = "ineligible"


class Merge(Enum):
    """How a list is written: as it is, or merged into what the target holds."""

    REPLACE = "replace"
    ADD = "add"
    OWN = "own"
    """The items that the sync owns are those of the source; all others stay."""


class Category(Enum):
    """The people an eligibility rule applies to."""

    JOINERS = "joiners"
    MOVERS = "movers"
    LEAVERS = "leavers"


class Rehires(Enum):
    """What happens where the source says employed and the target says left."""

    REPORT = "report"
    REACTIVATE = "reactivate"
    IGNORE = "ignore"


class Absent(Enum):
    """What happens to a target record that no source record matched."""

    IGNORE = "ignore"
    REPORT = "report"
    DEACTIVATE = "deactivate"


class Rekey(Enum):
    """What happens where a linked source record has another match key than its target record."""

    REPORT = "report"
    WRITE = "write"


class Gone(Enum):
    """What happens where the target record of a linked source record is gone."""

    REPORT = "report"
    CREATE = "create"


class OutOfScope(Enum):
    """What happens to a matched record that is no longer in scope (`only`)."""

    IGNORE = "ignore"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class OwnedItems:
    """Which items of a list a sync owns: those that are listed, or texts that match a pattern."""

    items: tuple[Value, ...] = ()
    pattern: str = ""

    def owns(self, item: Value) -> bool:
        """Return whether an item is the sync's to add and to take away."""
        if self.pattern:
            return isinstance(item, str) and compiled(f"^(?:{self.pattern})$").found_in(item)
        return identity(item) in map(identity, self.items)

    def owns_all(self, items: list[Value]) -> bool:
        """Return whether every item is the sync's."""
        return all(map(self.owns, items))


class GuardKind(Enum):
    """What a guard counts."""

    CREATES = "creates"
    UPDATES = "updates"
    LEAVERS = "leavers"
    CLEARS = "clears"
    FIELD_CHANGES = "field_changes"
    REACTIVATIONS = "reactivations"
    IDENTITIES = "identities"
    """Updates after which nothing that tells people apart is as it was."""
    TARGET_SHRINK = "target_shrink"
    """Matched target records that there were at the last good run and are no more."""
    SOURCE_SHRINK = "source_shrink"
    """Records that the source had at the last good run and has no more."""
    KEYS_GONE = "keys_gone"
    """Keys that most records had at the last good run and most have no more."""
    VALUES_GONE = "values_gone"
    """Keys with a value in most of these records at the last good run, and blank in most by now."""


class OnBreach(Enum):
    """What a guard that fires holds back: its own kind of action, or the whole plan."""

    HOLD = "hold"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text from the mapping and where it stands: an expression, or a name."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant from the mapping and where it stands."""

    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """A switch that a connection or `--set` sets; `type` is boolean, string, number or integer."""

    name: str
    type: str
    default: Value
    description: str
    span: Span


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """A resource of a connector; `options` are the connector's own (never secrets).

    `record` is the record schema of a file, as data, and `absent` whether a key that is absent
    from the file's records is null; None if the mapping does not say.
    """

    connector: Text
    resource: Text
    options: tuple[tuple[str, Constant], ...] = ()
    record: Constant | None = None
    absent: Constant | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """A key that is equal for endpoints that name the same records."""
        options = tuple(sorted((name, repr(each.value)) for name, each in self.options))
        return (self.connector.text, self.resource.text, options)


@dataclass(frozen=True, slots=True)
class OnePerSpec:
    """Which of several source records of one person stands for that person.

    Records with the same `person` are one person's. The one for which `current` holds stands for
    them, or else the one with the latest day in `latest_by`.
    """

    person: Text
    latest_by: Text
    current: Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class ReferenceSpec:
    """A lookup table; `side` is "source" or "target", or None if `endpoint` is given."""

    name: str
    side: str | None
    endpoint: EndpointSpec | None
    resource: Text
    key: Text
    value: Text
    span: Span


@dataclass(frozen=True, slots=True)
class MatchSpec:
    """A match key: a source record and a target record whose values are the same are one person."""

    source: Text
    target: Text
    compare: Compare
    span: Span


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """An eligibility rule; `categories` are the people it applies to."""

    id: str
    when: Text
    otherwise: str
    categories: frozenset[Category]
    span: Span


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field rule: where a target field's value comes from and when it is written.

    Exactly one of `source` (`from:`) and `value` is given. `default` and `initial` are a
    constant or an expression. `write`, `on_blank` and `on_miss` are what was written or the
    default; `key_span` is the place of the target path.
    """

    path: str
    key_span: Span
    span: Span
    source: Text | None = None
    value: Constant | None = None
    default: Text | Constant | None = None
    initial: Text | Constant | None = None
    when: Text | None = None
    lookup: Text | None = None
    on_miss: OnMiss = OnMiss.KEEP
    write: Write = Write.OVERWRITE
    on_blank: OnBlank = OnBlank.KEEP
    compare: Compare = Compare.EXACT
    sensitive: bool = False
    merge: Merge | None = None
    owned: OwnedItems = OwnedItems()
    written: frozenset[str] = frozenset()
    """The keys an integrator wrote, so that a key without effect can be reported."""


@dataclass(frozen=True, slots=True)
class JoinersSpec:
    """Whether joiners are created, and the target fields whose values must be free."""

    create: bool = True
    unless_taken: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class LeaversSpec:
    """Who leaves, what is written for them, and how a target record says that it has left."""

    when: Text
    set: tuple[FieldSpec, ...]
    left: Text | None
    scheduled: Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class LimitSpec:
    """A guard's limit: more than max(floor, ceil(share x managed)) blocks; share is 0 to 1."""

    share: float
    floor: int
    span: Span


@dataclass(frozen=True, slots=True)
class GuardsSpec:
    """The limits an integrator wrote, by kind; kinds left out keep their defaults."""

    limits: tuple[tuple[GuardKind, LimitSpec], ...] = ()
    on_breach: OnBreach = OnBreach.HOLD
    source_shrink: float = 0.2
    target_shrink: float = 0.2
    keys_gone: float = 0.5
    values_gone: float = 0.5


class LintLevel(Enum):
    """How much a finding matters in one mapping; `OFF` is not said."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class LintSpec:
    """How much one rule's findings matter in a mapping, or in one part of it, and why.

    `start` and `end` are where the part begins and where the next one does: None of a part
    that is not there, and where nothing follows. Without `at` it is the whole mapping.
    """

    code: str
    severity: LintLevel
    because: str
    span: Span
    at: str = ""
    start: Span | None = None
    end: Span | None = None

    def covers(self, code: str, place: Span) -> bool:
        """Return whether it applies to a finding."""
        if code != self.code or not self.at:
            return code == self.code
        here = (place.line, place.column)
        if self.start is None or here < (self.start.line, self.start.column):
            return False
        return self.end is None or here < (self.end.line, self.end.column)


@dataclass(frozen=True, slots=True)
class MappingSpec:
    """A mapping as written in `file`; `digest` is the SHA-256 of its bytes."""

    file: str
    digest: str
    name: str
    title: str
    source: EndpointSpec
    target: EndpointSpec
    match: tuple[MatchSpec, ...]
    fields: tuple[FieldSpec, ...]
    one_per: OnePerSpec | None = None
    settings: tuple[SettingSpec, ...] = ()
    references: tuple[ReferenceSpec, ...] = ()
    only: tuple[RuleSpec, ...] = ()
    out_of_scope: OutOfScope = OutOfScope.IGNORE
    eligible: tuple[RuleSpec, ...] = ()
    joiners: JoinersSpec = JoinersSpec()
    leavers: LeaversSpec | None = None
    rehires: Rehires = Rehires.REPORT
    reactivated: tuple[tuple[str, Constant], ...] = ()
    """What fields of `leavers.set` hold once a record is reactivated, where not nothing."""
    absent: Absent = Absent.IGNORE
    rekey: Rekey = Rekey.REPORT
    gone: Gone = Gone.REPORT
    guards: GuardsSpec = GuardsSpec()
    lint: tuple[LintSpec, ...] = ()
    label: Text | None = None
    time_zone: Text | None = None
