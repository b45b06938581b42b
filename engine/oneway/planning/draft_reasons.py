"""Reasons why a record cannot be evaluated, is ineligible, or is only partly written."""

from collections.abc import Iterable, Sequence

from oneway.core.paths import overlap
from oneway.core.sealed import MASK
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import STATED, Cell, CellState, SourceRow, TargetRow
from oneway.mapping.spec import Category, Merge, Write
from oneway.mapping.values_read import as_shown
from oneway.planning.access import FAR_OFF, MAY_HAVE_LEFT, UNSAID
from oneway.planning.diff import FieldChange, drift, hidden, refuses, unlisted
from oneway.planning.match import Match
from oneway.planning.plan import Reason

ODD_DAY = "odd_day"
"""The code of a reason: the leave date is implausible."""

NOT_SHOWN = "not_shown:"
"""The prefix of reason codes for fields that a target record does not show: `not_shown:groups`."""
IF_LEFT = Reason(MAY_HAVE_LEFT, "if they have left, they can still get in", warning=True)


def odd_leave_date(policy: Policy, row: SourceRow) -> tuple[Reason, ...]:
    """Return the reason that a leaver's leave date is implausible, and its consequence."""
    if row.odd_day is None:
        return ()
    text, keeps_access, _ = row.odd_day
    given = (
        f"{rule.path}: {MASK if rule.sensitive else as_shown(cell.value)}"
        for rule, cell in zip(policy.leaving, row.leaving, strict=True)
        if cell.state is CellState.STATED and row.leaves_left is False
    )
    value = "; ".join(filter(None, (row.why, *given)))
    if keeps_access:
        text = f"has left, and {text}: keeps access until then"
    return (Reason(FAR_OFF if keeps_access else ODD_DAY, text, warning=True, value=value),)


def lost_letters(change: FieldChange) -> Reason:
    text = (
        f"{change.rule.path} is not changed: nothing of it differs but '?' where letters were. The "
        "export lost them: write it again, as UTF-8"
    )
    return Reason("letters_lost", text, change.rule.place, warning=True)


def _is_decided(row: SourceRow, found: Match) -> bool:
    """Return whether a known key decided the match, before the first unknown one."""
    return found.level is not None and found.level < len(row.keys)


def evaluation_errors(row: SourceRow, found: Match) -> tuple[Reason, ...]:
    """Return why a record cannot be evaluated, or else why the target record cannot."""
    error = row.evaluation_error
    if error is None and found.target is None and not _is_decided(row, found):
        error = row.unsaid
    if error is not None:
        where = f" in {error.expression}" if error.expression else ""
        return (Reason(error.code, f"{error.text}{where}", error.place, value=error.value),)
    if found.target is None or found.target.evaluation_error is None:
        return ()
    error = found.target.evaluation_error
    text = f"target record {found.target.target_id}: {error.text}"
    return (Reason(error.code, text, error.place, value=error.value),)


def _otherwise(otherwise: str, not_given: str) -> str:
    """Return the text for a rule that fails, or that cannot be decided because keys are absent."""
    if not not_given:
        return otherwise
    said, key = otherwise.removesuffix("is missing"), not_given.removesuffix(" is not given")
    if said != otherwise and key != not_given and ";" not in key:
        return f"{said}is not given ({key})"
    return f"{not_given} ({otherwise})"


def without_value(
    fields: Iterable[tuple[FieldRule, Cell]], *, creating: bool = False, warning: bool = False
) -> tuple[Reason, ...]:
    """Return the fields whose missing values make the record ineligible."""
    return tuple([
        Reason(
            f"field:{rule.path}",
            f"no value for {rule.path}",
            rule.place,
            warning=warning,
            value=cell.read,
        )
        for rule, cell in fields
        if cell[0] is not STATED and refuses(rule, cell, creating=creating)
    ])  # fmt: skip


def broken_rules(policy: Policy, row: SourceRow, category: Category) -> tuple[Reason, ...]:
    """Return the reasons of the eligibility rules that do not hold for a row."""
    if not row.failed_rules:
        return ()
    not_given = dict(row.not_given)
    rules = ((policy.rules[position], position) for position in row.failed_rules)
    warning = category is Category.LEAVERS
    return tuple(
        Reason(
            rule.id,
            _otherwise(rule.otherwise, not_given.get(position, "")),
            rule.place,
            warning=warning,
        )
        for rule, position in rules
        if category in rule.categories
    )


def fields_without_value(
    policy: Policy, row: SourceRow, *, creating: bool = False
) -> tuple[Reason, ...]:
    if not [cell for cell in row.cells if cell[0] is not STATED]:
        return ()
    return without_value(zip(policy.fields, row.cells, strict=True), creating=creating)


def required_of_new(
    policy: Policy, row: SourceRow, differences: Iterable[FieldChange]
) -> tuple[Reason, ...]:
    """Return the reasons for fields that the target requires of a new record and would not get."""
    if not policy.required:
        return ()
    given = {each.rule.path for each in differences}
    # While lookups into the target's own records have no result yet, all count as found.
    given.update(
        rule.path
        for rule, cell in zip(policy.fields, row.cells, strict=False)
        if rule.own_table and cell.state is CellState.INACTIVE and cell.sought is not None
    )
    if given.issuperset(policy.required):  # the usual case
        return ()
    rules = {rule.path: rule.place for rule in policy.fields}
    return tuple(
        Reason(
            f"required:{path}",
            f"no value for {path}, which the target requires of a new record",
            rules.get(path),
        )
        for path in policy.required
        if not any(overlap(path, other) for other in given)
    )


def not_lists(policy: Policy, row: SourceRow, target: TargetRow) -> tuple[Reason, ...]:
    if not policy.merges:
        return ()
    return tuple(
        Reason(
            "not_a_list",
            f"{rule.path} of target record {target.target_id} does not hold a list, so nothing "
            f"can be merged into it (merge: {rule.merge.value}); correct it there, or write "
            "`merge: replace`",
            rule.place,
            warning=True,
        )
        for rule in unlisted(policy.fields, row.cells, target.values)
    )


def not_shown(policy: Policy, row: SourceRow, target: TargetRow) -> tuple[Reason, ...]:
    """Return the reasons for fields that are left alone because the target does not show them."""
    rules = hidden(policy.fields, row.cells, target.values) if target.values else ()
    return tuple(_is_not_shown(f"{NOT_SHOWN}{rule.path}", rule) for rule in rules)


def leave_not_shown(policy: Policy, cells: Sequence[Cell], target: TargetRow) -> tuple[Reason, ...]:
    """Return the reasons for fields of a leave that the target does not show.

    A value that the leave should remove may still be there.
    """
    rules = hidden(policy.leaving, cells, target.leaving, leaving=True) if cells else ()
    return tuple(_is_not_shown(UNSAID, rule) for rule in rules)


def _is_not_shown(code: str, rule: FieldRule) -> Reason:
    how = f"merge: {rule.merge.value}" if rule.merge is not Merge.REPLACE else ""
    how = how or ("write: if_empty" if rule.write is Write.IF_EMPTY else "it is to be removed")
    text = (
        f"{rule.path} is left alone ({how}): the target record does not show it, so what it "
        "holds is not known; if the system leaves out what is empty, say `absent: null` in its "
        "manifest"
    )
    return Reason(code, text, rule.place, warning=True)


def drifting(policy: Policy, row: SourceRow, target: TargetRow) -> tuple[Reason, ...]:
    if not policy.reports:
        return ()
    return tuple(
        Reason(
            "drift",
            f"{each.rule.path} differs and is left alone (write: never)",
            each.rule.place,
            warning=True,
        )
        for each in drift(policy.fields, row.cells, target.values)
    )
