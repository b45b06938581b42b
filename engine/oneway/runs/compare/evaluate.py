"""Evaluates captured records again, with today's mapping or engine.

Today's program evaluates what is open (`projection`) on the stored parts; the stored rows, which
hold the outcomes, answer for what is closed. So any function, expression or mapping whose result
has changed is found. `lacking` names what a mapping needs and the snapshot does not hold.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from oneway.core.dataclass import dataclass
from oneway.core.description import Capability
from oneway.core.records import MISSING, Collected, Missing, Record, Value
from oneway.mapping.code import FieldCode, MappingCode, Typed
from oneway.mapping.expressions import Context, Expression
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.policy import FieldRule
from oneway.mapping.program import LeftAnswer, OwnTable, Written
from oneway.mapping.record_answers import RecordStopped
from oneway.mapping.rows import Cell, CellState, Missed, SourceRow, TargetRow
from oneway.runs.snapshot.answers import assumed, question_of
from oneway.runs.snapshot.projection import Projection, holds_all
from oneway.runs.snapshot.snapshot_file import Part, RunSnapshot

_UNKNOWN = Cell(CellState.UNSTATED)
"""The cell of a closed field in a record that failed before the field was evaluated."""


@dataclass(frozen=True)
class ReEvaluation:
    """Evaluates a snapshot; `then` is the mapping of the run, `now` the one to evaluate."""

    snapshot: RunSnapshot
    then: MappingCode
    now: Projection
    context: Context

    def lacking(self) -> tuple[str, ...]:
        """Return what `now` needs and was not stored, in words; the rest requires none."""
        known = {sign for _, sign, _ in self._parts(self.then)}
        parts = self._parts(self.now.code)
        found = [words for words, sign, again in parts if not again and sign not in known]
        rules = [each.rule for each in (*self.then.fields, *self.then.leaving)]
        seen = {rule.path for rule in rules}
        clear = seen - {rule.path for rule in rules if rule.sensitive}
        for each in (*self.now.code.fields, *self.now.code.leaving):
            if each.rule.path not in (seen if each.rule.sensitive else clear):
                found.append(f"the target's {each.rule.path}")
        return tuple(dict.fromkeys(found))

    def source(self) -> Collected[SourceRow]:
        """Return the rows that `now` makes of the source."""
        source = self.snapshot.source
        rows = zip(source.items, self.snapshot.records[0], strict=True)
        return replace(source, items=tuple(self._source_row(row, part) for row, part in rows))

    def target(self) -> Collected[TargetRow]:
        """Return what `now` sees of the target."""
        target = self.snapshot.target
        rows = zip(target.items, self.snapshot.records[1], strict=True)
        return replace(target, items=tuple(self._target_row(row, part) for row, part in rows))

    def departed(self) -> tuple[Cell, ...]:
        """Return what `now` writes to a target record without a source record."""
        departed = self.snapshot.departed
        if not departed and any(id(each) in self.closed for each in self.now.code.leaving):
            return ()  # the values depend on a source record
        return self._of_source(SourceRow("", "", "", (), leaving=departed)).departed()

    def left_with(
        self, target: TargetRow, written: Sequence[Written], by: Capability
    ) -> LeftAnswer:
        """Return whether a target record has left once these values are written.

        If that cannot be evaluated again, the answer is that of the run's plan.
        """
        code = self.now.code
        asked = (each for each in (code.left, code.scheduled) if each is not None)
        if all(map(self.again_on_target, asked)):
            return Interpreted(code, self.context).left_with(target, written, by)
        answers = self.snapshot.left.get(target.target_id, {})
        return answers.get(question_of(written, by), answers.get("", assumed(by)))

    def absence_counts(self, target: TargetRow) -> bool | None:
        """Return whether a record may be deactivated as absent; None if that was not stored."""
        asked = self.now.code.absent_when
        if asked is not None and not self.again_on_target(asked):
            return None
        return Interpreted(self.now.code, self.context).absence_counts(target)

    def own_tables(self) -> Mapping[str, OwnTable]:
        """Return the lookup tables of the target's own records, as far as they were stored."""
        code, tables = self.now.code, self.snapshot.tables
        references = tuple(
            replace(e, own=e.own if e.name in tables else ()) for e in code.references
        )
        return Interpreted(replace(code, references=references), self.context, tables).own_tables()

    def again(self, expression: Expression) -> bool:
        """Return whether an expression is evaluated again: it is open, and its input is stored."""
        return self.now.is_open(expression) and holds_all(self.snapshot.trees[0], expression)

    def again_on_target(self, expression: Expression) -> bool:
        """Return the same of an expression over target records."""
        known = holds_all(self.snapshot.trees[1], expression)
        return known and self.now.is_open_on_target(expression)

    @cached_property
    def levels(self) -> frozenset[int]:
        """The match keys that are evaluated again."""
        code = self.now.code
        return frozenset(
            level
            for level in self.now.keys
            if self.again(code.match_source[level].expression)
            and self.again_on_target(code.match_target[level])
        )

    @cached_property
    def closed(self) -> Mapping[int, tuple[FieldCode, int]]:
        """The field rule of `then`, and its position, of each that is not evaluated again.

        By the identity of the rule: one may stand under `fields` and under `leavers.set`.
        """
        now, then = self.now.code, self.then
        found: dict[int, tuple[FieldCode, int]] = {}
        for ours, theirs in ((now.fields, then.fields), (now.leaving, then.leaving)):
            known = {_sign(code): (code, i) for i, code in enumerate(theirs)}
            for code in ours:
                if not self._again_field(code):
                    found[id(code)] = known[_sign(code)]
        return found

    @cached_property
    def conditions(self) -> Mapping[Expression, Expression]:
        """The condition of `then` for each that is not evaluated again."""
        now, then = self.now.code, self.then
        found: dict[Expression, Expression] = {}
        for ours, theirs in ((now.only, then.only), (now.rules, then.rules)):
            known = {each.text: each for each in theirs}
            found |= {each: known[each.text] for each in ours if not self.again(each)}
        one, other = now.leaver, then.leaver
        if one is not None and other is not None and not self.again(one):
            found[one] = other
        for one, other in ((now.left, then.left), (now.scheduled, then.scheduled)):
            if one is not None and other is not None and not self.again_on_target(one):
                found[one] = other
        return found

    @cached_property
    def leaves_again(self) -> bool:
        """Whether leaving is evaluated again, as everything that decides it is."""
        code = self.now.code
        conditions = (each for each in (code.left, code.scheduled) if each is not None)
        return all(id(each) not in self.closed for each in code.leaving) and all(
            map(self.again_on_target, conditions)
        )

    def _of_source(self, row: SourceRow) -> "_OfSource":
        return _OfSource(self.now.code, self.context, self.snapshot.tables, of=self, row=row)

    def _source_row(self, row: SourceRow, part: Part) -> SourceRow:
        if part is None:
            return row
        again = self._of_source(row).source_row(Record(row.source_id, part))
        # One record, as stored, does not tell which of a person's records counts.
        keys = self._compared(again.keys, row.keys)
        again = again._replace(keys=keys, rank=row.rank)
        if again.evaluation_error is not None or again.outside:
            return again
        evaluated = {
            each.rule.path
            for each in (*self.now.code.fields, *self.now.code.leaving)
            if id(each) not in self.closed
        }
        missed = (each for each in row.missed if each.field not in evaluated)
        return again._replace(missed=(*again.missed, *missed))

    def _target_row(self, row: TargetRow, part: Part) -> TargetRow:
        if part is None:
            return row
        code, then = self.now.code, self.then.policy
        program = _OfTarget(code, self.context, self.snapshot.tables, of=self, row=row)
        again = program.target_row(Record(row.target_id, part))
        whole = len(self.levels) == len(code.match_target)
        fields, leaving = _held(then.fields, row.values), _held(then.leaving, row.leaving)
        return again._replace(
            key=again.key if whole else row.key,
            keys=self._compared(again.keys, row.keys),
            values=_values(code.policy.fields, {**leaving, **fields}),
            leaving=_values(code.policy.leaving, {**fields, **leaving}),
        )

    def _compared(
        self, again: Sequence[Hashable], then: Sequence[Hashable]
    ) -> tuple[Hashable, ...]:
        """Return the values that match keys are compared by; for closed keys, the stored ones."""
        return tuple(
            key if level in self.levels else then[level] for level, key in enumerate(again)
        )

    def _again_field(self, code: FieldCode) -> bool:
        known = code.lookup is None or code.lookup in self.snapshot.tables
        return known and not code.rule.sensitive and all(map(self.again, code.expressions))

    def _parts(self, code: MappingCode) -> Iterator[tuple[str, Hashable, bool]]:
        """Yield the parts of a mapping: name, signature, and whether it is open."""
        for level, typed in enumerate(code.match_source):
            words = f"match: {typed.expression.text}, {code.match_target[level].text}"
            yield words, (level, words), level in self.levels
        on_source = (
            *(("only", each) for each in code.only),
            *(("eligible", each) for each in code.rules),
            ("leavers.when", code.leaver),
            ("label", code.label),
        )
        for chooses in code.one_per.expressions if code.one_per is not None else ():
            words = f"source.one_per: {chooses.text}"
            yield words, words, False
        on_target = code.target_conditions
        for conditions, again in ((on_source, self.again), (on_target, self.again_on_target)):
            for name, each in conditions:
                if each is not None:
                    words = f"{name}: {each.text}"
                    yield words, words, again(each)
        for name, codes in (("fields", code.fields), ("leavers.set", code.leaving)):
            for field in codes:
                words = f"{field.rule.path}: {field.rule.expression}"
                yield words, (name, _sign(field)), self._again_field(field)


@dataclass(frozen=True, kw_only=True)
class _OfSource(Interpreted):
    """Evaluates one source record again; closed parts keep their outcome."""

    of: ReEvaluation
    row: SourceRow

    def label(self, record: Record) -> str:
        label = self.code.label
        return super().label(record) if label is None or self.of.again(label) else self.row.label

    def _key(self, typed: Typed, record: Record) -> Value:
        level = self.code.match_source.index(typed)
        if level in self.of.levels:
            return super()._key(typed, record)
        _stop_at_unknown(level, self.row)
        return self.row.key_values[level]

    def why(self, record: Record) -> str:
        leaver = self.code.leaver
        return self.row.why if leaver in self.of.conditions else super().why(record)

    def _decides(self, expression: Expression | None, record: Record, what: str) -> bool:
        was = None if expression is None else self.of.conditions.get(expression)
        if was is None:
            return super()._decides(expression, record, what)
        _fail_as_then(self.row, was)
        if expression == self.code.leaver:
            return self.row.leaver
        return self.of.then.only.index(was) not in self.row.outside

    def _fails(self, rule: Expression, record: Record) -> tuple[bool, str]:
        was = self.of.conditions.get(rule)
        if was is None:
            return super()._fails(rule, record)
        _fail_as_then(self.row, was)
        position = self.of.then.rules.index(was)
        return position in self.row.failed_rules, dict(self.row.not_given).get(position, "")

    def _cell(self, code: FieldCode, record: Record, missed: list[Missed]) -> Cell:
        if id(code) not in self.of.closed:
            return super()._cell(code, record, missed)
        was, position = self.of.closed[id(code)]
        _fail_as_then(self.row, was.rule, *was.expressions)
        is_leaving = any(each is code for each in self.code.leaving)
        cells = self.row.leaving if is_leaving else self.row.cells
        return cells[position] if position < len(cells) else _UNKNOWN

    def moves(self, code: FieldCode, cell: Cell, record: Record) -> bool:
        return cell.moving if id(code) in self.of.closed else super().moves(code, cell, record)

    def leaves_as(self, cells: tuple[Cell, ...]) -> tuple[bool | None, bool | None]:
        if self.of.leaves_again:
            return super().leaves_as(cells)
        then = self.of.then
        _fail_as_then(self.row, *(e for e in (then.left, then.scheduled) if e is not None))
        return self.row.leaves_left, self.row.leaves_later

    def dated(self, row: SourceRow, record: Record) -> SourceRow:
        if self.of.leaves_again and self.code.leaver not in self.of.conditions:
            return super().dated(row, record)
        return row._replace(odd_day=self.row.odd_day)


@dataclass(frozen=True, kw_only=True)
class _OfTarget(Interpreted):
    """Evaluates one target record again; closed parts keep their outcome."""

    of: ReEvaluation
    row: TargetRow

    def _key(self, typed: Typed, record: Record) -> Value:
        level = self.code.match_target.index(typed.expression)
        if level in self.of.levels:
            return super()._key(typed, record)
        _stop_at_unknown(level, self.row)
        return None  # the form that is compared was stored, not the value

    def _decides(self, expression: Expression | None, record: Record, what: str) -> bool:
        was = None if expression is None else self.of.conditions.get(expression)
        if was is None:
            return super()._decides(expression, record, what)
        _fail_as_then(self.row, was)
        return self.row.left if expression == self.code.left else self.row.scheduled

    def _is_due(self, record: Record) -> bool:
        if self.code.left in self.of.conditions and self.code.scheduled is None:
            return self.row.scheduled
        return super()._is_due(record)


def _stop_at_unknown(level: int, row: SourceRow | TargetRow) -> None:
    """Raise `RecordStopped`, as then, where a match key was not known."""
    failure = row.unsaid or row.evaluation_error
    if level >= len(row.keys) and failure is not None:
        raise RecordStopped(failure)


def _fail_as_then(row: SourceRow | TargetRow, *parts: Expression | FieldRule) -> None:
    """Raise `RecordStopped` where one of these failed the record then."""
    failure = row.evaluation_error
    if failure is None:
        return
    for each in parts:
        if isinstance(each, Expression):
            failed = (each.shown, each.span)
        else:
            failed = (each.expression, each.place)
        if failed == (failure.expression, failure.place):
            raise RecordStopped(failure)


def _held(
    rules: Sequence[FieldRule], values: Sequence[Value | Missing]
) -> Mapping[str, Value | Missing]:
    return {rule.path: value for rule, value in zip(rules, values, strict=False)}


def _values(
    rules: Sequence[FieldRule], held: Mapping[str, Value | Missing]
) -> tuple[Value | Missing, ...]:
    return tuple(held.get(rule.path, MISSING) for rule in rules)


def _sign(code: FieldCode) -> str:
    """Return a signature that is equal for field rules that make the same cells."""
    parts = [each.text for each in code.expressions]
    constants = (code.constant, code.default, code.initial)
    said = [None if isinstance(each, Expression) else repr(each) for each in constants]
    rule = code.rule
    lists = (rule.merge, rule.owned)
    instead = (rule.on_miss, rule.fallback) if rule.on_miss.falls_back else ()
    return repr((rule.path, parts, said, code.lookup, instead, lists, rule.sensitive))
