"""One person, step by step: what was read, who it is, and what becomes of each field.

A pure function over the same arguments as a plan, and the plan itself: what is said to
happen is what the plan says, and the steps are shown beside it. Sensitive values are `***`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from oneway.changes import Keep, new_value, present, wanted
from oneway.compiler import Compiled
from oneway.diagnostics import Span
from oneway.expressions import EvaluationError, Expression
from oneway.interpreter import FieldCode, Table
from oneway.matching import Match, Matches, match
from oneway.plan import Action, Kind, Outcome, Plan, Reason
from oneway.program import Cell, FieldRule, Held, Program, Row, State
from oneway.records import Compare, Missing, Record, Snapshot, Value, holds, identity, same
from oneway.spec import Category, Merge, Write

MASK = "***"


@dataclass(frozen=True, slots=True)
class KeyStep:
    """One match key: what it compares, its value on this record, and what that found."""

    source: str
    target: str
    compare: Compare
    value: Value
    place: Span
    verdict: str


@dataclass(frozen=True, slots=True)
class RuleStep:
    """An eligibility rule; `holds` is None where it does not speak of this record, or failed."""

    id: str
    expression: str
    otherwise: str
    place: Span
    holds: bool | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about leaving, its expression, and the answer in words."""

    about: str
    expression: str
    place: Span
    verdict: str


@dataclass(frozen=True, slots=True)
class FieldStep:
    """One target field: where its value comes from, what it is, and what becomes of it.

    `read` is what the expression gave, `value` what is wanted of the target (after lookup
    and default), `before` what the target holds, `after` what it will hold.
    """

    path: str
    expression: str
    place: Span
    state: str
    read: Value
    value: Value
    before: Value
    after: Value
    policy: tuple[str, ...]
    verdict: str
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one record; `why` is the end of the story, in sentences."""

    kind: Kind
    key: str
    label: str
    source_id: str | None
    target_id: str | None
    keys: tuple[KeyStep, ...]
    rules: tuple[RuleStep, ...]
    leaving: tuple[Condition, ...]
    fields: tuple[FieldStep, ...]
    reasons: tuple[Reason, ...]
    why: tuple[str, ...]
    action: Action | None = None


def explain(
    compiled: Compiled,
    program: Program,
    source: Snapshot,
    target: Snapshot,
    plan: Plan,
    key: str,
    tables: Mapping[str, Table],
) -> tuple[Explanation, ...]:
    """Return an explanation of each record that `key` names, in the order of the plan.

    A key is a match value, an id in the source or the target, a label, or a value of one of
    `joiners.unless_taken` (an email), each compared without case. None found: empty. `plan`
    must have been made of the same program and snapshots; `tables` are its lookup tables.
    """
    house = _House(compiled, program, source, target, plan, tables)
    return tuple(house.explanation(each) for each in plan.outcomes if house.is_named(each, key))


def near_keys(plan: Plan, key: str, most: int = 5) -> tuple[str, ...]:
    """Return names of records that look like `key`, the nearest first."""
    names = {
        name.casefold(): name
        for each in plan.outcomes
        for name in (each.key, each.label, each.source_id, each.target_id)
        if name
    }
    near = get_close_matches(key.casefold(), names, n=most, cutoff=0.6)
    return tuple(names[name] for name in near)


class _House:
    """The snapshots as the mapping sees them, and who is whom in them."""

    def __init__(
        self,
        compiled: Compiled,
        program: Program,
        source: Snapshot,
        target: Snapshot,
        plan: Plan,
        tables: Mapping[str, Table],
    ) -> None:
        self.compiled = compiled
        self.policy = program.policy
        self.tables = tables
        self.context = compiled.context(plan.settings, datetime.fromisoformat(plan.as_of))
        rows = sorted(map(program.row, source.records), key=lambda row: (row.key, row.source_id))
        held = sorted(map(program.held, target.records), key=lambda each: each.target_id)
        self.rows = {row.source_id: row for row in rows}
        self.held = {each.target_id: each for each in held}
        self.sources = {record.id: record for record in source.records}
        self.targets = {record.id: record for record in target.records}
        self.matches: Matches = match(rows, held, len(self.policy.match))

    def is_named(self, outcome: Outcome, key: str) -> bool:
        names: set[object] = {outcome.key, outcome.label, outcome.source_id, outcome.target_id}
        row = self.rows.get(outcome.source_id or "")
        if row is not None and outcome.source_id is not None:
            names.update(self._row_names(row))
        held = self.held.get(outcome.target_id or "")
        if held is not None and held.values and outcome.target_id is not None:
            names.update(_open(self.policy.fields[i], held.values[i]) for i in self._claimed())
        return key.strip().casefold() in {str(name).casefold() for name in names if name}

    def explanation(self, outcome: Outcome) -> Explanation:
        row = self.rows[outcome.source_id] if outcome.source_id is not None else None
        held = self.held[outcome.target_id] if outcome.target_id is not None else None
        person = _Person(self, outcome, row, held)
        return Explanation(
            kind=outcome.kind,
            key=outcome.key,
            label=outcome.label,
            source_id=outcome.source_id,
            target_id=outcome.target_id,
            keys=person.keys(),
            rules=person.rules(),
            leaving=person.leaving(),
            fields=person.fields(),
            reasons=outcome.reasons,
            why=_why(outcome),
            action=outcome.action,
        )

    def evaluated(self, expression: Expression, record: Record) -> Value:
        """Return the value of an expression; raise `EvaluationError`."""
        return expression.evaluate(record.data, self.context)[0]

    def _claimed(self) -> tuple[int, ...]:
        return self.policy.unless_taken

    def _row_names(self, row: Row) -> Iterable[object]:
        for value, is_shown in zip(row.key_values, self.policy.key_shown, strict=False):
            yield value if is_shown else None
        for i in self._claimed() if row.cells else ():
            yield _open(self.policy.fields[i], row.cells[i].value)


@dataclass(frozen=True, slots=True)
class _Person:
    """One record, and what the mapping makes of it."""

    house: _House
    outcome: Outcome
    row: Row | None
    held: Held | None

    def keys(self) -> tuple[KeyStep, ...]:
        code = self.house.compiled.code
        spec = self.house.compiled.spec
        return tuple(
            KeyStep(
                source=code.match_source[level].expression.text,
                target=code.match_target[level].text,
                compare=each.compare,
                value=self._key_value(level),
                place=each.span,
                verdict=self._key_verdict(level),
            )
            for level, each in enumerate(spec.match)
        )

    def _key_value(self, level: int) -> Value:
        if not self.house.policy.key_shown[level]:
            return None if self._blank_key(level) else MASK
        if self.row is not None:
            return self.row.key_values[level] if level < len(self.row.key_values) else None
        return self._target_key(level)

    def _target_key(self, level: int) -> Value:
        assert self.held is not None
        record = self.house.targets[self.held.target_id]
        try:
            value = self.house.evaluated(self.house.compiled.code.match_target[level], record)
        except EvaluationError:
            return None
        return None if self._blank_key(level) else value

    def _blank_key(self, level: int) -> bool:
        keys = self._subject().keys
        return level >= len(keys) or keys[level] is None

    def _subject(self) -> Row | Held:
        subject = self.row if self.row is not None else self.held
        assert subject is not None
        return subject

    def _key_verdict(self, level: int) -> str:
        if level >= len(self._subject().keys):
            return "cannot be evaluated"
        if self.row is None:
            return self._claimants(level)
        found = self.house.matches.of(self.row)
        if found.level is not None and level > found.level:
            return f"not tried: match key {found.level + 1} decided"
        if found.level == level:
            return _decided(found)
        blank = self._blank_key(level)
        return "blank: matches nothing" if blank else "no target record has this value"

    def _claimants(self, level: int) -> str:
        if self._blank_key(level):
            return "blank: matches nothing"
        key = self._subject().keys[level]
        ids = [
            row.source_id
            for row in self.house.rows.values()
            if level < len(row.keys) and row.keys[level] == key
        ]
        if not ids:
            return "no source record has this value"
        return f"source records with this value: {', '.join(sorted(ids))}"

    def rules(self) -> tuple[RuleStep, ...]:
        code = self.house.compiled.code
        if self.row is None:
            return ()
        return tuple(
            RuleStep(rule.id, expression.text, rule.otherwise, rule.place, *self._rule(i))
            for i, (rule, expression) in enumerate(
                zip(self.house.policy.rules, code.rules, strict=True)
            )
        )

    def _rule(self, position: int) -> tuple[bool | None, str]:
        row = self.row
        assert row is not None
        rule = self.house.policy.rules[position]
        if row.failure is not None:
            answer = self._answer(self.house.compiled.code.rules[position], self._source())
            return answer, _in_words(answer)
        category = self._category()
        if category not in rule.categories:
            return None, f"does not speak of {category.value}"
        if position in row.failed:
            return False, f"does not hold: {rule.otherwise}"
        return True, "holds"

    def _category(self) -> Category:
        if self.row is not None and self.row.leaver:
            return Category.LEAVERS
        return Category.JOINERS if self.held is None else Category.MOVERS

    def leaving(self) -> tuple[Condition, ...]:
        spec, code = self.house.compiled.spec.leavers, self.house.compiled.code
        if spec is None:
            return ()
        asked = []
        if self.row is not None and code.leaver is not None:
            asked.append(("is a leaver in the source", code.leaver, self._source()))
        if self.held is not None:
            record = self.house.targets[self.held.target_id]
            if code.left is not None:
                asked.append(("has left in the target", code.left, record))
            if code.scheduled is not None:
                asked.append(("is due to leave in the target", code.scheduled, record))
        return tuple(
            Condition(
                about, expression.text, expression.span, _in_words(self._answer(expression, record))
            )
            for about, expression, record in asked
        )

    def _source(self) -> Record:
        assert self.row is not None
        return self.house.sources[self.row.source_id]

    def _answer(self, expression: Expression, record: Record) -> bool | None:
        if record.problem:
            return None
        try:
            return holds(self.house.evaluated(expression, record))
        except EvaluationError:
            return None

    def fields(self) -> tuple[FieldStep, ...]:
        row = self.row
        if row is None:
            return self._deactivation()
        if row.failure is not None:
            return ()
        code = self.house.compiled.code
        held, going = self._held_values()
        steps = [
            self._step(each, cell, before)
            for each, cell, before in zip(code.fields, row.cells, held, strict=True)
        ]
        steps += [
            self._step(each, cell, before, leaving=True)
            for each, cell, before in zip(code.leaving, row.leaving, going, strict=True)
        ]
        return tuple(steps)

    def _held_values(self) -> tuple[Sequence[Value | Missing], Sequence[Value | Missing]]:
        policy = self.house.policy
        held = self.held
        if held is None or not held.values:
            return [None] * len(policy.fields), [None] * len(policy.leaving)
        return held.values, held.leaving

    def _deactivation(self) -> tuple[FieldStep, ...]:
        """Return the fields that an absent record's action writes; it has no others."""
        action = self.outcome.action
        changes = {each.field: each for each in action.changes} if action is not None else {}
        return tuple(
            FieldStep(
                path=each.path,
                expression=each.expression,
                place=each.place,
                state="stated",
                read=MASK if each.sensitive else _plain(changes[each.path].after),
                value=_plain(changes[each.path].after),
                before=_plain(changes[each.path].before),
                after=_plain(changes[each.path].after),
                policy=_policy(each, self._code(each)),
                verdict="differs: will be written",
                leaving=True,
            )
            for each in self.house.policy.leaving
            if each.path in changes
        )

    def _code(self, rule: FieldRule) -> FieldCode | None:
        code = self.house.compiled.code
        return next((each for each in (*code.fields, *code.leaving) if each.rule == rule), None)

    def _step(
        self, code: FieldCode, cell: Cell, held: Value | Missing, *, leaving: bool = False
    ) -> FieldStep:
        rule = code.rule
        before = present(held)
        writes = self._written(rule.path)
        after = writes[0] if writes else before
        return FieldStep(
            path=rule.path,
            expression=rule.expression,
            place=rule.place,
            state=_STATES[cell.state],
            read=_masked(rule, self._read(code)),
            value=_masked(rule, self._wanted(cell)),
            before=_masked(rule, before),
            after=_masked(rule, after),
            policy=_policy(rule, code),
            verdict=self._verdict(code, cell, before, leaving=leaving),
            leaving=leaving,
        )

    def _wanted(self, cell: Cell) -> Value:
        return new_value(cell) if self.held is None else cell.value

    def _written(self, path: str) -> tuple[Value, ...]:
        """Return the value that the plan's action writes to a field, if it writes one."""
        action = self.outcome.action
        changes = action.changes if action is not None else ()
        return tuple(_plain(each.after) for each in changes if each.field == path)

    def _read(self, code: FieldCode) -> Value:
        if code.source is None:
            return code.constant
        try:
            return self.house.evaluated(code.source.expression, self._source())
        except EvaluationError:
            return None

    def _verdict(self, code: FieldCode, cell: Cell, before: Value, *, leaving: bool) -> str:
        rule = code.rule
        written = self._written(rule.path)
        if written:
            return _will(before, written[0], creating=self.held is None)
        row = self.row
        assert row is not None
        if leaving and not row.leaver:
            return "left alone: the record is not a leaver"
        if cell.state is State.INACTIVE:
            return "left alone: `when` does not hold"
        if self.held is None:
            return self._uncreated(cell)
        if rule.write is Write.NEVER:
            return self._compared(code, cell, before, "differs: only reported (write: never)")
        if rule.write is Write.ON_CREATE:
            return "left alone: written only when a record is created (write: on_create)"
        if rule.write is Write.IF_EMPTY and before is not None:
            return "left alone: the target has a value (write: if_empty)"
        if leaving and self.held.left:
            return self._compared(code, cell, before, "left alone: the record has left already")
        return self._compared(code, cell, before, f"differs: {self._blocked()}")

    def _uncreated(self, cell: Cell) -> str:
        if new_value(cell) is None:
            return "left out: there is no value"
        return self._blocked()

    def _blocked(self) -> str:
        return f"not written: the record is {_BLOCKED.get(self.outcome.kind, 'left alone')}"

    def _compared(self, code: FieldCode, cell: Cell, before: Value, otherwise: str) -> str:
        rule = code.rule
        after = wanted(rule, cell)
        if isinstance(after, Keep):
            return self._kept(code, cell)
        if rule.merge is Merge.ADD and _holds_all(before, after):
            return "same: the target has all of it (merge: add)"
        if not same(before, after, rule.compare):
            return otherwise
        if rule.compare is Compare.EXACT or identity(before) == identity(after):
            return "same"
        return f"same (compare: {rule.compare.value})"

    def _kept(self, code: FieldCode, cell: Cell) -> str:
        if cell.state is State.BLANK:
            return "left alone: blank in the source (on_blank: keep)"
        row = self.row
        assert row is not None
        missed = next((each for each in row.missed if each.field == code.rule.path), None)
        if missed is None:
            return "left alone: a key that the expression reads is absent in the source"
        rows = "no row" if missed.found == 0 else f"{missed.found:,} rows"
        if cell.state is State.MISSED:
            return f"left alone: in {rows} of {missed.reference} (on_miss: {_miss_word(code)})"
        return f"left alone: in {rows} of {missed.reference}, which may not be complete"


_STATES = {
    State.STATED: "stated",
    State.BLANK: "blank",
    State.UNSTATED: "unstated",
    State.INACTIVE: "inactive",
    State.MISSED: "missed",
}
_BLOCKED = {
    Kind.INELIGIBLE: "ineligible",
    Kind.CONFLICT: "in conflict",
    Kind.ERROR: "in error",
    Kind.IGNORED: "ignored",
}


def _open(rule: FieldRule, value: Value | Missing) -> object:
    """Return a value that a record may be named by: nothing where it is sensitive."""
    return None if rule.sensitive or isinstance(value, Missing | list | dict) else value


def _masked(rule: FieldRule, value: Value) -> Value:
    return MASK if rule.sensitive and value is not None else value


def _plain(value: object) -> Value:
    """Return a planned value; one that is sealed as `***`."""
    scalar = value is None or isinstance(value, bool | int | float | str | list | dict)
    return value if scalar else MASK  # type: ignore[return-value]  # a scalar is a Value


def _miss_word(code: FieldCode) -> str:
    return code.rule.on_miss.value


def _decided(found: Match) -> str:
    if found.held is not None:
        return f"target record {found.held.target_id} has this value: matched"
    assert found.conflict is not None
    return f"conflict: {found.conflict.text}"


def _in_words(answer: bool | None) -> str:
    return {True: "yes", False: "no", None: "cannot be evaluated"}[answer]


def _will(before: Value, after: Value, *, creating: bool) -> str:
    if creating:
        return "will be written"
    if after is None:
        return "differs: will be cleared"
    return "empty in the target: will be written" if before is None else "differs: will be written"


def _holds_all(before: Value, after: Value) -> bool:
    if not isinstance(after, list):
        return after is None
    known = [identity(item) for item in before] if isinstance(before, list) else []
    return all(identity(item) in known for item in after)


def _policy(rule: FieldRule, code: FieldCode | None) -> tuple[str, ...]:
    """Return what a field rule says of when and how its value is written."""
    said = [f"write: {rule.write.value}", f"on_blank: {rule.on_blank.value}"]
    if rule.compare is not Compare.EXACT:
        said.append(f"compare: {rule.compare.value}")
    if rule.merge is Merge.ADD:
        said.append("merge: add")
    if code is not None and code.lookup is not None:
        said += [f"lookup: {code.lookup}", f"on_miss: {rule.on_miss.value}"]
    if code is not None and code.when is not None:
        said.append(f"when: {code.when.text}")
    if rule.sensitive:
        said.append("sensitive")
    return tuple(said)


def _why(outcome: Outcome) -> tuple[str, ...]:
    """Return what happens to the record, and why nothing does where nothing does."""
    reasons = tuple(reason.text for reason in outcome.reasons)
    action = outcome.action
    if action is not None:
        fields = len(action.changes)
        said = f"will {_VERBS[action.verb.value]}: {fields} field{'' if fields == 1 else 's'}"
        return (said, *reasons)
    return (_NOTHING[outcome.kind], *reasons)


_VERBS = {
    "create": "be created",
    "update": "be updated",
    "leave": "leave",
    "reactivate": "be reactivated",
    "deactivate": "be deactivated",
}
_NOTHING = {
    Kind.CREATE: "nothing happens",
    Kind.UPDATE: "nothing happens",
    Kind.LEAVE: "nothing happens",
    Kind.UNCHANGED: "nothing to do: each field has the value that it should have, or is left alone",
    Kind.REHIRE: "nothing happens, because a person decides on a rehire",
    Kind.IGNORED: "nothing happens, because the record is ignored",
    Kind.INELIGIBLE: "nothing happens, because the record is ineligible",
    Kind.CONFLICT: "nothing happens, because who it is, or whose a value is, is not certain",
    Kind.ERROR: "nothing happens, because the record cannot be planned",
    Kind.ABSENT: "nothing happens, because no source record matches this target record",
}
