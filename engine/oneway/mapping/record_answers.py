"""Answers of a bound mapping's expressions about one record.

An answer that depends on what the record does not state, or that cannot be evaluated, ends in
`RecordStopped`, which holds the failure of that record.
"""

import re
from collections.abc import Mapping
from dataclasses import field, replace

from oneway.core.dataclass import dataclass
from oneway.core.records import Record, Value, holds, is_blank
from oneway.mapping.code import MappingCode, Typed
from oneway.mapping.expressions import (
    PLAIN,
    Context,
    Evaluation,
    EvaluationError,
    Expression,
    Gaps,
    texts,
)
from oneway.mapping.lookup_table import LookupTable
from oneway.mapping.rows import EvaluationFailure
from oneway.mapping.unreadable import strictly, with_placeholders
from oneway.mapping.values_read import values_read

NOBODY = Record("", {})
"""Stands for a missing source record: every key is unstated, whatever absence means elsewhere."""
HAS_LEFT = "whether it has left"


class RecordStopped(Exception):
    """Raised when the evaluation of one record fails; holds the failure."""

    def __init__(self, failure: EvaluationFailure) -> None:
        self.failure = failure


@dataclass(frozen=True, slots=True)
class RecordAnswers:
    """A mapping bound to an instant, to settings and to lookup tables, asked about one record."""

    code: MappingCode
    context: Context
    tables: Mapping[str, LookupTable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tables = self.tables.items()
        if trees := {name: each.tree for name, each in tables if each.tree is not None}:
            object.__setattr__(self, "context", replace(self.context, trees=trees))

    def _answer(self, expression: Expression, record: Record) -> Evaluation:
        if record is NOBODY:
            expression = replace(expression, reading=PLAIN)
        try:
            return expression.decide(record.data, self.context)
        except EvaluationError as error:
            raise self._stopped(str(error), expression, record) from None

    def _decides(self, expression: Expression | None, record: Record, what: str) -> bool:
        """Return whether a condition on access holds; an unstated value fails the record.

        `what` is the question, in words.
        """
        if expression is None:
            return False
        answer = self._answer(expression, record)
        self._demand_said(answer.truth, expression, what, record)
        return holds(answer.value)

    def _demand(self, wrong: str, expression: Expression, record: Record) -> None:
        if wrong:
            raise self._stopped(wrong, expression, record)

    def _demand_said(self, gaps: Gaps, expression: Expression, what: str, record: Record) -> None:
        """Fail the record if an answer depends on something that it does not state."""
        if not gaps:
            return
        text, code = texts(gaps), "failed"
        if not all(gap.wrong for gap in gaps):
            text, code = (
                f"it is not known {what}: {text}{self._made_by(gaps, expression)}",
                "unsaid",
            )
        raise self._stopped(text, expression, record, code)

    def _stopped(
        self, text: str, expression: Expression, record: Record, code: str = "failed"
    ) -> RecordStopped:
        """Return the failure of an expression, with the values it read unless sensitive."""
        secrets = self.code.secrets
        secret = secrets.target if self._of_target(expression) else secrets.source
        value = values_read(expression, record.data, secret)
        return RecordStopped(
            EvaluationFailure(text, expression.shown, expression.span, code, value)
        )

    def _made_by(self, gaps: Gaps, expression: Expression) -> str:
        """Return which expression of a manifest leaves out a key that an answer depends on."""
        if self._of_target(expression):
            return ""
        keys = (re.split(r"[.\[]", gap.path, maxsplit=1)[0] for gap in gaps if not gap.wrong)
        places = [self.code.made[key] for key in keys if key in self.code.made]
        return f" (made by {places[0]})" if places else ""

    def _of_target(self, expression: Expression) -> bool:
        code = self.code
        return expression in (*code.match_target, code.left, code.scheduled, code.absent_when)

    def _key(self, typed: Typed, record: Record) -> Value:
        answer = self._answer(typed.expression, record)
        value = answer.value
        self._demand_said(answer.exact, typed.expression, "who this is", record)
        if is_blank(value):
            return None
        if typed.check is not None:
            self._demand(typed.check(value), typed.expression, record)
        if isinstance(value, list | dict):
            wrong = "a list or object cannot be a match key; take one value of it"
            self._demand(wrong, typed.expression, record)
        if isinstance(value, str) and self.code.policy.trims:
            return value.strip()  # as a new record will hold it
        return value

    def _key_values(
        self, keys: tuple[Typed, ...], record: Record
    ) -> tuple[list[Value], EvaluationFailure | None]:
        """Return the values of the match keys, as far as they can be evaluated."""
        values: list[Value] = []
        try:
            for typed in keys:
                values.append(self._key(typed, record))
        except RecordStopped as stopped:
            return values, stopped.failure
        return values, None

    def _decides_surely(self, rule: Expression | None, record: Record, what: str) -> bool:
        """Return whether a condition holds for an unreadable record, for any lost values.

        Raises `RecordStopped` if the answer depends on them. An absent key is unstated here, even
        where the mapping reads it as null.
        """
        if rule is None:
            return False
        strict = strictly(rule, record)
        answer = self._decides(strict, record, what)
        other = replace(record, data=with_placeholders(record, rule))
        if not record.lost and rule.facts.whole:
            other = record  # it reads the whole record, so no path can be filled in
        if self._decides(strict, other, what) is not answer:
            raise self._stopped(f"it is not known {what}", strict, record, "unsaid")
        return answer

    def _readable(self, keys: tuple[Typed, ...], seen: Record) -> list[Value]:
        """Return the values of an unreadable record's match keys: None where one is lost."""
        values: list[Value] = []
        for typed in keys:
            strict = replace(typed, expression=strictly(typed.expression, seen))
            found, failure = self._key_values((strict,), seen)
            values += found if failure is None else [None]
        return values

    def _rules(self, record: Record) -> tuple[tuple[int, ...], tuple[tuple[int, str], ...]]:
        """Return the rules that do not hold, and which of them depend on absent keys."""
        failed: list[int] = []
        not_given: list[tuple[int, str]] = []
        for position, rule in enumerate(self.code.rules):
            fails, absent = self._fails(rule, record)
            if fails:
                failed.append(position)
            if absent:
                not_given.append((position, absent))
        return tuple(failed), tuple(not_given)

    def _fails(self, rule: Expression, record: Record) -> tuple[bool, str]:
        """Return whether a rule does not hold, and the absent keys that this depends on."""
        answer = self._answer(rule, record)
        fails = not holds(answer.value)
        # A rule that requires a value reports itself that it is missing, or misshapen.
        reported = fails and all(gap.wrong and not gap.held for gap in answer.truth)
        absent = texts(answer.truth) if answer.truth and not reported else ""
        return fails or bool(answer.truth), absent
