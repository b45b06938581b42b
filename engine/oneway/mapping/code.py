"""A compiled mapping: its policy, and the expressions that compute each part of a row."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import field
from typing import TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.description import Capability
from oneway.core.records import Value
from oneway.mapping.expressions import PLAIN, Expression, Reading
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.spec import Constant
from oneway.mapping.values_read import Secrets

Check: TypeAlias = Callable[[Value], str]
"""Returns what is wrong with a non-blank value, or ""; the message never shows the value."""


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression and, where a record schema declares one, the check of its value."""

    expression: Expression
    check: Check | None = None


@dataclass(frozen=True, slots=True)
class FieldCode:
    """How one field's cell is computed; `constant` is set if there is no `source`."""

    rule: FieldRule
    source: Typed | None = None
    constant: Value = None
    default: Expression | Constant | None = None
    initial: Expression | Constant | None = None
    when: Expression | None = None
    lookup: str | None = None
    check: Check | None = None

    @property
    def tells_if_unwritten(self) -> bool:
        """Whether the record's value tells who a person is even if `when` does not hold."""
        return self.when is not None and self.shown

    @property
    def shown(self) -> bool:
        """Whether its value is the record's own and may be shown."""
        return not self.rule.sensitive and self.lookup is None and self.source is not None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The expressions that compute the field's cell."""
        source = self.source and self.source.expression
        found = (source, self.default, self.initial, self.when)
        return tuple(each for each in found if isinstance(each, Expression))


@dataclass(frozen=True, slots=True)
class ReferenceCode:
    """How a lookup table is read from the records of a reference."""

    name: str
    key: Expression
    value: Expression
    own: tuple[str, ...] = ()
    """The target field that holds a record's id, if the table is made of the target's own records.
    """
    label: Expression | None = None
    """What names a row for people, by the mapping or else by the manifest."""
    says_label: bool = False
    """Whether the mapping has a label for the rows."""
    parent: Expression | None = None
    """The key of the parent row, if the rows make a tree."""
    top: Expression | None = None
    """Whether a row without a parent is meant to be a top of the tree."""
    secret: frozenset[str] = frozenset()
    """Which of "key", "value", "label", "parent" and "top" read something sensitive."""

    @property
    def read(self) -> tuple[Expression, ...]:
        """The expressions that make the table's content; not the label, which is for people."""
        found = (self.key, self.value, self.parent, self.top)
        return tuple(each for each in found if each is not None)


@dataclass(frozen=True, slots=True)
class OnePerCode:
    """How to choose between several source records of a person."""

    person: Expression
    latest_by: Expression
    current: Expression | None = None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All expressions, as they are written."""
        found = (self.person, self.current, self.latest_by)
        return tuple(each for each in found if each is not None)


@dataclass(frozen=True, slots=True)
class MappingCode:
    """A compiled mapping before it is bound: the policy, and the expressions that it needs."""

    policy: Policy
    match_source: tuple[Typed, ...]
    match_target: tuple[Expression, ...]
    rules: tuple[Expression, ...]
    fields: tuple[FieldCode, ...]
    only: tuple[Expression, ...] = ()
    leaver: Expression | None = None
    leaving: tuple[FieldCode, ...] = ()
    left: Expression | None = None
    scheduled: Expression | None = None
    absent_when: Expression | None = None
    label: Expression | None = None
    references: tuple[ReferenceCode, ...] = ()
    one_per: OnePerCode | None = None
    target_reading: Reading = PLAIN
    """How an absent key of a target record is read."""
    unsure: Mapping[Capability, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    """The paths of `Policy.condition_paths` that may change when a record leaves or comes back."""
    secrets: Secrets = field(default_factory=Secrets)
    made: Mapping[str, str] = field(default_factory=dict)
    """The keys of source records that the manifest's own expressions make, and which do."""
    marked: frozenset[tuple[str, ...]] = frozenset()
    """The sensitive keys of source records; everything that reads one is sensitive."""
    words: Mapping[tuple[str, ...], frozenset[Hashable]] = field(default_factory=dict)
    """The identities of the words listed in the source's record schema, by path."""

    @property
    def target_conditions(self) -> tuple[tuple[str, Expression], ...]:
        """The conditions on target records, each with its place in the mapping."""
        asked = (
            ("leavers.left", self.left),
            ("leavers.scheduled", self.scheduled),
            ("absent.deactivate.when", self.absent_when),
        )
        return tuple((reader, each) for reader, each in asked if each is not None)

    @property
    def open_tables(self) -> frozenset[str]:
        """The references whose lookup tables hold nothing sensitive."""
        closed = {each.lookup for each in (*self.fields, *self.leaving) if each.rule.sensitive}
        closed |= {each.name for each in self.references if each.secret - {"label"}}
        return frozenset(each.name for each in self.references) - closed
