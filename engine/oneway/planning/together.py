"""Fields that are written only together (`together`), such as the parts of a bank account.

A new sort code beside an old account number is an account that neither system knows.
"""

from collections.abc import Sequence

from oneway.core.phrases import some
from oneway.core.records import is_blank
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import Cell
from oneway.planning.diff import KEEP, FieldChange, new_value, wanted
from oneway.planning.plan import Reason

IN_PART = "in_part:"
"""The prefix of reason codes for groups that lack a value: `in_part:bankDetails.sortCode`."""
Changes = tuple[FieldChange, ...]
Cells = Sequence[tuple[FieldRule, Cell]]


def without_parts(
    policy: Policy, changes: Changes, cells: Sequence[Cell], *, creating: bool = False
) -> tuple[Changes, tuple[Reason, ...]]:
    """Return the changes without those that would write only part of a group, and the reasons.

    Such a group lacks a value in the source. `cells` are the cells of all fields.
    """
    if not (policy.together and changes):
        return changes, ()
    changed = {each.rule.path for each in changes}
    if changed.isdisjoint(policy.together_paths):  # the usual case
        return changes, ()
    reasons: list[Reason] = []
    dropped: set[str] = set()
    for group in policy.together:
        rules = [policy.fields[i] for i in group]
        written = [rule for rule in rules if rule.path in changed]
        if not written or (creating and len(written) == len(group)):
            continue  # a new record is given no blank value
        members = [(rule, cells[i]) for rule, i in zip(rules, group, strict=True)]
        lacking = _without_value(members, creating=creating)
        if lacking:
            dropped |= {rule.path for rule in written}
            reasons.append(_in_part(written, lacking))
    if not dropped:
        return changes, ()
    rest = tuple([each for each in changes if each.rule.path not in dropped])
    return rest, tuple(reasons)


def _without_value(members: Cells, *, creating: bool) -> tuple[str, ...]:
    """Return the fields of a group without a value; () if all are to be cleared."""
    values = [
        (rule.path, new_value(cell) if creating else wanted(rule, cell)) for rule, cell in members
    ]
    if all(value is None for _, value in values):
        return ()
    return tuple(path for path, value in values if value is KEEP or is_blank(value))


def _in_part(written: Sequence[FieldRule], lacking: Sequence[str]) -> Reason:
    paths = some([rule.path for rule in written])
    are = "is" if len(written) == 1 else "are"
    have = "has" if len(lacking) == 1 else "have"
    text = f"{paths} {are} left alone, as {some(lacking)} {have} no value (together)"
    return Reason(f"{IN_PART}{written[0].path}", text, written[0].place, warning=True)
