"""The compiled mapping, with every name resolved.

A `Program` turns a source record into a `SourceRow` and a target record into a `TargetRow`. The
planner sees nothing else of records. `oneway.mapping.interpreter` is the reference; a faster
program may replace it without other changes, as long as both agree on every record. Cells and rows
are named tuples, the fastest immutable objects to make; `short_rows` has shorter forms of them.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import field
from enum import Enum
from functools import cached_property
from typing import NamedTuple, Protocol, TypeAlias

from oneway.core.compare import Compare, Comparison, same
from oneway.core.dataclass import dataclass
from oneway.core.description import Capability
from oneway.core.diagnostics import Span
from oneway.core.paths import overlap
from oneway.core.records import Missing, Record, Value, as_written, is_blank
from oneway.core.redacted import CONSTANT, known_of, redacted_of
from oneway.core.sealed import MASK
from oneway.mapping.spec import (
    Absent,
    Category,
    Gone,
    GuardsSpec,
    Merge,
    OnBlank,
    OnMiss,
    OutOfScope,
    OwnedItems,
    Rehires,
    Rekey,
    Write,
)


class CellState(Enum):
    """What a source record says about one target field."""

    STATED = "stated"
    BLANK = "blank"
    UNSTATED = "unstated"
    """A key that the expression reads is absent from the record: the field is unstated."""
    INACTIVE = "inactive"
    """The field's `when` does not hold on this record."""
    MISSED = "missed"
    """The reference table does not have the value exactly once."""


STATED = CellState.STATED
"""The state of nearly all cells; a module constant is faster than a look-up in the enum."""


class Cell(NamedTuple):
    """One field of one row; `initial` replaces a missing value at create.

    `moving` says that the value depends on the day of the run, like `today()`. It is known only for
    the fields of `leavers.set`.
    """

    state: CellState
    value: Value = None
    initial: Value = None
    sought: Value = None
    """The key that was looked up, if the table is made of the target's own records."""
    moving: bool = False
    read: str = ""
    """What the expression read, if the record needs a value here and has none; never sensitive.

    If the value depends on keys that list items lack, it names those keys. If the cell states a
    list all the same, its items are certain: they are added, and nothing is removed.
    """
    unwritten: Value = None
    """What the record has, if `when` keeps it from being written: it tells who the person is.

    Never sensitive.
    """

    @property
    def telling(self) -> Value:
        """What tells who the person is: the value, written or not."""
        return self[1] if self[0] is STATED else self[6]


class LeftAnswer(Enum):
    """Whether a target record counts as left."""

    LEFT = "left"
    DUE = "due"
    """Not today, but it will by the dates in the record."""
    STAYS = "stays"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EvaluationFailure:
    """Why a record could not be evaluated; `place` is the expression's.

    `code` is "unsaid" if a key is absent from the record, else "failed". `value` is what the
    expression read or made, with its name; never sensitive.
    """

    text: str
    expression: str
    place: Span
    code: str = "failed"
    value: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """A value that a reference table holds `found` times, instead of once.

    `why` says in words that its row has no value, or cannot be read. `instead` is the fallback: the
    constant that is written, or the key that is looked up; "" without one.
    """

    reference: str
    value: str
    found: int
    field: str
    why: str = ""
    instead: str = ""


class RecordRank(NamedTuple):
    """What decides which of a person's records stands for the person.

    `person` is the same for all records of a person, in whatever form they name the person; None
    for a record that stands for itself.
    `latest` is a day. If any of the three is unknown, its failure says why.
    """

    person: Hashable = None
    current: bool = False
    latest: str = ""
    person_failure: EvaluationFailure | None = None
    current_failure: EvaluationFailure | None = None
    latest_failure: EvaluationFailure | None = None
    tied: bool = False
    """Whether another record might stand for the person too, so that a human must decide."""


class ImplausibleDay(NamedTuple):
    """What is implausible about a leave date.

    With `keeps_access`, the person has left and keeps access by it. With `none`, it may stand for
    "no date", so that the person does not leave.
    """

    text: str
    keeps_access: bool = False
    none: bool = False


class SourceRow(NamedTuple):
    """A source record, evaluated by a mapping.

    `keys` are the match keys in comparable form, None if blank, and `key_values` their values; both
    end early at a key that failed (`keys_known` is False then). `cells` and `leaving` are in the
    order of `Policy.fields` and `Policy.leaving`. `failed_rules` are the positions of the
    eligibility rules that do not hold; `not_given` names the absent keys that some of them depend
    on. If `evaluation_error` is set, only the keys, `key` and `label` are known, and what was
    evaluated before the error: whether this is a `leaver`, and then all of `leaving` or none of it.
    `unsaid` names the absent key that the first unknown match key depends on: unless an earlier key
    decides, the row is an error.
    """

    source_id: str
    key: str
    label: str
    keys: tuple[Hashable, ...]
    key_values: tuple[Value, ...] = ()
    leaver: bool = False
    outside: tuple[int, ...] = ()
    """The positions of the rules of `only` that put this person outside the scope of the sync."""
    failed_rules: tuple[int, ...] = ()
    cells: tuple[Cell, ...] = ()
    leaving: tuple[Cell, ...] = ()
    leaves_left: bool | None = None
    """Whether a target record with the values of `leaving` has left; None if unknown."""
    leaves_later: bool | None = None
    """Whether such a record is due to leave; None if unknown."""
    missed: tuple[Missed, ...] = ()
    evaluation_error: EvaluationFailure | None = None
    keys_known: bool = True
    not_given: tuple[tuple[int, str], ...] = ()
    unsaid: EvaluationFailure | None = None
    rank: RecordRank | None = None
    """Set if the source has several records of one person."""
    may_have_left: bool = False
    """Whether an error leaves open if the person has left; `leaver` is False then."""
    readable_keys: tuple[Hashable, ...] = ()
    """The match keys of an unreadable record, as far as they can be evaluated. They match no target
    record; they only show whose record this may be."""
    why: str = ""
    """For a leaver: what the condition read of the record, without sensitive values."""
    odd_day: ImplausibleDay | None = None
    """For a leaver with an implausible leave date: what is wrong with it."""


class TargetRow(NamedTuple):
    """A target record, as a mapping sees it.

    `values` and `leaving` are in the order of `Policy.fields` and `Policy.leaving`. MISSING stands
    for an absent key, None for null. `unsaid` is as in `SourceRow`.
    """

    target_id: str
    key: str
    keys: tuple[Hashable, ...]
    left: bool = False
    scheduled: bool = False
    values: tuple[Value | Missing, ...] = ()
    leaving: tuple[Value | Missing, ...] = ()
    evaluation_error: EvaluationFailure | None = None
    keys_known: bool = True
    unsaid: EvaluationFailure | None = None
    condition_values: tuple[Value | Missing, ...] = ()
    """The values at the paths of `Policy.condition_paths`."""
    readable_keys: tuple[Hashable, ...] = ()
    """As in `SourceRow`; None where a key is blank or lost."""

    @property
    def as_read(self) -> "TargetRow":
        """The same row with `readable_keys` as its keys, to find out whose record it may be."""
        return self._replace(keys=self.readable_keys) if self.readable_keys else self


@dataclass(frozen=True, slots=True)
class Rule:
    """An eligibility rule, as the planner sees it."""

    id: str
    otherwise: str
    categories: frozenset[Category]
    place: Span


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A field rule, as the planner sees it."""

    path: str
    keys: tuple[str, ...]
    expression: str
    place: Span
    write: Write = Write.OVERWRITE
    on_blank: OnBlank = OnBlank.KEEP
    on_miss: OnMiss = OnMiss.KEEP
    fallback: Value = None
    """The value written, or the key looked up, if the lookup misses (`OnMiss.falls_back`)."""
    compare: Comparison = Compare.EXACT
    sensitive: bool = False
    merge: Merge = Merge.REPLACE
    owned: OwnedItems = field(default_factory=OwnedItems)
    unique: bool = False
    unique_ignores_case: bool = False
    own_table: str = ""
    """The lookup table, if it is made of the target's own records."""
    written: frozenset[str] = frozenset()
    clear: Value = None
    """What is sent to clear the value; blank."""
    constants: tuple[Value, ...] = ()
    """The constants that the mapping gives to records, such as a default: nobody's own values."""
    reads_record: bool = True
    """Whether its value comes from the record, and not from settings alone."""
    by_run: bool = False
    """Whether the value may be made from the day of the run."""
    always_shown: bool = True
    """Whether a target record without the key holds nothing there, as in a file."""

    @property
    def as_it_is(self) -> bool:
        """Whether a stated value is written whenever the target holds another one."""
        exact = self.compare is Compare.EXACT and self.merge is Merge.REPLACE
        return exact and self.write is Write.OVERWRITE

    @property
    def on_miss_text(self) -> str:
        """What happens on a miss, in the words of the mapping; a sensitive constant is masked."""
        said = self.on_miss.value
        return f"{said} {self.fallback_text}" if self.on_miss.falls_back else said

    @property
    def fallback_text(self) -> str:
        """The fallback of a lookup that misses, as text; masked if sensitive."""
        return MASK if self.sensitive else as_written(self.fallback)

    def is_constant(self, value: Value) -> bool:
        """Return whether a value may come from the mapping, and so says nothing of a person."""
        if redacted_of(value) is not None:
            return CONSTANT in dict(known_of(value))
        return any(same(value, each) for each in self.constants)

    def tells(self, value: Value | Missing) -> bool:
        """Return whether a value may say who a person is: it is given, and theirs alone."""
        if isinstance(value, Missing) or is_blank(value) or not self.reads_record:
            return False
        return not (self.constants and self.is_constant(value))

    def refuses(self, state: CellState) -> bool:
        """Return whether a field in this state may make its record ineligible."""
        if self.misses(state):
            return self.on_miss is OnMiss.INELIGIBLE
        blank = state in (CellState.BLANK, CellState.UNSTATED)
        return blank and self.on_blank is OnBlank.INELIGIBLE

    def misses(self, state: CellState) -> bool:
        """Return whether the lookup missed, or may have and must not."""
        unsure = state is CellState.UNSTATED and self.on_miss is OnMiss.INELIGIBLE
        return state is CellState.MISSED or unsure

    def clears(self, cell: "Cell") -> bool:
        """Return whether a cell clears the target's value."""
        if cell.state is CellState.BLANK:
            return self.on_blank is OnBlank.CLEAR
        return cell.state is CellState.MISSED and self.on_miss is OnMiss.CLEAR


@dataclass(frozen=True, slots=True)
class LeftCondition:
    """The condition `leavers.left`, as messages show it.

    `compared` are the constants that it compares with, each with its type.
    """

    text: str
    place: Span
    compared: tuple[str, ...] = ()
    tells_due: bool = False
    """Whether it says as of later days who is due to leave, as there is no `leavers.scheduled`."""


@dataclass(frozen=True)  # without slots, for cached properties
class Policy:
    """The parts of a mapping that are the same for every record."""

    name: str
    match: tuple[Compare, ...]
    match_paths: tuple[str, ...]
    """The target field of each match key, or "" if its expression is more than a path."""
    key_shown: tuple[bool, ...]
    """Whether each key's value may be shown: a sensitive one never names a person."""
    carried: tuple[bool, ...]
    """Whether a new record holds each key's value, and so is matched from then on."""
    only: tuple[Rule, ...]
    """The scope of the sync."""
    out_of_scope: OutOfScope
    rules: tuple[Rule, ...]
    fields: tuple[FieldRule, ...]
    leaving: tuple[FieldRule, ...]
    reactivating: tuple[tuple[int, Value], ...]
    """Positions in `leaving`, with the value that a reactivated record gets if it is not blank."""
    returning: tuple[FieldRule, ...]
    """`leaving`, with the expression and place of each value of a reactivated record."""
    create: bool
    unless_taken: tuple[int, ...]
    """Positions in `fields`."""
    together: tuple[tuple[int, ...], ...]
    """Groups of positions in `fields` that are written only together."""
    required: tuple[str, ...]
    """The fields that the target requires at create."""
    has_leavers: bool
    telling: tuple[int, ...]
    """The positions in `leaving` of the fields that `leavers.left` reads."""
    condition_paths: tuple[tuple[str, ...], ...]
    """The other paths that `leavers.left` and `leavers.scheduled` read."""
    left: "LeftCondition | None"
    """The condition `leavers.left`; None without one."""
    rehires: Rehires
    absent: Absent
    absent_place: Span | None
    """The place of the condition on whose absence counts; None if everyone's does."""
    absent_when: str
    """The text of that condition; "" without one."""
    guards: GuardsSpec
    rekey: Rekey = Rekey.REPORT
    gone: Gone = Gone.REPORT
    identifying: tuple[int, ...] = ()
    """The positions in `fields` of the fields that identify people, besides the match keys."""
    one_per: bool = False
    """Whether the source has several records of one person."""

    @cached_property
    def watched(self) -> tuple[int, ...]:
        """The positions in `fields` of unique fields."""
        unique = {i for i, rule in enumerate(self.fields) if rule.unique}
        return tuple(sorted(unique | set(self.unless_taken)))

    @cached_property
    def exclusive(self) -> tuple[int, ...]:
        """The positions of identifying fields whose value only one record may hold."""
        return tuple(i for i in self.identifying if i in self.unless_taken)

    @cached_property
    def naming(self) -> tuple[int, ...]:
        """The positions of identifying fields that several people may share, such as names."""
        return tuple(i for i in self.identifying if i not in self.watched)

    @cached_property
    def claimed_paths(self) -> frozenset[str]:
        """The paths of the fields whose values must be free when a record is created."""
        return frozenset(self.fields[i].path for i in self.unless_taken)

    @cached_property
    def together_paths(self) -> frozenset[str]:
        """The paths of the fields that are written only together with others."""
        return frozenset(self.fields[i].path for group in self.together for i in group)

    @property
    def outsiders_leave(self) -> bool:
        """Whether people outside the scope of the sync lose their access."""
        return self.out_of_scope is OutOfScope.LEAVE

    @cached_property
    def identifying_paths(self) -> frozenset[str]:
        """The paths of the fields that identify people."""
        return frozenset(self.fields[i].path for i in self.identifying)

    @cached_property
    def merges(self) -> bool:
        """Whether any field keeps items of the target's list."""
        return any(rule.merge is not Merge.REPLACE for rule in self.fields)

    def requires(self, path: str) -> bool:
        """Return whether the target requires a field, or a part of it, of a new record."""
        return any(overlap(path, each) for each in self.required)

    @cached_property
    def awaits(self) -> bool:
        """Whether any field may refer to a record that the plan itself makes."""
        return any(rule.own_table for rule in self.fields)

    @cached_property
    def reports(self) -> bool:
        """Whether any field is never written, and only reported if it differs."""
        return any(rule.write is Write.NEVER for rule in self.fields)


@dataclass(frozen=True, slots=True)
class OwnTable:
    """A lookup table of the target's own records, as they are before the run.

    `entry` returns the key and value of a record's row, None if it has none. `reads` are the fields
    that these are made of; empty if the mapping does not write all of them.
    """

    name: str
    id: tuple[str, ...]
    reads: frozenset[str]
    rows: Mapping[Hashable, tuple[Value, ...]]
    complete: bool
    entry: Callable[[Mapping[str, Value]], "tuple[Hashable, Value] | None"]


Written: TypeAlias = tuple[tuple[str, ...], Value | Missing]
"""A path of a target record and the value written there; MISSING if not known yet."""


class Program(Protocol):
    """A compiled mapping, bound to its settings, its instant and its reference tables."""

    @property
    def policy(self) -> Policy:
        """The parts of the mapping that are the same for every record."""

    def source_row(self, record: Record) -> SourceRow:
        """Return the source row of a record; never raises."""

    def target_row(self, record: Record) -> TargetRow:
        """Return the target row of a record; never raises."""

    def left_with(
        self, target: TargetRow, written: Sequence[Written], by: Capability
    ) -> LeftAnswer:
        """Return whether a target record has left once these values are written; never raises.

        `by` says whether a leave or a return writes them. Without values, the answer is about the
        record as it is.
        """

    def absence_counts(self, target: TargetRow) -> bool | None:
        """Return whether a record may be deactivated as absent, by the mapping; None if unknown."""

    def departed(self) -> tuple[Cell, ...]:
        """Return the values for a target record without a source record.

        Empty if they depend on a source record.
        """

    def own_tables(self) -> Mapping[str, OwnTable]:
        """Return the lookup tables that are made of the target's own records, by name."""
