"""Compares one field: its rule, the source's value, and the target's value."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import field
from enum import Enum
from functools import partial
from typing import NamedTuple

from oneway.core.compare import (
    Compare,
    Comparison,
    comparable,
    comparable_item,
    is_other_text,
    same,
)
from oneway.core.dataclass import dataclass
from oneway.core.parsing import parse_day
from oneway.core.records import MISSING, Missing, Value, is_blank
from oneway.core.redacted import ADDED, BEGUN, DEPARTED, LOST, facts_of
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import STATED, Cell, CellState, SourceRow, TargetRow
from oneway.mapping.short_rows import PLAIN
from oneway.mapping.spec import Merge, OnMiss, OwnedItems, Write


class Keep(Enum):
    """The field is left alone."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Awaited:
    """A value that a lookup will find once another action, on the record `of`, is done.

    `sought` is looked up in `table` (`oneway.planning.own_lookups`). `known` is the value if that
    action writes it itself, such as an employee number that lookups return.
    """

    of: tuple[str, str]
    table: str
    sought: Value = field(compare=False)
    known: Value | Missing = field(default=MISSING, compare=False)


class FieldChange(NamedTuple):
    """A field to be written: its rule, and its value before and after (None means blank)."""

    rule: FieldRule
    before: Value
    after: Value | Awaited


_change: Callable[[tuple[object, ...]], FieldChange] = partial(tuple.__new__, FieldChange)
"""Makes a change from a tuple, faster than the class does."""


def comparison(rule: FieldRule) -> Compare:
    """Return how values of a unique field are compared: emails ignore case."""
    if rule.unique_ignores_case or rule.compare is Compare.IGNORE_CASE:
        return Compare.IGNORE_CASE
    return Compare.EXACT


def doubled(policy: Policy) -> Mapping[int, Compare]:
    """Return the fields whose values only one record should hold, with how they are compared.

    These are the unique fields and the match keys that an update may write. If two records hold one
    key, a later run takes the wrong one for the person's.
    """
    found = {i: comparison(policy.fields[i]) for i in policy.watched}
    levels = dict(zip(policy.match_paths, policy.match, strict=True))
    for i, rule in enumerate(policy.fields):
        if rule.path in levels and rule.write in (Write.OVERWRITE, Write.IF_EMPTY):
            found.setdefault(i, levels[rule.path])
    return found


def at_create(rules: Sequence[FieldRule], cells: Sequence[Cell]) -> tuple[FieldChange, ...]:
    """Return the fields of a new record: only those with a value."""
    found, never = [], Write.NEVER
    for rule, cell in zip(rules, cells, strict=True):
        value = cell[1] if cell[2] is None else new_value(cell)
        if not is_blank(value) and rule.write is not never:
            found.append(_change((rule, None, value)))
    return tuple(found)


def at_update(
    rules: Sequence[FieldRule], cells: Sequence[Cell], current: Sequence[Value | Missing]
) -> tuple[FieldChange, ...]:
    """Return the fields of a matched record that differ and that the mapping writes."""
    found: list[FieldChange | None] = []
    for rule, cell, held in zip(rules, cells, current, strict=True):
        value = cell[1]  # by position: quicker than by name
        if value.__class__ is held.__class__ and value.__class__ in PLAIN and cell[0] is STATED:
            if value == held:
                continue  # both sides hold the same plain value: the usual case
            if rule.as_it_is and is_other_text(value, held):
                found.append(_change((rule, held, value)))
                continue
        write = rule.write
        if write is Write.OVERWRITE or (write is Write.IF_EMPTY and present(held) is None):
            found.append(_difference(rule, cell, held))
    return tuple([each for each in found if each is not None])


def at_rekey(policy: Policy, row: SourceRow, target: TargetRow) -> tuple[FieldChange, ...]:
    """Return the key fields to write when a person has a new key.

    A key that the source record lacks is left alone, as it would be written again every night.
    """
    levels = zip(policy.match_paths, policy.carried, row.keys, target.keys, strict=False)
    paths = {
        path for path, carried, key, held in levels if carried and key is not None and key != held
    }
    fields = (
        (rule, cell, value)
        for rule, cell, value in zip(policy.fields, row.cells, target.values, strict=True)
        if rule.path in paths
    )
    return differing(fields)


def unlisted(
    rules: Sequence[FieldRule], cells: Sequence[Cell], held: Sequence[Value | Missing]
) -> tuple[FieldRule, ...]:
    """Return the rules that would merge into a field that does not hold a list."""
    return tuple(
        rule
        for rule, cell, value in zip(rules, cells, held, strict=True)
        if rule.merge is not Merge.REPLACE
        and rule.write is Write.OVERWRITE
        and wanted(rule, cell) is not KEEP
        and not isinstance(present(value), list | None)
    )


def is_hidden(rule: FieldRule, held: Value | Missing) -> bool:
    """Return whether a target record may hold a value in a field that it does not show."""
    return held is MISSING and not rule.always_shown


def hidden(
    rules: Sequence[FieldRule],
    cells: Sequence[Cell],
    held: Sequence[Value | Missing],
    *,
    leaving: bool = False,
) -> tuple[FieldRule, ...]:
    """Return the rules of fields that are left alone because the record does not show them.

    What such a field holds decides what is written: a list is merged into it, or a value only fills
    it if it is empty. In a leave, a value that is to be removed counts as well, as it may still be
    there.
    """
    return tuple(
        rule
        for rule, cell, value in zip(rules, cells, held, strict=True)
        if is_hidden(rule, value) and _hangs_on_target(rule, wanted(rule, cell), leaving=leaving)
    )


def _hangs_on_target(rule: FieldRule, after: Value | Keep, *, leaving: bool) -> bool:
    if after is KEEP or rule.write not in (Write.OVERWRITE, Write.IF_EMPTY):
        return False
    if rule.write is Write.IF_EMPTY or rule.merge is Merge.ADD:
        return not is_blank(after)
    return rule.merge is Merge.OWN or (leaving and after is None)


def loses_letters(change: FieldChange) -> bool:
    """Return whether a change only replaces letters by question marks.

    This happens if an export is written in an encoding that lacks the letters.
    """
    before, after = change.before, change.after
    if LOST in facts_of(after):
        return True
    if not (isinstance(before, str) and isinstance(after, str)) or len(before) != len(after):
        return False
    if "?" not in after and "\ufffd" not in after:  # the usual case
        return False
    differing = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    return bool(differing) and all(
        new in "?\ufffd" and old.isalpha() and not old.isascii() for old, new in differing
    )


def drift(
    rules: Sequence[FieldRule], cells: Sequence[Cell], current: Sequence[Value | Missing]
) -> tuple[FieldChange, ...]:
    """Return the fields of a matched record that differ and are only reported (`write: never`)."""
    return differing(
        (rule, cell, value)
        for rule, cell, value in zip(rules, cells, current, strict=True)
        if rule.write is Write.NEVER
    )


def present(current: Value | Missing) -> Value:
    """Return a target record's value; None if it is blank or missing."""
    return None if current is MISSING or is_blank(current) else current


def wanted(rule: FieldRule, cell: Cell) -> Value | Keep:
    """Return the value that a matched record should have: None clears, KEEP leaves it alone."""
    if cell[0] is STATED:
        return cell.value
    return None if rule.clears(cell) else KEEP


def is_there(policy: Policy, row: SourceRow) -> bool:
    """Return whether a person is still there: not a leaver, or with a last day in the future."""
    return not row.leaver or kept_out(policy, row).leaves_left is False


def stays_until_later(policy: Policy, row: SourceRow) -> bool:
    """Return whether a person stays, or has a future last day that the source states.

    A leaver whose last day is computed from the day of the run has left: such a day never comes.
    """
    by_run = row.leaver and any(cell.moving for cell in row.leaving)
    return is_there(policy, row) and not by_run


def perhaps_left(policy: Policy, row: SourceRow) -> bool:
    """Return whether a person has left or may have; not if their last day is in the future."""
    return row.may_have_left or not stays_until_later(policy, row)


def is_gone(policy: Policy, row: SourceRow, target: TargetRow) -> bool:
    """Return whether a record says that its person has left, or will leave on an unintended day.

    A day that the source itself states is intended, provided that `left` reads days to come.
    """
    if target.left or not target.scheduled:
        return target.left
    if policy.left is None or not policy.left.tells_due:
        return True
    fields = [
        (policy.leaving[i], row.leaving[i], present(target.leaving[i])) for i in policy.telling
    ]
    held = [e for e in fields if not is_blank(e[2]) and not e[0].is_constant(e[1].value)]
    return not held or not all(
        cell.state is STATED and not rule.by_run and same(value, cell.value, rule.compare)
        for rule, cell, value in held
    )


def with_begun_leave(policy: Policy, row: SourceRow, target: TargetRow) -> SourceRow:
    """Return a leaver's row with the values of a leave that has begun; see `begun`.

    A future day that is computed from the day of the run keeps nobody in: it would move on with
    each run.
    """
    if not any(cell.moving for cell in row.leaving):  # the usual case
        return row
    cells = begun(policy, row.leaving, target)
    left = True if target.left else row.leaves_left
    later = target.scheduled and has_begun(row.leaving, target)
    return row._replace(leaving=cells, leaves_left=left, leaves_later=later)


def begun(policy: Policy, cells: tuple[Cell, ...], target: TargetRow) -> tuple[Cell, ...]:
    """Return the values for a leaver, keeping what the target holds of those that move every day.

    A value that depends on the day of the run, such as `today()`, was fixed when the leave began.
    The target's value stays if the record has left, or if it is no later than this run's value. A
    field with an explicit `write: overwrite` is written all the same.
    """
    return tuple(
        cell._replace(value=present(held))
        if cell.moving
        and "write" not in rule.written
        and (target.left or is_day_until(present(held), cell.value))
        else cell
        for rule, cell, held in zip(policy.leaving, cells, target.leaving, strict=True)
    )


def has_begun(cells: Iterable[Cell], target: TargetRow) -> bool:
    """Return whether a record holds a day that shows that a leave with these values has begun."""
    pairs = zip(cells, target.leaving, strict=False)
    return any(cell.moving and is_day_until(present(held), cell.value) for cell, held in pairs)


def is_day_until(held: Value, new: Value) -> bool:
    """Return whether `held` is a day and no later than `new`."""
    if facts := facts_of(new):
        return BEGUN in facts or (DEPARTED in facts and DEPARTED in facts_of(held))
    day, last = parse_day(held), parse_day(new)
    return day is not None and last is not None and day <= last


def held_from_leave(policy: Policy, row: SourceRow, target: TargetRow) -> tuple[str, ...]:
    """Return the fields about access that hold the constant that every leave writes to them.

    A field is about access if `left` reads it, a return names it, or a new record gets it. Other
    constants, such as a note that a leave writes, prove nothing. A system that leaves out empty
    values leaves out false as well, so a false that is not shown is still held.
    """
    about_access = {*policy.telling, *dict(policy.reactivating)}
    given = {each.path for each in policy.fields}
    fields = zip(policy.leaving, row.leaving, target.leaving, strict=False)
    return tuple(
        rule.path
        for position, (rule, cell, held) in enumerate(fields)
        if "value" in rule.written
        and (position in about_access or rule.path in given)
        and cell.state is STATED
        and present(cell.value) is not None
        and (same(held, cell.value, rule.compare) or (cell.value is False and is_blank(held)))
    )


def kept_out(policy: Policy, row: SourceRow) -> SourceRow:
    """Return a leaver's row whose blank values clear nothing, unless clearing means leaving.

    Otherwise a blank leave date in the source would remove the target's, and restore access.
    """
    if row.leaves_left is True:
        return row
    cells = tuple(
        Cell(CellState.UNSTATED) if rule.clears(cell) and "value" not in rule.written else cell
        for rule, cell in zip(policy.leaving, row.leaving, strict=False)
    )
    return row if cells == row.leaving else row._replace(leaving=cells, leaves_left=None)


def new_value(cell: Cell) -> Value:
    """Return the value that a new record gets, or None."""
    initial = cell[2]
    return cell[1] if initial is None or is_blank(initial) else initial


def known_value(cell: Cell) -> Value:
    """Return the value of a field that people are known by, written or not; else None."""
    return new_value(cell) if cell.unwritten is None else cell.unwritten


_USABLE = (CellState.STATED, CellState.INACTIVE)
"""The states of cells that never make a record ineligible."""


def refuses(rule: FieldRule, cell: Cell, *, creating: bool) -> bool:
    """Return whether a field without a usable value makes its record ineligible."""
    if cell.state in _USABLE:  # the usual case
        return False
    if rule.misses(cell.state):
        return rule.on_miss is OnMiss.INELIGIBLE
    stands_in = creating and not is_blank(cell.initial)
    return rule.refuses(cell.state) and not stands_in


def differing(
    fields: Iterable[tuple[FieldRule, Cell, Value | Missing]],
) -> tuple[FieldChange, ...]:
    """Return the fields in which a target record differs from what it should hold."""
    found = [_difference(rule, cell, current) for rule, cell, current in fields]
    return tuple([each for each in found if each is not None])


def _difference(rule: FieldRule, cell: Cell, current: Value | Missing) -> FieldChange | None:
    after = wanted(rule, cell)
    if after is KEEP:
        return None
    before = present(current)
    merges = rule.merge is not Merge.REPLACE
    if is_hidden(rule, current) and (merges or rule.write is Write.IF_EMPTY):
        return None  # `hidden`: the record may hold a value
    if merges:
        if not isinstance(before, list | None):
            return None  # `unlisted`: merging would replace the value
        after = merged(rule, before, after, partial=bool(cell.read))
    return None if _holds(before, after, rule.compare) else FieldChange(rule, before, after)


def _holds(before: Value, after: Value | Awaited, compare: Comparison) -> bool:
    """Return whether a record already holds a value, or the value that another action will make."""
    if isinstance(after, Awaited):
        return after.known is not MISSING and same(before, after.known, compare)
    return same(before, after, compare)


def merged(rule: FieldRule, before: Value, after: Value, *, partial: bool = False) -> Value:
    """Return what a field will hold once a value is written to it with its `merge`.

    With `partial`, the source's list may have more items than `after` (`Cell.read`).
    """
    if rule.merge is Merge.REPLACE:
        return after
    if rule.merge is Merge.ADD or partial:
        return added(before, after, rule.compare)
    return owned(rule.owned, before, after)


def holds_planned(rule: FieldRule | None, held: Value | Missing, planned: Value) -> bool:
    """Return whether a value is the planned one of a field, as the plan compares the two.

    Into a field with `merge`, items are written; their order and repetition say nothing.
    """
    if rule is None:
        return same(held, planned)
    if rule.merge is Merge.REPLACE:
        return same(held, planned, rule.compare)
    return _items(held, rule.compare) == _items(planned, rule.compare)


def _items(value: Value | Missing, compare: Comparison) -> Hashable:
    held = present(value)
    if not isinstance(held, list):
        return comparable(held, compare)
    return frozenset(comparable_item(item, compare) for item in held) or None


def owned(ours: OwnedItems, before: Value, after: Value) -> Value:
    """Return the target's list with our items replaced by those of `after`.

    Other items stay in place, and so do ours that remain; each new item is appended once. None if
    nothing remains.
    """
    have = before if isinstance(before, list) else []
    said = {ours.key(item): item for item in after} if isinstance(after, list) else {}
    stays = [item for item in have if ours.key(item) in said or not ours.owns(item)]
    known = {ours.key(item) for item in stays}
    fresh = [item for key, item in said.items() if key not in known]
    return before if len(stays) == len(have) and not fresh else [*stays, *fresh] or None


def added(before: Value, after: Value, compare: Comparison = Compare.EXACT) -> Value:
    """Return the target's list with missing items appended; nothing is removed."""
    have = before if isinstance(before, list) else []
    known = {comparable_item(item, compare) for item in have}
    fresh = (
        [
            item
            for item in after
            if comparable_item(item, compare) not in known and ADDED not in facts_of(item)
        ]
        if isinstance(after, list)
        else []
    )
    return before if not fresh else [*have, *fresh]
