"""Evaluates captured records again, with today's mapping or engine.

What is open (`projection`) is evaluated by today's program on the parts that were kept; the
rest is taken from the kept rows, which hold the outcomes. So a function, an expression or a
whole mapping that says something else today is found. A mapping may ask for more than was
kept: `lacking` says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import TypeVar

from oneway.core.diagnostics import Span
from oneway.core.records import MISSING, Collected, Missing, Record, Value
from oneway.mapping.expressions import Context, Expression
from oneway.mapping.interpreter import FieldCode, Interpreted, MappingCode
from oneway.mapping.program import (
    Cell,
    CellState,
    EvaluationFailure,
    OwnTable,
    SourceRow,
    TargetRow,
)
from oneway.runs.compare.projection import Projection, expressions, holds_all
from oneway.runs.compare.snapshot_file import Part, RunSnapshot

T = TypeVar("T")

_UNKNOWN = Cell(CellState.UNSTATED)
"""Of a cell that failed then, and would not be evaluated now: nobody knows."""


@dataclass(frozen=True)
class ReEvaluation:
    """Evaluates a snapshot; `then` is the mapping of the run, `now` the one to evaluate."""

    kept: RunSnapshot
    then: Projection
    now: Projection
    context: Context

    def lacking(self) -> tuple[str, ...]:
        """Return what `now` needs and was not kept, in words; the rest requires none."""
        return tuple(dict.fromkeys(self._lacking()))

    def source(self) -> Collected[SourceRow]:
        """Return the rows that `now` makes of the source."""
        kept = self.kept.source
        rows = zip(kept.items, self.kept.records[0], strict=True)
        return replace(kept, items=tuple(self._row(row, part) for row, part in rows))

    def target(self) -> Collected[TargetRow]:
        """Return what `now` sees of the target."""
        kept = self.kept.target
        held = zip(kept.items, self.kept.records[1], strict=True)
        return replace(kept, items=tuple(self._held(each, part) for each, part in held))

    def departed(self) -> tuple[Cell, ...]:
        """Return what `now` writes to a record that no source record stands for."""
        then = dict(zip(self._leaving_then, self.kept.departed, strict=False))
        closed = [not self._again_field(code) for code in self.now.code.leaving]
        if any(closed) and not then:
            return ()  # it took a source record to say
        again = iter(self._reduced.departed())
        cells = (
            then.get(_sign(code), _UNKNOWN) if is_closed else next(again, None)
            for code, is_closed in zip(self.now.code.leaving, closed, strict=True)
        )
        found = tuple(cell for cell in cells if cell is not None)
        return found if len(found) == len(closed) else ()

    def own_tables(self) -> Mapping[str, OwnTable]:
        """Return the lookup tables of the target's own records, as far as they were kept."""
        code, tables = self.now.code, self.kept.tables
        kept = tuple(replace(e, own=e.own if e.name in tables else ()) for e in code.references)
        return Interpreted(replace(code, references=kept), self.context, tables).own_tables()

    @cached_property
    def _fields_then(self) -> Mapping[str, int]:
        return {_sign(code): i for i, code in enumerate(self.then.code.fields)}

    @cached_property
    def _leaving_then(self) -> Mapping[str, int]:
        return {_sign(code): i for i, code in enumerate(self.then.code.leaving)}

    @cached_property
    def _rules_then(self) -> Mapping[str, int]:
        return {rule.text: i for i, rule in enumerate(self.then.code.rules)}

    @cached_property
    def _reduced(self) -> Interpreted:
        """The program of `now`, reduced to the parts that can be evaluated again."""
        code = self.now.code
        levels = [i for i in range(len(code.match_source)) if i in self._levels]
        policy = replace(
            code.policy,
            match=tuple(code.policy.match[i] for i in levels),
            key_shown=tuple(code.policy.key_shown[i] for i in levels),
            fields=(),
            leaving=(),
        )
        leaver = code.leaver is not None and self._again(code.leaver)
        reduced = replace(
            code,
            policy=policy,
            match_source=tuple(code.match_source[i] for i in levels),
            match_target=tuple(code.match_target[i] for i in levels),
            only=code.only if self._scope_again else (),
            rules=tuple(filter(self._again, code.rules)),
            fields=tuple(filter(self._again_field, code.fields)),
            leaving=tuple(filter(self._again_field, code.leaving)),
            leaver=code.leaver if leaver else None,
            label=code.label if code.label is not None and self._again(code.label) else None,
            left=self._if_again_on_target(code.left),
            scheduled=self._if_again_on_target(code.scheduled),
        )
        return Interpreted(reduced, self.context, self.kept.tables)

    @cached_property
    def _scope_again(self) -> bool:
        """Whether the scope of the sync is evaluated again."""
        return all(map(self._again, self.now.code.only))

    @cached_property
    def _levels(self) -> frozenset[int]:
        """The match keys that are evaluated again."""
        return frozenset(
            level
            for level in self.now.keys
            if self._again(self.now.code.match_source[level].expression)
            and self._again_on_target(self.now.code.match_target[level])
        )

    def _again(self, expression: Expression) -> bool:
        """Return whether an expression is evaluated again: it is open, and all it reads is kept."""
        if not (self.now.is_open(expression) and self.then.is_open(expression)):
            return False
        return holds_all(self.kept.trees[0], expression)

    def _again_on_target(self, expression: Expression) -> bool:
        if not (self.now.is_open_on_target(expression) and self.then.is_open_on_target(expression)):
            return False
        return holds_all(self.kept.trees[1], expression)

    def _if_again_on_target(self, expression: Expression | None) -> Expression | None:
        again = expression is not None and self._again_on_target(expression)
        return expression if again else None

    def _again_field(self, code: FieldCode) -> bool:
        known = code.lookup is None or code.lookup in self.kept.tables
        return known and not code.rule.sensitive and all(map(self._again, expressions(code)))

    def _row(self, row: SourceRow, part: Part) -> SourceRow:
        if part is None or _is_of(row.evaluation_error, self._closed):
            return row
        again = self._reduced.source_row(Record(row.source_id, part))
        if again.evaluation_error is None:
            merged = self._merged(row, again)
            outside = again.outside if self._scope_again else row.outside
            leaver = row.leaver if outside else merged.leaver
            return replace(merged, outside=outside, leaver=leaver)
        if again.evaluation_error == row.evaluation_error:
            return row
        return self._failing(row, again)

    def _failing(self, row: SourceRow, again: SourceRow) -> SourceRow:
        """Return a row that fails now, with what is known of it before that."""
        code, reduced = self.now.code, self._reduced.code
        evaluated = again.keys_known and len(again.leaving) == len(reduced.leaving)
        leaving = (
            self._cells(code.leaving, again.leaving, row.leaving, self._leaving_then)
            if evaluated
            else ()
        )
        known = self._leaves(row, again)
        return SourceRow(
            row.source_id,
            row.key,
            row.label,
            row.keys,
            row.key_values,
            leaver=self._leaver(row, again),
            leaving=leaving,
            leaves_left=known.leaves_left if evaluated else None,
            leaves_later=known.leaves_later if evaluated else None,
            evaluation_error=again.evaluation_error,
            keys_known=again.keys_known,
        )

    def _leaver(self, row: SourceRow, again: SourceRow) -> bool:
        return again.leaver if self._reduced.code.leaver is not None else row.leaver

    def _leaves(self, row: SourceRow, again: SourceRow) -> SourceRow:
        """Return the row that knows how a leaver leaves: evaluated again where all of it is."""
        code, reduced = self.now.code, self._reduced.code
        whole = len(reduced.leaving) == len(code.leaving) and bool(reduced.left) == bool(code.left)
        whole = whole and bool(reduced.scheduled) == bool(code.scheduled)
        return again if whole else row

    @cached_property
    def _closed(self) -> frozenset[tuple[str, Span]]:
        """What of `then` can fail and is not evaluated again, with its place."""
        then, code = self.then, self.then.code
        closed = [
            typed.expression for i, typed in enumerate(code.match_source) if i not in then.keys
        ]
        rules = (*code.only, *code.rules, code.leaver)
        closed += [each for each in rules if each is not None and not then.is_open(each)]
        found = {(each.text, each.span) for each in closed}
        for each in (*code.fields, *code.leaving):
            if not then.is_open_field(each):
                found |= {(part.text, part.span) for part in expressions(each)}
                found.add((each.rule.expression, each.rule.place))
        if not all(map(then.is_open_field, code.leaving)):
            # What a leaver would be written is looked at by these, on a source record's values.
            left = (each for each in (code.left, code.scheduled) if each is not None)
            found |= {(each.text, each.span) for each in left}
        return frozenset(found)

    @cached_property
    def _closed_on_target(self) -> frozenset[tuple[str, Span]]:
        then, code = self.then, self.then.code
        closed = [each for i, each in enumerate(code.match_target) if i not in then.keys]
        for each in (code.left, code.scheduled):
            if each is not None and not then.is_open_on_target(each):
                closed.append(each)
        return frozenset((each.text, each.span) for each in closed)

    def _merged(self, row: SourceRow, again: SourceRow) -> SourceRow:
        code, reduced = self.now.code, self._reduced.code
        keys = self._by_level(row.keys, again.keys)
        values = self._by_level(row.key_values, again.key_values)
        fields = self._cells(code.fields, again.cells, row.cells, self._fields_then)
        leaving = self._cells(code.leaving, again.leaving, row.leaving, self._leaving_then)
        evaluated = {each.rule.path for each in (*reduced.fields, *reduced.leaving)}
        missed = tuple(each for each in row.missed if each.field not in evaluated)
        failed, not_given = self._failed(row, again)
        shown = zip(values, code.policy.key_shown, strict=False)
        named = (str(value) for value, show in shown if show and value is not None)
        return replace(
            row,
            key=next(named, row.source_id),
            label=again.label
            if code.label is not None and reduced.label is not None
            else row.label,
            keys=keys,
            key_values=values,
            leaver=self._leaver(row, again),
            failed_rules=failed,
            cells=fields,
            leaving=leaving,
            leaves_left=self._leaves(row, again).leaves_left,
            leaves_later=self._leaves(row, again).leaves_later,
            missed=(*again.missed, *missed),
            evaluation_error=None,
            keys_known=len(keys) == len(self.now.code.match_source),
            not_given=not_given,
            unsaid=self._unsaid(keys, row.unsaid, again.unsaid),
        )

    def _by_level(self, then: Sequence[T], now: Sequence[T]) -> tuple[T, ...]:
        """Return the values of the match keys, up to the first that is not known."""
        again, found = iter(now), list[T]()
        for level in range(len(self.now.code.match_source)):
            known = again if level in self._levels else iter(then[level : level + 1])
            values = list(islice(known, 1))
            if not values:
                break
            found += values
        return tuple(found)

    def _unsaid(
        self,
        keys: Sequence[object],
        then: EvaluationFailure | None,
        now: EvaluationFailure | None,
    ) -> EvaluationFailure | None:
        """Return why the first unknown match key is unknown."""
        if len(keys) == len(self.now.code.match_source):
            return None
        return now if len(keys) in self._levels else then

    def _failed(
        self, row: SourceRow, again: SourceRow
    ) -> tuple[tuple[int, ...], tuple[tuple[int, str], ...]]:
        """Return the rules that do not hold, and which of them depend on absent keys."""
        failed: list[int] = []
        not_given: list[tuple[int, str]] = []
        evaluated = 0
        for position, rule in enumerate(self.now.code.rules):
            if self._again(rule):
                of, at = again, evaluated
                evaluated += 1
            else:
                of, at = row, self._rules_then[rule.text]
            if at in of.failed_rules:
                failed.append(position)
            not_given += [(position, text) for each, text in of.not_given if each == at]
        return tuple(failed), tuple(not_given)

    def _cells(
        self,
        codes: Sequence[FieldCode],
        again: Sequence[Cell],
        then: Sequence[Cell],
        positions: Mapping[str, int],
    ) -> tuple[Cell, ...]:
        evaluated, found = iter(again), []
        for code in codes:
            if self._again_field(code):
                found.append(next(evaluated))
                continue
            position = positions[_sign(code)]
            found.append(then[position] if position < len(then) else _UNKNOWN)
        return tuple(found)

    def _held(self, held: TargetRow, part: Part) -> TargetRow:
        if part is None:
            return held
        again = self._reduced.target_row(Record(held.target_id, part))
        code, reduced = self.now.code, self._reduced.code
        closed = _is_of(held.evaluation_error, self._closed_on_target)
        whole = len(self._levels) == len(code.match_target)
        ended = again.evaluation_error is not None and not again.keys_known
        keys = held.keys if ended else self._by_level(held.keys, again.keys)
        unsaid = None if ended else self._unsaid(keys, held.unsaid, again.unsaid)
        known = not ended and len(keys) == len(code.match_target)
        left = again.left if reduced.left is not None else held.left
        scheduled = again.scheduled if reduced.scheduled is not None else held.scheduled
        return TargetRow(
            held.target_id,
            again.key if whole and known else held.key,
            keys,
            left=left,
            scheduled=scheduled and not left,
            values=self._values(code.fields, held),
            leaving=self._values(code.leaving, held),
            evaluation_error=held.evaluation_error if closed else again.evaluation_error,
            keys_known=known,
            unsaid=unsaid,
        )

    def _values(self, codes: Sequence[FieldCode], held: TargetRow) -> tuple[Value | Missing, ...]:
        policy = self.then.code.policy
        known: dict[str, Value | Missing] = {}
        for rule, value in zip(policy.leaving, held.leaving, strict=False):
            known[rule.path] = value
        for rule, value in zip(policy.fields, held.values, strict=False):
            known[rule.path] = value
        return tuple(known.get(code.rule.path, MISSING) for code in codes)

    def _lacking(self) -> Iterator[str]:
        yield from self._lacking_keys()
        yield from self._lacking_conditions()
        yield from self._lacking_fields(self.now.code.fields, self._fields_then)
        yield from self._lacking_fields(self.now.code.leaving, self._leaving_then)
        then = self.then.code
        paths = {each.rule.path for each in (*then.fields, *then.leaving)}
        for code in (*self.now.code.fields, *self.now.code.leaving):
            if code.rule.path not in paths:
                yield f"the target's {code.rule.path}"

    def _lacking_keys(self) -> Iterator[str]:
        matched = _keys(self.then.code)
        for level, pair in enumerate(_keys(self.now.code)):
            if level not in self._levels and matched[level : level + 1] != [pair]:
                yield f"match: {pair[0]}, {pair[1]}"

    def _lacking_conditions(self) -> Iterator[str]:
        now, then = self.now.code, self.then.code
        for rule in now.rules:
            if not self._again(rule) and rule.text not in self._rules_then:
                yield f"eligible: {rule.text}"
        on_source = (("leavers.when", now.leaver, then.leaver), ("label", now.label, then.label))
        for name, one, other in on_source:
            if one is not None and not self._again(one) and not _same_text(one, other):
                yield f"{name}: {one.text}"
        on_target = (
            ("leavers.left", now.left, then.left),
            ("leavers.scheduled", now.scheduled, then.scheduled),
        )
        for name, one, other in on_target:
            if one is not None and not self._again_on_target(one) and not _same_text(one, other):
                yield f"{name}: {one.text}"

    def _lacking_fields(
        self, codes: Sequence[FieldCode], positions: Mapping[str, int]
    ) -> Iterator[str]:
        for code in codes:
            if not self._again_field(code) and _sign(code) not in positions:
                yield f"{code.rule.path}: {code.rule.expression}"


def _keys(code: MappingCode) -> list[tuple[str, str]]:
    pairs = zip(code.match_source, code.match_target, strict=True)
    return [(source.expression.text, target.text) for source, target in pairs]


def _is_of(failure: EvaluationFailure | None, places: frozenset[tuple[str, Span]]) -> bool:
    return failure is not None and (failure.expression, failure.place) in places


def _same_text(one: Expression, other: Expression | None) -> bool:
    return other is not None and one.text == other.text


def _sign(code: FieldCode) -> str:
    """Return a signature that is equal for field rules that make the same cells."""
    parts = [each.text for each in expressions(code)]
    constants = (code.constant, code.default, code.initial)
    said = [None if isinstance(each, Expression) else repr(each) for each in constants]
    return repr((code.rule.path, parts, said, code.lookup, code.rule.merge, code.rule.sensitive))
