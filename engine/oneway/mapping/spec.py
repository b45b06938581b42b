"""The mapping as written: one class for each definition of `schemas/mapping.schema.json`.

Nothing is resolved here: expressions are still text, names are still names, and each keeps
the place where an integrator wrote it.
"""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from enum import Enum

from oneway.core.compare import Compare, Comparison, comparable_item
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.records import Value
from oneway.core.schema_pattern import compiled


class Write(Enum):
    """When a field is written."""

    OVERWRITE = "overwrite"
    ON_CREATE = "on_create"
    IF_EMPTY = "if_empty"
    NEVER = "never"


class OnBlank(Enum):
    """The effect of a blank source value."""

    KEEP = "keep"
    CLEAR = "clear"
    INELIGIBLE = "ineligible"


class OnMiss(Enum):
    """The effect of a value that a reference table lacks, or has twice."""

    KEEP = "keep"
    CLEAR = "clear"
    INELIGIBLE = "ineligible"
    USE = "use"
    """Write a constant in place of a value that the table lacks."""
    LOOK_UP = "look_up"
    """Look up another key of the table in place of one that it lacks."""

    @property
    def falls_back(self) -> bool:
        """Whether something else is written for a value that the table lacks."""
        return self in (OnMiss.USE, OnMiss.LOOK_UP)


class Merge(Enum):
    """How a list is written: unchanged, or merged into the target's list."""

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
    """The outcome if the source says employed and the target says left."""

    REPORT = "report"
    REACTIVATE = "reactivate"
    IGNORE = "ignore"


class Absent(Enum):
    """The outcome of a target record that no source record matched."""

    IGNORE = "ignore"
    REPORT = "report"
    DEACTIVATE = "deactivate"


class Rekey(Enum):
    """The outcome if a linked source record has another match key than its target record."""

    REPORT = "report"
    WRITE = "write"


class Gone(Enum):
    """The outcome if the target record of a linked source record is gone."""

    REPORT = "report"
    CREATE = "create"


class OutOfScope(Enum):
    """The outcome of a matched record that is no longer in scope (`only`)."""

    IGNORE = "ignore"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class OwnedItems:
    """Which items of a list the sync owns: listed ones, or texts that match a pattern."""

    items: tuple[Value, ...] = ()
    pattern: str = ""
    compare: Comparison = Compare.EXACT

    def owns(self, item: Value) -> bool:
        """Return whether the sync may add and remove an item."""
        if self.pattern:
            return isinstance(item, str) and compiled(f"^(?:{self.pattern})$").found_in(item)
        return self.key(item) in map(self.key, self.items)

    def key(self, item: Value) -> Hashable:
        """Return an item in the form in which it is compared."""
        return comparable_item(item, self.compare)

    def owns_all(self, items: list[Value]) -> bool:
        """Return whether the sync owns every item."""
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
    """Updates that change everything that identifies a person."""
    SIDE_EFFECTS = "side_effects"
    """Target records that writes of earlier runs changed beyond what they sent."""
    TARGET_SHRINK = "target_shrink"
    """Target records that were matched at the last good run and are gone."""
    SOURCE_SHRINK = "source_shrink"
    """Source records that existed at the last good run and are gone."""
    KEYS_GONE = "keys_gone"
    """Keys that most records had at the last good run and most now lack."""
    VALUES_GONE = "values_gone"
    """Keys with a value in most of these records at the last good run, and in few of them now."""


class OnBreach(Enum):
    """What a guard that fires holds back: its own kind of action, or the whole plan."""

    HOLD = "hold"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the mapping and its place: an expression, or a name.

    Of an expression that uses named ones, `text` is what it means, with those written out,
    `written` how it stands in the file, and `names` are all the names it uses.
    """

    text: str
    span: Span
    written: str = ""
    names: frozenset[tuple[str, str]] = frozenset()

    @property
    def shown(self) -> str:
        """The text as it stands in the file."""
        return self.written or self.text


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of the mapping and its place."""

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
class NamedSpec:
    """A named expression (`let`); `span` is the place of its name."""

    name: str
    expression: Text
    span: Span


@dataclass(frozen=True, slots=True)
class CellSpec:
    """A cell of a table of rules: the values of its column that fit; `span` is the key's place."""

    column: str
    values: tuple[Constant, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TableRowSpec:
    """A row of a table of rules: its cells, and what it says where all of them fit."""

    cells: tuple[CellSpec, ...]
    then: Text | Constant
    span: Span


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table of rules (`choices`): the first row that fits says what `choose()` means."""

    name: str
    columns: tuple[NamedSpec, ...]
    rows: tuple[TableRowSpec, ...]
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
    """How to choose between several source records of one person.

    Records with the same `person` belong to one person. The one for which `current` holds counts,
    or else the one with the latest day in `latest_by`.
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
    label: Text | None = None
    """What names a row for people."""
    parent: Text | None = None
    """The key of the row that a row stands below, if they make a tree."""
    top: Text | None = None
    """Whether a row without a parent is a top of the tree on purpose."""
    says_value: bool = True
    """Whether a value was written: without one, it is the key."""


@dataclass(frozen=True, slots=True)
class MatchSpec:
    """A match key: a source record and a target record with equal values are one person."""

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
    fallback: Constant | None = None
    """What `on_miss` writes, or the key that it looks up, for a value that the table lacks."""
    write: Write = Write.OVERWRITE
    on_blank: OnBlank = OnBlank.KEEP
    compare: Comparison = Compare.EXACT
    sensitive: bool = False
    merge: Merge | None = None
    owned: OwnedItems = OwnedItems()
    written: frozenset[str] = frozenset()
    """The keys an integrator wrote, so that a key without effect can be reported."""

    @property
    def constants(self) -> tuple[Value, ...]:
        """The constants that are written as they are."""
        used = self.fallback if self.on_miss is OnMiss.USE else None
        given = (self.value, self.default, self.initial, used)
        return tuple(each.value for each in given if isinstance(each, Constant))


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

    @property
    def lists(self) -> Mapping[GuardKind, float]:
        """The share that each guard on the size of a list lets go."""
        return {
            GuardKind.TARGET_SHRINK: self.target_shrink,
            GuardKind.SOURCE_SHRINK: self.source_shrink,
            GuardKind.KEYS_GONE: self.keys_gone,
            GuardKind.VALUES_GONE: self.values_gone,
        }


class LintLevel(Enum):
    """The severity of a finding in one mapping; `OFF` hides it."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class LintSpec:
    """The severity of one rule's findings in a mapping, or in a part of it, and the reason.

    `start` and `end` are the starts of the part and of the next one: None for a missing part, or
    if nothing follows. Without `at`, it applies to the whole mapping.
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
class QuestionSpec:
    """A question about a mapping, and what answers it: `leavers`, `eligible.contractor`."""

    about: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class MappingSpec:
    """A mapping as written in `file`, whose bytes are `text`."""

    file: str
    text: bytes
    name: str
    title: str
    source: EndpointSpec
    target: EndpointSpec
    match: tuple[MatchSpec, ...]
    fields: tuple[FieldSpec, ...]
    one_per: OnePerSpec | None = None
    settings: tuple[SettingSpec, ...] = ()
    let: tuple[NamedSpec, ...] = ()
    choices: tuple[TableSpec, ...] = ()
    references: tuple[ReferenceSpec, ...] = ()
    only: tuple[RuleSpec, ...] = ()
    out_of_scope: OutOfScope = OutOfScope.IGNORE
    eligible: tuple[RuleSpec, ...] = ()
    together: tuple[tuple[Text, ...], ...] = ()
    """Groups of target fields that are written only together."""
    joiners: JoinersSpec = JoinersSpec()
    leavers: LeaversSpec | None = None
    rehires: Rehires = Rehires.REPORT
    reactivated: tuple[tuple[str, Constant], ...] = ()
    """The values of `leavers.set` fields in a reactivated record, if any."""
    absent: Absent = Absent.IGNORE
    absent_when: Text | None = None
    """On a target record: whether its absence counts; None if that of each does."""
    rekey: Rekey = Rekey.REPORT
    gone: Gone = Gone.REPORT
    guards: GuardsSpec = GuardsSpec()
    lint: tuple[LintSpec, ...] = ()
    label: Text | None = None
    time_zone: Text | None = None
    questions: tuple[QuestionSpec, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of its bytes."""
        from hashlib import sha256  # loads OpenSSL, which `validate` has no use for

        return sha256(self.text).hexdigest()

    def end_of(self, reference: ReferenceSpec) -> EndpointSpec:
        """Return what a lookup table is read from: its own endpoint, or a resource of a side."""
        if reference.endpoint is not None:
            return reference.endpoint
        side = self.source if reference.side == "source" else self.target
        return replace(side, resource=reference.resource)

    @property
    def unanswered(self) -> tuple[QuestionSpec, ...]:
        """The questions whose answer the mapping does not hold."""
        answers = {f"fields.{each.path}" for each in self.fields}
        if self.leavers is not None:
            answers.add("leavers")
        if self.eligible or self.only:
            answers |= {"eligible", "only"}
        answers |= {f"eligible.{each.id}" for each in (*self.eligible, *self.only)}
        return tuple(each for each in self.questions if each.about not in answers)
