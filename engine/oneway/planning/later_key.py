"""Reports people matched by a later key whose earlier keys differ on the two sides."""

from oneway.core.records import MISSING, Value
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.values_read import as_shown
from oneway.planning.match import Match
from oneway.planning.plan import Reason

LATER_KEY = "later_key"
"""The code of the reason."""


def later_key(policy: Policy, row: SourceRow, found: Match) -> tuple[Reason, ...]:
    """Return the first earlier key that both records of a match have, with different values.

    The two may be different people, one of whom has the number and the other the email.
    """
    if found.target is None or not found.level:
        return ()
    pairs = zip(row.keys[: found.level], found.target.keys, strict=False)
    for level, (said, held) in enumerate(pairs):
        if said is not None and held is not None and said != held:
            return (_reason(policy, row, found.target, level, found.level),)
    return ()


def _reason(policy: Policy, row: SourceRow, target: TargetRow, level: int, by: int) -> Reason:
    path = _name(policy, level)
    text = f"matched by {_name(policy, by)}, although {path} is another in the target record"
    value = ""
    if policy.key_shown[level]:
        here, there = as_shown(row.key_values[level]), as_shown(_held(policy, target, level))
        value = f"{path}: {here} here, {there} in the target"
    return Reason(LATER_KEY, text, candidates=(target.target_id,), warning=True, value=value)


def _name(policy: Policy, level: int) -> str:
    return policy.match_paths[level] or f"match key {level + 1}"


def _held(policy: Policy, target: TargetRow, level: int) -> Value:
    """Return the value of a target record's key, in its compared form if no field is the key."""
    for rule, value in zip(policy.fields, target.values, strict=False):
        if rule.path == policy.match_paths[level] and value is not MISSING:
            return value
    key = target.keys[level]
    return key if isinstance(key, str | int | float) else str(key)
