"""Finds one person among the records, with their match and the rules that hold."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from oneway.core.dataclass import dataclass
from oneway.core.key_forms import as_typed
from oneway.core.phrases import count, some
from oneway.core.records import Missing, Record, Snapshot, Value, holds, is_blank
from oneway.core.sealed import MASK
from oneway.inspect.explain.fields import FieldSteps, PlannedRecord
from oneway.inspect.explain.steps import (
    NOT_ASKED,
    OUTSIDE,
    Condition,
    Explanation,
    FieldStep,
    Forecast,
    KeyStep,
    RuleStep,
)
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import EvaluationError, Expression, texts
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.policy import FieldRule, Rule
from oneway.mapping.program import Program
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import whole
from oneway.mapping.spec import Category
from oneway.mapping.values_read import values_read
from oneway.planning.access import is_still_in
from oneway.planning.endings import End, Ending
from oneway.planning.match import Match, Matches, match
from oneway.planning.names import named, names_of
from oneway.planning.one_per_person import ANOTHER, hold_tied, one_per_person
from oneway.planning.plan import Action, Kind, Outcome, Plan


class MatchedSnapshots:
    """The snapshots as the mapping sees them, and the matches between them."""

    def __init__(
        self,
        compiled: Compiled,
        program: Program,
        source: Snapshot,
        target: Snapshot,
        plan: Plan,
        forecasts: Mapping[str, Forecast],
    ) -> None:
        self.forecasts = forecasts
        self.names = names_of(plan.parts)
        self.compiled = compiled
        self.policy = program.policy
        self.context = compiled.context(plan.settings, datetime.fromisoformat(plan.as_of))
        if isinstance(program, Interpreted):
            self.context = replace(self.context, trees=program.context.trees)
        self.interpreter = Interpreted(compiled.code, self.context)
        rows = sorted(
            map(program.source_row, source.records), key=lambda row: (row.key, row.source_id)
        )
        targets = sorted(map(program.target_row, target.records), key=lambda each: each.target_id)
        self.rows = {row.source_id: row for row in rows}
        self.target_rows = {each.target_id: each for each in targets}
        self.sources = {record.id: record for record in source.records}
        self.targets = {record.id: record for record in target.records}
        chosen = one_per_person(self.policy, rows)
        counting = sorted(map(whole, chosen.rows), key=lambda row: (row.key, row.source_id))
        keyed = match(counting, targets, self.policy.match_paths)
        self.matches: Matches = hold_tied(keyed, counting, chosen.tied)

    def is_named(self, outcome: Outcome, key: str) -> bool:
        names: set[object] = {outcome.key, outcome.label, outcome.source_id, outcome.target_id}
        row = self.rows.get(outcome.source_id or "")
        if row is not None and outcome.source_id is not None:
            names.update(self._row_names(row))
        target = self.target_rows.get(outcome.target_id or "")
        if target is not None and target.values and outcome.target_id is not None:
            names.update(_open(self.policy.fields[i], target.values[i]) for i in self._claimed())
        return as_typed(key) in {as_typed(str(name)) for name in names if name}

    def explanation(self, outcome: Outcome) -> Explanation:
        row = self.rows[outcome.source_id] if outcome.source_id is not None else None
        target = self.target_rows[outcome.target_id] if outcome.target_id is not None else None
        person = Person(self, outcome, row, target)
        return Explanation(
            kind=outcome.kind,
            key=outcome.key,
            label=outcome.label,
            source_id=outcome.source_id,
            target_id=outcome.target_id,
            keys=person.keys(),
            scope=person.scope(),
            rules=person.rules(),
            leaving=person.leaving(),
            fields=self._fields(outcome, row, target),
            reasons=outcome.reasons,
            why=_why(outcome, self.forecasts, self.names),
            actions=outcome.actions,
            waits=bool(outcome.actions) and not any(map(self._is_sent, outcome.actions)),
            still_in=_still_in(outcome, self.forecasts),
        )

    def _fields(
        self, outcome: Outcome, row: SourceRow | None, target: TargetRow | None
    ) -> tuple[FieldStep, ...]:
        if row is not None and row.outside and not row.leaver:
            return ()  # the sync is not for this person: no question is asked
        source = self.sources[row.source_id] if row is not None else None
        sent = tuple(filter(self._is_sent, outcome.actions))
        subject = PlannedRecord(outcome, sent, row, target, source)
        steps = FieldSteps(self.compiled, self.policy, self.context, subject)
        return steps.all()

    def _is_sent(self, action: Action) -> bool:
        return self.forecasts.get(action.id, Forecast("")).sent

    def evaluated(self, expression: Expression, record: Record) -> Value:
        """Return the value of an expression; raise `EvaluationError`."""
        return expression.evaluate(record.data, self.context)[0]

    def _claimed(self) -> tuple[int, ...]:
        return self.policy.unless_taken

    def _row_names(self, row: SourceRow) -> Iterable[object]:
        for value, is_shown in zip(row.key_values, self.policy.key_shown, strict=False):
            yield value if is_shown else None
        for i in self._claimed() if row.cells else ():
            yield _open(self.policy.fields[i], row.cells[i].value)
        # an unreadable record is still named by what it says
        if row.readable_keys:
            yield row.label.strip("()").split(" ", 1)[0]


@dataclass(frozen=True, slots=True)
class Person:
    """One record, and what the mapping makes of it."""

    house: MatchedSnapshots
    outcome: Outcome
    row: SourceRow | None
    target: TargetRow | None

    def keys(self) -> tuple[KeyStep, ...]:
        code = self.house.compiled.code
        spec = self.house.compiled.spec
        return tuple(
            KeyStep(
                source=code.match_source[level].expression.shown,
                target=code.match_target[level].shown,
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
        assert self.target is not None
        record = self.house.targets[self.target.target_id]
        try:
            value = self.house.evaluated(self.house.compiled.code.match_target[level], record)
        except EvaluationError:
            return None
        return None if self._blank_key(level) else value

    def _blank_key(self, level: int) -> bool:
        keys = self._subject().keys
        return level >= len(keys) or keys[level] is None

    def _subject(self) -> SourceRow | TargetRow:
        subject = self.row if self.row is not None else self.target
        assert subject is not None
        return subject

    def _key_verdict(self, level: int) -> str:
        if level >= len(self._subject().keys):
            unsaid = self._subject().unsaid
            return _UNEVALUATED if unsaid is None else unsaid.text
        if self.row is None:
            return self._claimants(level)
        if any(each.code == ANOTHER for each in self.outcome.reasons):
            return "not tried: another record of this person counts"
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
        rows = self.house.rows.values()
        ids = [row.source_id for row in rows if level < len(row.keys) and row.keys[level] == key]
        found = [row for row in rows if not row.keys_known and level >= len(row.keys)]
        unread = [row for row in found if key in row.readable_keys[level : level + 1]]
        if unread and not ids:
            return f"{_several(unread)} has this value, and cannot be read"
        unknown = [row for row in found if not any(row.readable_keys[level : level + 1])]
        if not ids and unknown:
            return f"{_OF_THE_KNOWN}; the key of these cannot be read: {_several(unknown)}"
        if not ids:
            return "no source record has this value"
        return f"source records with this value: {', '.join(sorted(ids))}"

    def scope(self) -> tuple[RuleStep, ...]:
        if self.row is None:
            return ()
        pairs = zip(self.house.policy.only, self.house.compiled.code.only, strict=True)
        return tuple(self._step(rule, each, *self._scope_rule(rule, each)) for rule, each in pairs)

    def _scope_rule(self, rule: Rule, expression: Expression) -> tuple[bool | None, str]:
        answer, said = self._of_source(expression)
        return answer, said if answer is None else _words(rule, answer)

    def rules(self) -> tuple[RuleStep, ...]:
        if self.row is None:
            return ()
        pairs = zip(self.house.policy.rules, self.house.compiled.code.rules, strict=True)
        return tuple(
            self._step(rule, each, *self._rule(position))
            for position, (rule, each) in enumerate(pairs)
        )

    def _step(
        self, rule: Rule, expression: Expression, answer: bool | None, verdict: str
    ) -> RuleStep:
        values = "" if verdict.startswith(NOT_ASKED) else self._values(expression, self._source())
        return RuleStep(
            rule.id, expression.shown, rule.otherwise, rule.place, answer, verdict, values
        )

    def _rule(self, position: int) -> tuple[bool | None, str]:
        row = self.row
        assert row is not None
        rule = self.house.policy.rules[position]
        if self._is_outside():
            return None, OUTSIDE
        if row.evaluation_error is not None:
            return None, f"{NOT_ASKED}: the record is in error"
        categories = self._categories()
        if not any(each in rule.categories for each in categories):
            return None, f"{NOT_ASKED}: the rule is not for {categories[0].value}"
        not_given = dict(row.not_given)
        if position in not_given:
            return None, f"not known, so it does not hold: {not_given[position]}"
        holding = position not in row.failed_rules
        return holding, _words(rule, holding)

    def _is_outside(self) -> bool:
        """Return whether `only` leaves the person out; then no other rule was asked."""
        assert self.row is not None
        if not (self._source().problem or self._source().damage):
            return bool(self.row.outside)
        return any(self._of_source(each)[0] is False for each in self.house.compiled.code.only)

    def _categories(self) -> tuple[Category, ...]:
        """Return what the person is, or may be if the match is a conflict."""
        if self.row is not None and self.row.leaver:
            return (Category.LEAVERS,)
        if self.outcome.kind is Kind.CONFLICT and self.target is None:
            return (Category.JOINERS, Category.MOVERS)
        return (Category.JOINERS if self.target is None else Category.MOVERS,)

    def leaving(self) -> tuple[Condition, ...]:
        spec, code = self.house.compiled.spec.leavers, self.house.compiled.code
        if spec is None:
            return ()
        asked = []
        if self.row is not None and code.leaver is not None:
            said = OUTSIDE if self._is_outside() else self._of_source(code.leaver)[1]
            asked.append(("is a leaver in the source", code.leaver, self._source(), said))
        if self.target is not None:
            record = self.house.targets[self.target.target_id]
            left, said = self._of_target(code.left, record)
            if code.left is not None:
                asked.append(("has left in the target", code.left, record, said))
            if code.scheduled is not None:
                said = self._of_target(code.scheduled, record)[1]
                said = said if left is False or code.left is None else _AFTER_LEFT
                asked.append(("is due to leave in the target", code.scheduled, record, said))
            if code.absent_when is not None and self.row is None:
                said = self._of_target(code.absent_when, record)[1]
                asked.append(("its absence counts", code.absent_when, record, said))
        return tuple(
            Condition(
                about,
                expression.shown,
                expression.span,
                said,
                "" if said.startswith(NOT_ASKED) else self._values(expression, record),
            )
            for about, expression, record, said in asked
        )

    def _source(self) -> Record:
        assert self.row is not None
        return self.house.interpreter.undamaged(self.house.sources[self.row.source_id])

    def _of_source(self, expression: Expression) -> tuple[bool | None, str]:
        record = self._source()
        if not (record.problem or record.damage):
            return self._answer(expression, record)
        answer = self.house.interpreter.answer_unread(expression, record)
        return answer, _UNREAD if answer is None else "yes" if answer else "no"

    def _of_target(self, expression: Expression | None, record: Record) -> tuple[bool | None, str]:
        if expression is None or record.problem:
            return None, _UNEVALUATED
        return self._answer(expression, record)

    def _values(self, expression: Expression, record: Record) -> str:
        """Return what a condition read of a record, without sensitive values."""
        secrets = self.house.compiled.code.secrets
        is_source = self.row is not None and record is self._source()
        read = values_read(expression, record.data, secrets.source if is_source else secrets.target)
        return "; ".join(filter(None, (read, *self._ways_up(expression, record))))

    def _ways_up(self, expression: Expression, record: Record) -> Iterator[str]:
        """Yield the position of each node in its tree, for nodes that a condition asks about."""
        for use in expression.trees:
            tree = self.house.context.trees.get(use.name)
            with suppress(EvaluationError):
                node = evaluated(use.node, dict(record.data), self.house.context).value
                if tree is not None and not is_blank(node) and not isinstance(node, list | dict):
                    yield f"{use.name}: {tree.path(node)}"

    def _answer(self, expression: Expression, record: Record) -> tuple[bool | None, str]:
        """Return whether a condition holds, and the same in words; None if unknown."""
        try:
            answer = expression.decide(record.data, self.house.context)
        except EvaluationError:
            return None, _UNEVALUATED
        if answer.truth:
            return None, f"not known: {texts(answer.truth)}"
        return holds(answer.value), "yes" if holds(answer.value) else "no"


def _open(rule: FieldRule, value: Value | Missing) -> object:
    """Return a value that may name a record; "" if it is sensitive."""
    return None if rule.sensitive or isinstance(value, Missing | list | dict) else value


def _words(rule: Rule, holding: bool) -> str:
    return "holds" if holding else f"does not hold: {rule.otherwise}"


def _decided(found: Match) -> str:
    if found.target is not None:
        return f"target record {found.target.target_id} has this value: matched"
    assert found.conflict is not None
    return f"conflict: {found.conflict.text}"


def _several(rows: Sequence[SourceRow]) -> str:
    """Return the first few records by name, and how many others there are."""
    names = sorted(" ".join(dict.fromkeys((row.key, row.label))).strip() for row in rows)
    return some(names, _NAMED)


_NAMED = 3
"""Records that a message names."""
_OF_THE_KNOWN = "of the source records whose keys are known, none has this value"
_UNEVALUATED = "cannot be evaluated"
_UNREAD = "not known: the record cannot be read"
_AFTER_LEFT = f"{NOT_ASKED}: only of a record that has not left"


def _why(
    outcome: Outcome, forecasts: Mapping[str, Forecast], names: Mapping[str, str]
) -> tuple[str, ...]:
    """Return what happens to the record, or why nothing does."""
    reasons = tuple(named(reason, names) for reason in outcome.reasons)
    if outcome.actions:
        will = (_will(each, forecasts.get(each.id)) for each in outcome.actions)
        return (*will, *reasons)
    forecast = forecasts.get(outcome.source_id or "")
    kept = outcome.kind is Kind.UNCHANGED and outcome.has_access
    nothing = "nothing happens" if kept else _NOTHING[outcome.kind]
    return (nothing if forecast is None else forecast.text, *reasons)


def _still_in(outcome: Outcome, forecasts: Mapping[str, Forecast]) -> bool:
    """Return whether a leaver can get in after the plan, as far as the plan can tell."""
    ends = {id: End(Ending.HELD) for id, each in forecasts.items() if not each.sent}
    return is_still_in(outcome, ends)


def _will(action: Action, forecast: Forecast | None) -> str:
    why = f", because {action.why}" if action.why else ""
    verb = _VERBS[action.verb.value]
    fields = count(len(action.changes), "field")
    unless = ", unless that has happened" if forecast is not None and forecast.unsure else ""
    if forecast is not None and not forecast.sent:
        return f"will not {verb}{unless}: {forecast.text} ({fields}{why})"
    then = f"; {forecast.text}" if forecast is not None else ""
    return f"will {verb}, with {fields} written{why}{unless}{then}"


_VERBS = {
    "create": "be created",
    "update": "be updated",
    "leave": "leave",
    "correct": "have the leave corrected",
    "reactivate": "be reactivated",
    "deactivate": "be deactivated",
}
_NOTHING = {
    Kind.CREATE: "nothing happens",
    Kind.UPDATE: "nothing happens",
    Kind.LEAVE: "nothing happens",
    Kind.UNCHANGED: "nothing to do: each field has the value that it should have, or is left alone",
    Kind.REHIRE: "nothing happens, because a person decides on a rehire",
    Kind.IGNORED: "nothing happens, because the record is left alone",
    Kind.INELIGIBLE: "nothing happens, because the record is ineligible",
    Kind.CONFLICT: "nothing happens, because it is uncertain who this is, or whose value it is",
    Kind.ERROR: "nothing happens, because the record cannot be planned",
    Kind.ABSENT: "nothing happens, because no source record is known to match this target record",
}
