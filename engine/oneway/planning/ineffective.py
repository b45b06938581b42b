"""Says why a leave would not make `leavers.left` hold, or a return would not make it stop holding.

The mapping says what a leave writes. Before anything is written, `left` is evaluated on the target
record as it would be afterwards.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from oneway.core.description import Capability
from oneway.core.diagnostics import Span
from oneway.core.paths import path_text
from oneway.core.records import MISSING, Missing, Value
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.program import LeftAnswer, Written
from oneway.mapping.record_schema import typed
from oneway.mapping.rows import TargetRow
from oneway.planning.diff import Awaited, FieldChange
from oneway.planning.plan import Reason

IN_VAIN = "leave_in_vain"
"""The code of a reason: the target would not show that the person has left."""
BACK_IN_VAIN = "return_in_vain"
"""The code of a reason: the target would still show that the person has left."""

LeftWith = Callable[[TargetRow, Sequence[Written], Capability], LeftAnswer]
"""See `Program.left_with`."""


def written(changes: Sequence[FieldChange]) -> tuple[Written, ...]:
    """Return the values that changes write, by path."""
    return tuple((each.rule.keys, _after(each)) for each in changes)


def why_leave_fails(policy: Policy, target: TargetRow, changes: Sequence[FieldChange]) -> Reason:
    """Return why a leaver would keep access, or get it back, with the values written."""
    what = "leavers.set does not make `left` hold"
    if target.left:
        what = "what differs would let them in again, as `left` would no longer hold"
    text = f"has left, and {what}: {_beside(policy, target, changes)}"
    remedy = "write in leavers.set what `left` checks, or check in `left` what is written"
    return Reason(IN_VAIN, f"{text}; {remedy}", _place(policy))


def why_return_fails(policy: Policy, target: TargetRow, changes: Sequence[FieldChange]) -> Reason:
    """Return why a returning person would stay locked out with the values written."""
    text = "is back in the source, and `left` would still hold once that is written"
    remedy = "name in `rehires: {reactivate: ...}` what ends it"
    return Reason(
        BACK_IN_VAIN, f"{text}: {_beside(policy, target, changes)}; {remedy}", _place(policy)
    )


def not_known(policy: Policy) -> str:
    """Return the message that the values written do not show whether a person has left."""
    left = policy.left.text if policy.left is not None else ""
    return f"has left, and whether `left` ({left}) holds once it is written is not known"


def _place(policy: Policy) -> Span | None:
    telling = [policy.leaving[i].place for i in policy.telling]
    places = (*telling, *(rule.place for rule in policy.leaving))
    return places[0] if places else None


def _beside(policy: Policy, target: TargetRow, changes: Sequence[FieldChange]) -> str:
    """Return the values that `left` would read, with its condition and line."""
    assert policy.left is not None
    after = {each.rule.path: each.after for each in changes}
    read = [
        _said(policy.leaving[i], after, target.leaving[i])
        for i in policy.telling
        if i < len(target.leaving)
    ]
    others = ", ".join(path_text(path) for path in policy.condition_paths if path)
    if others and not read:
        read.append(f"it writes nothing to {others}")
    asks = f"`left` on line {policy.left.place.line} asks for {policy.left.text}"
    compared = f", which compares with {'; '.join(policy.left.compared)}"
    return f"{', '.join(read)}, and {asks}{compared if policy.left.compared else ''}"


def _said(rule: FieldRule, after: Mapping[str, object], held: Value | Missing) -> str:
    """Return the value that a field would have; for a sensitive one, only whether it has any."""
    value = after.get(rule.path, held)
    if rule.sensitive:
        return f"{rule.path} has a value that is not shown"
    if isinstance(value, Missing | Awaited):
        return f"{rule.path} is not known"
    return f"{rule.path} would be {typed(cast(Value, value))}"


def _after(change: FieldChange) -> Value | Missing:
    if isinstance(change.after, Awaited):
        return MISSING
    return change.rule.clear if change.after is None else change.after
