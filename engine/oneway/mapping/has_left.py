"""Tells by the mapping's own conditions whether a target record has left once values are written.

Lint uses it for constants and programs for every leaver, so both give the same answer.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date

from oneway.core.description import Capability
from oneway.core.paths import at, with_value, without_path
from oneway.core.records import Missing, Value, holds, is_blank
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Context, EvaluationError, Expression, one_record
from oneway.mapping.implausible_days import A_CAREER, in_years
from oneway.mapping.policy import Policy
from oneway.mapping.program import LeftAnswer, Written
from oneway.mapping.rows import STATED, Cell, TargetRow

_FAR = 36_525
"""Days until every due leaver has left: a hundred years."""


@one_record()
def left_with(
    code: MappingCode,
    context: Context,
    target: TargetRow,
    written: Sequence[Written],
    by: Capability,
) -> LeftAnswer:
    """Return whether a target record has left once these values are written. Never raises."""
    data = read_by_conditions(code.policy, target, written)
    left = _tells(code.left, data, context)
    if left:
        return LeftAnswer.LEFT
    if left is None:
        return LeftAnswer.UNKNOWN
    later = _tells(code.left, data, context.later(_FAR))
    due = (later, _tells(code.scheduled, data, context))
    if any(due):
        return LeftAnswer.DUE
    unsure = None in due or bool(code.unsure.get(by))
    return LeftAnswer.UNKNOWN if unsure else LeftAnswer.STAYS


@one_record()
def left_and_due(
    code: MappingCode, context: Context, data: Mapping[str, Value]
) -> tuple[bool | None, bool | None]:
    """Return whether a record has `left`, and whether it is `scheduled` to. Never raises.

    Each is None if it is unknown.
    """
    return _tells(code.left, data, context), _tells(code.scheduled, data, context)


@one_record()
def is_due(code: MappingCode, context: Context, data: Mapping[str, Value]) -> bool:
    """Return whether a record will have left by days that a leave writes. Never raises.

    For mappings without `leavers.scheduled`. Days that `leavers.set` does not write, such as the
    end of a contract, are not a leave of this sync.
    """
    policy = code.policy
    if policy.left is None or not policy.left.tells_due:
        return False
    days = range((in_years(context, A_CAREER).as_of - context.as_of).days)
    if not _tells(code.left, data, context.later(len(days))):
        return False
    paths = [policy.leaving[position].keys for position in policy.telling]
    days_held = [
        e for e in paths if not is_blank(value := at(data, e)) and not isinstance(value, bool)
    ]
    if not days_held:
        return False
    without: Mapping[str, Value] = data
    for keys in days_held:
        without = without_path(without, keys)
    first = bisect_left(
        days, True, key=lambda day: bool(_tells(code.left, data, context.later(day)))
    )
    return not _tells(code.left, without, context.later(first))


@one_record()
def absence_counts(code: MappingCode, context: Context, target: TargetRow) -> bool | None:
    """Return whether a target record may be deactivated as absent; None if unknown."""
    asked = code.absent_when
    return (
        True if asked is None else _tells(asked, read_by_conditions(code.policy, target), context)
    )


@one_record()
def leaves_by_itself(code: MappingCode, context: Context, target: TargetRow) -> bool:
    """Return whether a record in use has a plausible last day, and will leave by that day."""
    data = read_by_conditions(code.policy, target)
    then = in_years(context, A_CAREER)
    is_due, stays_due = (_tells(code.scheduled, data, on) for on in (context, then))
    return not target.left and bool(_tells(code.left, data, then) or (is_due and not stays_due))


@one_record()
def leaves_on(
    code: MappingCode, context: Context, target: TargetRow, leaving: Sequence[Cell] = ()
) -> date | None:
    """Return the later day from which a record gives no access once its leave is written.

    Returns None if it gives none already, or if the day is unknown.
    """
    cells = zip(code.policy.leaving, leaving, strict=False)
    written = [(rule.keys, cell.value) for rule, cell in cells if cell.state is STATED]
    data = read_by_conditions(code.policy, target, written)

    def has_left(days: int) -> bool:
        return bool(_tells(code.left, data, context.later(days)))

    def is_over(days: int) -> bool:
        return _tells(code.scheduled, data, context.later(days)) is False

    days = range((in_years(context, A_CAREER).as_of - context.as_of).days)
    for holds_on in (has_left, is_over) if code.scheduled is not None else (has_left,):
        first = bisect_left(days, True, key=holds_on)
        if 0 < first < len(days):
            return context.later(first).today
    return None


def read_by_conditions(
    policy: Policy, target: TargetRow, written: Sequence[Written] = ()
) -> Mapping[str, Value]:
    """Return what conditions read of a target record once these values are written."""
    rules = (rule.keys for rule in policy.leaving)
    held = (
        *zip(policy.condition_paths, target.condition_values, strict=False),
        *zip(rules, target.leaving, strict=False),
        *written,
    )
    data: Mapping[str, Value] = {}
    for keys, value in held:
        if not keys:
            data = value if isinstance(value, Mapping) else {}
        elif isinstance(value, Missing):
            data = without_path(data, keys)
        else:
            data = with_value(data, keys, value)
    return data


def _tells(
    expression: Expression | None, data: Mapping[str, Value], context: Context
) -> bool | None:
    """Return whether a condition holds; None if unknown, or if it cannot be evaluated."""
    if expression is None:
        return False
    try:
        answer = expression.decide(data, context)
    except EvaluationError:
        return None
    return None if answer.truth else holds(answer.value)
