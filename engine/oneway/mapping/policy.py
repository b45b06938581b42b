"""What a compiled mapping says of every record alike: its fields, rules and match keys."""

from dataclasses import field
from functools import cached_property

from oneway.core.compare import Compare, Comparison, same
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span
from oneway.core.paths import overlap
from oneway.core.records import Missing, Value, as_written, is_blank
from oneway.core.redacted import CONSTANT, known_of, redacted_of
from oneway.core.sealed import MASK
from oneway.mapping.rows import Cell, CellState
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
    trims: bool = False
    """Whether the target drops the spaces around a text, so that it is written without them."""
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
