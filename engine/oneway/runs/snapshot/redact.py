"""Redacts rows so that they still give the same plan.

A redacted value still shows whether it equals the value of the matched record. For match keys and
unique values, it also shows which other values of the snapshot it equals, by a number without any
other meaning. Its keyed digest stays if the plan has it.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any

from oneway.core.compare import Compare, comparable, same
from oneway.core.dataclass import dataclass
from oneway.core.key_forms import loose
from oneway.core.records import MISSING, Missing, Value, is_blank
from oneway.core.redacted import (
    ADDED,
    BEGUN,
    CONSTANT,
    DEPARTED,
    EMAIL,
    FORMS,
    GIVEN,
    ITEM,
    LOST,
    MARK,
    SAME_AS_ID,
    WORD,
    Redacted,
)
from oneway.core.seal import Seal
from oneway.mapping.packed_rows import ids_of
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import Cell, SourceRow, TargetRow
from oneway.mapping.short_rows import AnyTargetRow, whole_target
from oneway.mapping.spec import Merge
from oneway.planning.diff import (
    FieldChange,
    added,
    comparison,
    is_day_until,
    loses_letters,
    merged,
    present,
)
from oneway.planning.plan import Plan
from oneway.planning.similar.lookalikes import kinds_of
from oneway.planning.similar.marks import emails_in, has_email, marks_of
from oneway.planning.similar.same_person import is_id, words_of
from oneway.runs.snapshot.projection import is_hidden


@dataclass(frozen=True, slots=True)
class _Owner:
    """The owner of a redacted value: a record, and what the value is compared with."""

    record: str
    word: str
    sealed: bool
    """Whether the plan has its digests."""


@dataclass(slots=True)
class Redactor:
    """Removes the sensitive values from the rows of one plan."""

    policy: Policy
    seal: Seal
    partners: "Partners"
    acted: frozenset[tuple[str, str]]
    """The records that the plan acts on, as ("source", id) and ("target", id)."""
    telling: frozenset[str] = frozenset()
    """The fields whose values tell who a person is, such as emails and names."""
    departed: tuple[Cell, ...] = ()
    is_apart: bool = False
    """Whether no sensitive value is unique, merged, or written by a leave. Each value is then
    identified by its record alone, or by its marks."""
    _numbers: dict[tuple[str, Hashable], int] = field(default_factory=dict)
    _forms: dict[str, list[int]] = field(default_factory=dict)
    """The number of each form of a value, and how many values have that form."""
    _any: bool = True
    """Whether the policy has anything sensitive."""
    _hidden: tuple[bool, ...] = ()
    """Whether each match key is hidden."""
    _shared: frozenset[str] = frozenset()
    """The fields, besides unique ones, whose values are compared across records."""
    _named: frozenset[str] = frozenset()
    """The fields whose words are compared."""
    _asked: frozenset[int] = frozenset()
    """The `id` of each rule of which planning asks whether a value is a constant of the mapping.

    A constant stands in clear in the mapping beside the rows, so no other rule may say so. Rules
    are told apart by identity, as a field and a value that a leave writes may have one path.
    """

    def __post_init__(self) -> None:
        policy = self.policy
        rules = (*policy.fields, *policy.leaving)
        self._any = any(each.sensitive for each in rules) or not all(policy.key_shown)
        self._hidden = tuple(is_hidden(policy, level) for level in range(len(policy.match)))
        taken = (policy.fields[i].path for i in policy.unless_taken)
        shared = frozenset((*taken, *policy.match_paths))
        self._shared = shared | self.telling
        self._named = frozenset(policy.fields[i].path for i in policy.naming)
        self._asked = frozenset(map(id, self._asking()))
        secret = [each for each in policy.fields if each.sensitive]
        self.is_apart = (
            all(policy.key_shown)
            and not any((*self._hidden, *(each.sensitive for each in policy.leaving)))
            and not any(each.unique or each.path in shared for each in secret)
            and all(each.merge is Merge.REPLACE for each in secret)
        )

    def _asking(self) -> Iterator[FieldRule]:
        """Yield the rules for which planning asks if a value is a constant of the mapping."""
        policy = self.policy
        telling = {*policy.identifying, *policy.watched}
        for at, rule in enumerate(policy.fields):
            if at in telling or rule.path in self.telling:
                yield rule
        if policy.left is not None and policy.left.tells_due:
            yield from (policy.leaving[at] for at in policy.telling)

    def source_row(self, row: SourceRow) -> SourceRow:
        """Return a row without its sensitive values."""
        if row.rank is not None and row.rank.person is not None:
            # Records of one person stay together, without revealing who it is.
            number = self._number(Compare.EXACT.value, row.rank.person)
            row = row._replace(rank=row.rank._replace(person=number))
        if not self._any:
            return row
        id, partner = row.source_id, self.partners.get(row.source_id)
        held = whole_target(partner) if partner is not None else None
        owner = _Owner(id, f"s:{id}", ("source", id) in self.acted)
        values = held.values if held is not None else ()
        leaving = held.leaving if held is not None else ()
        return row._replace(
            keys=self._keys(row.keys),
            readable_keys=self._keys(row.readable_keys),
            key_values=self._key_values(row, owner),
            cells=self._cells(self.policy.fields, row.cells, values, owner, held),
            leaving=self._cells(self.policy.leaving, row.leaving, leaving, owner, held),
        )

    def target_row(self, row: TargetRow) -> TargetRow:
        """Return a target row without its sensitive values."""
        if not self._any:
            return row
        id = row.target_id
        owner = _Owner(id, f"t:{id}", ("target", id) in self.acted)
        gone = self.departed and id not in self.partners.targets
        departed: Sequence[Cell] = self.departed if gone else ()
        return row._replace(
            keys=self._keys(row.keys),
            readable_keys=self._keys(row.readable_keys),
            values=self._seen(self.policy.fields, row.values, owner, ()),
            leaving=self._seen(self.policy.leaving, row.leaving, owner, departed, self._facts),
        )

    def gone(self) -> tuple[Cell, ...]:
        """Return the values written to a record without a source record, redacted."""
        cells = zip(self.policy.leaving, self.departed, strict=False)
        return tuple(
            cell._replace(value=self._veiled(rule, cell.value, _departed(rule), _OF_DEPARTED))
            if rule.sensitive
            else cell
            for rule, cell in cells
        )

    def _cells(
        self,
        rules: Sequence[FieldRule],
        cells: Sequence[Cell],
        values: Sequence[Value | Missing],
        owner: _Owner,
        held: TargetRow | None,
    ) -> tuple[Cell, ...]:
        found = list(cells)
        for i, (rule, cell) in enumerate(zip(rules, cells, strict=False)):
            if not rule.sensitive or (cell.value is None and cell.initial is None):
                continue
            before = present(values[i]) if i < len(values) else None
            whose = owner
            if held is not None and same(before, cell.value, rule.compare):
                whose = _Owner(owner.record, f"t:{held.target_id}", owner.sealed)
            value = (
                self._added(rule, before, cell.value, owner)
                if rule.merge is Merge.ADD
                else self._veiled(rule, cell.value, whose, _beside(rule, before, cell))
            )
            initial = self._veiled(rule, cell.initial, owner)
            found[i] = cell._replace(value=value, initial=initial)
        return tuple(found)

    def _added(self, rule: FieldRule, before: Value, value: Value, owner: _Owner) -> Value:
        """Return a redacted value, as the only item of a list, that adds to the list as before."""
        written = added(before, value, rule.compare)
        facts = (ADDED,) if same(before, written, rule.compare) else ()
        return self._veiled(rule, value, owner, facts, written)

    def _seen(
        self,
        rules: Sequence[FieldRule],
        values: Sequence[Value | Missing],
        owner: _Owner,
        departed: Sequence[Cell],
        facts: Callable[[int, Value], tuple[str, ...]] = lambda *_: (),
    ) -> tuple[Value | Missing, ...]:
        found = list(values)
        for i, (rule, value) in enumerate(zip(rules, values, strict=False)):
            if not rule.sensitive or value is MISSING:
                continue
            whose = owner
            if i < len(departed) and same(value, departed[i].value, rule.compare):
                whose = _Owner(owner.record, _departed(rule).word, owner.sealed)
            found[i] = self._veiled(rule, value, whose, facts(i, value))
        return tuple(found)

    def _facts(self, position: int, held: Value) -> tuple[str, ...]:
        """Return the facts of a value in the target that a leave writes."""
        departed, given = self.departed[position : position + 1], dict(self.policy.reactivating)
        rule, before = self.policy.returning[position], present(held)
        back = position in given and same(before, merged(rule, before, given[position]))
        over = any(each.moving and is_day_until(before, each.value) for each in departed)
        return tuple(fact for fact, is_so in ((DEPARTED, over), (GIVEN, back)) if is_so)

    def _veiled(
        self,
        rule: FieldRule,
        value: Value,
        owner: _Owner,
        facts: tuple[str, ...] = (),
        written: Value = None,
    ) -> Value:
        """Return a redacted value; its digest is that of the value `written` for it."""
        if is_blank(value):
            return value
        said = value if written is None else written
        digest = self.seal.digest(owner.record, rule.path, said) if owner.sealed else ""
        veiled: Any = Redacted(self.same_as(rule, value, owner.word), digest, facts)
        # A list that is added to is planned as a list.
        return [veiled] if rule.merge is Merge.ADD and isinstance(value, list) else veiled

    def same_as(
        self, rule: FieldRule, value: Value, word: str
    ) -> str | tuple[tuple[str, int], ...]:
        """Return what a sensitive value equals: `word`, or the same values of any record."""
        email = has_email(value)
        constant = (email or id(rule) in self._asked) and rule.is_constant(value)
        if not (constant or email or rule.unique or rule.path in self._shared):
            return word
        compares = {rule.compare, comparison(rule), *self.policy.match}
        compared = tuple(
            (each.value, self._number(each.value, comparable(value, each)))
            for each in sorted(compares, key=lambda each: each.value)
        )
        kind = ITEM if emails_in(value) else EMAIL if email else MARK
        marks = tuple((kind, self._number(MARK, each)) for each in marks_of(value))
        words = words_of(value) if rule.path in self._named else ()
        in_words = tuple((WORD, self._number(WORD, each)) for each in sorted(words))
        return (*compared, *marks, *in_words, *(((CONSTANT, 0),) if constant else ()))

    def _number(self, compare: str, value: Hashable) -> int:
        """Return a number for a value, next to those of values that differ only in form."""
        if (compare, value) not in self._numbers:
            form = self._forms.setdefault(loose(value), [len(self._forms), 0])
            self._numbers[compare, value] = form[0] * FORMS + form[1]
            form[1] += 1
        return self._numbers[compare, value]

    def _keys(self, keys: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
        return tuple(
            ("veiled", (compare.value, self._number(compare.value, key)))
            if hidden and key is not None
            else key
            for key, compare, hidden in zip(keys, self.policy.match, self._hidden, strict=False)
        )

    def _key_values(self, row: SourceRow, owner: _Owner) -> tuple[Value, ...]:
        policy = self.policy
        found: list[Value] = []
        for level, value in enumerate(row.key_values):
            if policy.key_shown[level] or value is None:
                found.append(value)
                continue
            digest = self.seal.digest(owner.record, policy.match_paths[level] or "match", value)
            word = SAME_AS_ID if is_id(row, value) else owner.word
            veiled: Any = Redacted(word, digest)
            found.append(veiled)
        return tuple(found)


def redactor_of(
    policy: Policy, plan: Plan, held: Sequence[AnyTargetRow], departed: tuple[Cell, ...], seal: Seal
) -> Redactor:
    """Return the redactor for the inputs of a plan."""
    partners = Partners(plan, held)
    actions = plan.actions
    acted = {("source", str(each.source_id)) for each in actions if each.source_id is not None}
    acted |= {("target", str(each.target_id)) for each in actions if each.target_id is not None}
    kinds = kinds_of(held, policy).items()
    emails = [at for at, kind in kinds if kind == "email" and policy.fields[at].sensitive]
    telling = frozenset(policy.fields[at].path for at in (*emails, *policy.naming))
    return Redactor(policy, seal, partners, frozenset(acted), telling, departed)


class Partners:
    """Finds the target record of each matched source record."""

    def __init__(self, plan: Plan, held: Sequence[AnyTargetRow]) -> None:
        self._held, self._places = held, dict[str, int]()
        places = {id: place for place, id in enumerate(ids_of(held))}
        for each in plan.singly():
            place = places.get(each.target_id or "")
            if each.source_id and place is not None:
                self._places[each.source_id] = place

    def place_of(self, source_id: str) -> int | None:
        """Return the position of a source record's target record; None without one."""
        return self._places.get(source_id)

    def get(self, source_id: str) -> AnyTargetRow | None:
        """Return the target record of a source record; None without one."""
        place = self.place_of(source_id)
        return None if place is None else self._held[place]

    @cached_property
    def targets(self) -> frozenset[str]:
        """The ids of all matched target records."""
        ids = ids_of(self._held)
        return frozenset(map(ids.__getitem__, self._places.values()))


def _beside(rule: FieldRule, held: Value, cell: Cell) -> tuple[str, ...]:
    """Return the facts of a source record's value compared with that of the matched record."""
    lost = loses_letters(FieldChange(rule, held, cell.value))
    begun = cell.moving and is_day_until(held, cell.value)
    return tuple(fact for fact, is_so in ((LOST, lost), (BEGUN, begun)) if is_so)


_OF_DEPARTED = (DEPARTED,)


def _departed(rule: FieldRule) -> _Owner:
    return _Owner("", f"d:{rule.path}", sealed=False)
