"""Observations about the records that a plan was made from: shown with it, and not part of it.

They cover all records. If a run skips records that have not changed, they only say which fields of
the changed records are left alone.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice

from oneway.core.compare import comparable
from oneway.core.parsing import parse_day
from oneway.core.records import Missing, Value, is_blank
from oneway.mapping.code import FieldCode
from oneway.mapping.packed_rows import SourceRows, TargetRows
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import CellState, SourceRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow, SameRow
from oneway.mapping.spec import Write
from oneway.mapping.values_read import as_shown
from oneway.planning.diff import KEEP, present, wanted
from oneway.planning.plan import Kind, Outcome, Plan, Quiet, Reason, Verb
from oneway.runs.evidence.nearly_owned import nearly_owned
from oneway.runs.read import EvaluatedInputs

_ENOUGH = 10
"""At least this many target records are needed to tell what kind of values a field holds."""
_MOST = 50
_EACH = 4
"""A field holds codes if each of its values is in at least this many records on average."""
_NAMED = 5
_BLANK = CellState.BLANK.value.encode("ascii")
"""The bytes that packed cells contain if one of them is blank."""
_LACKING = (b" is not given", b": it is not a", b": another spelling", b": of another", b": a list")
"""The bytes that packed cells contain if something is unknown: `Gap.text`, `how_near`."""
_LOOKED_AT = 2_000
"""How many target records are read to tell whether a field holds codes."""


def with_observations(plan: Plan, found: EvaluatedInputs) -> Plan:
    """Return a plan with observations about the records that it was made from."""
    if found.passed_over:
        return replace(plan, noticed=tuple(_left_alone(plan, found)))
    noticed = *_left_alone(plan, found), *_new_codes(plan, found), *_kept(plan, found)
    return replace(plan, noticed=(*noticed, *nearly_owned(found)))


def _left_alone(plan: Plan, found: EvaluatedInputs) -> Iterator[Reason]:
    """Yield the fields that are left alone because list items lack a key, and for whom."""
    codes = found.program.code.fields
    if not any(each.names_gaps for code in codes for each in code.expressions):
        return  # the usual case: no row is read
    fields = found.program.policy.fields
    created = {each.source_id for each in plan.actions if each.verb is Verb.CREATE}
    whose: dict[tuple[int, str, bool], list[str]] = defaultdict(list)
    for row in _rows_with(found.source.items, _LACKING):
        if isinstance(row, SourceRow) and (row.leaver or row.outside):
            continue
        is_new = row[0] in created
        for position, (rule, cell) in enumerate(zip(fields, row.cells, strict=False)):
            written = rule.write in (Write.OVERWRITE, Write.IF_EMPTY)
            written = written or (is_new and rule.write is Write.ON_CREATE)
            if cell.read and written and not rule.refuses(cell.state):
                whose[position, cell.read, cell.state is CellState.STATED].append(row.key)
    for (position, lacks, adds), keys in sorted(whose.items()):
        rule, number = fields[position], len(keys)
        records = "1 record" if number == 1 else f"{number:,} records"
        if found.passed_over:
            records += f" that {'has' if number == 1 else 'have'} changed"
        then = "nothing is removed" if adds else "the field is left alone"
        text = f"{rule.path}: {lacks} in {records}{_whose(keys[:_NAMED], number)}, so {then}"
        yield Reason("not_given", text, rule.place, warning=True)


def _rows_with(rows: Sequence[AnySourceRow], words: Sequence[bytes]) -> Iterable[AnySourceRow]:
    """Return the rows, except packed ones that contain none of these byte strings."""
    return rows.but_without(words) if isinstance(rows, SourceRows) else rows


def _new_codes(plan: Plan, found: EvaluatedInputs) -> Iterator[Reason]:
    """Yield the codes that would be written and no target record holds: perhaps typing errors."""
    policy = found.program.policy
    written = _written(plan, found.program.code.fields, policy)
    for position, rule in enumerate(policy.fields):
        if rule.path in written:
            held = (_held(row, position, rule) for row in found.target.items)
            new = _unheld(written[rule.path], (e for e in held if e is not None), rule)
            if new:
                yield _of_codes(rule, new)


def _held(row: AnyTargetRow, position: int, rule: FieldRule) -> Hashable:
    """Return a target record's value in comparable form; None if it is blank."""
    values = row.values
    value = values[position] if position < len(values) else None
    return (
        None if isinstance(value, Missing) or is_blank(value) else comparable(value, rule.compare)
    )


def _unheld(
    written: Mapping[str | int, int], held: Iterator[Hashable], rule: FieldRule
) -> Mapping[str | int, int]:
    """Return the written values that no record holds, if the values held are codes."""
    known = Counter(islice(held, _LOOKED_AT))
    if known.total() < _ENOUGH or len(known) > min(_MOST, known.total() // _EACH):
        return {}
    new = {v: n for v, n in written.items() if comparable(v, rule.compare) not in known}
    while new and (more := set(islice(held, _LOOKED_AT))):
        new = {v: n for v, n in new.items() if comparable(v, rule.compare) not in more}
    return new


def _written(
    plan: Plan, codes: tuple[FieldCode, ...], policy: Policy
) -> Mapping[str, Counter[str | int]]:
    """Return how often each value is written to a field that may hold codes."""
    personal = {*policy.match_paths, *(policy.fields[i].path for i in policy.identifying)}
    fields = {
        each.rule.path
        for each in codes
        if each.lookup is None and not each.rule.sensitive and each.rule.path not in personal
    }
    found: dict[str, Counter[str | int]] = defaultdict(Counter)
    for action in plan.actions if fields else ():
        if action.verb in (Verb.CREATE, Verb.UPDATE):
            for change in action.changes:
                if change.field in fields and _may_be_code(change.after) and not change.awaits:
                    found[change.field][change.after] += 1  # type: ignore[index]  # it may be one
    return found


def _may_be_code(value: object) -> bool:
    """Return whether a value is text or a whole number, and not a date."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return False
    return not is_blank(value) and parse_day(value) is None


def _of_codes(rule: FieldRule, new: Mapping[str | int, int]) -> Reason:
    named = [f"{as_shown(value)} ({number:,})" for value, number in new.items()]
    more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
    text = (
        f"{rule.path}: no target record has {', '.join(named[:_NAMED])}{more}, which would be "
        "written"
    )
    return Reason("new_code", text, rule.place, warning=True)


def _kept(plan: Plan, found: EvaluatedInputs) -> Iterator[Reason]:
    """Yield how many target values stay because the source is blank, and whose."""
    fields = found.program.policy.fields
    rows = _perhaps_blank(found.source.items)
    targets = {each[0]: each for each in _unlike(found.target.items)} if rows else {}
    counts: Counter[str] = Counter()
    whose: dict[str, list[str]] = defaultdict(list)
    for key, row, target in _pairs(plan, rows, targets):
        for path in _kept_fields(fields, row, target):
            counts[path] += 1
            if key and len(whose[path]) < _NAMED:
                whose[path].append(key)
    if counts:
        said = ", ".join(f"{path} {n:,}{_whose(whose[path], n)}" for path, n in counts.items())
        yield Reason("kept", f"blank in the source, kept in the target: {said}")


def _whose(keys: list[str], number: int) -> str:
    """Return the first few people, in brackets; "" if no key may be shown."""
    more = " and others" if number > len(keys) else ""
    return f" ({', '.join(keys)}{more})" if keys else ""


def _perhaps_blank(rows: Sequence[AnySourceRow]) -> Mapping[str, AnySourceRow]:
    """Return the rows of people who stay by id, except those with a value in every field."""
    return {row[0]: row for row in _rows_with(rows, (_BLANK,)) if not row.leaver}


def _unlike(targets: Sequence[AnyTargetRow]) -> list[AnyTargetRow]:
    """Return the target records that may hold more than their source records state."""
    if isinstance(targets, TargetRows) and not any(map(_holds_more, targets.besides)):
        return targets.others
    return [each for each in targets if not isinstance(each, SameRow) or _holds_more(each[2])]


def _holds_more(beside: Sequence[Sequence[Value | Missing]]) -> bool:
    return any(present(each) is not None for each in beside[0])


_STAYING = (Kind.UNCHANGED, Kind.UPDATE)


def _pairs(
    plan: Plan, rows: Mapping[str, AnySourceRow], targets: Mapping[str, AnyTargetRow]
) -> Iterator[tuple[str, AnySourceRow, AnyTargetRow]]:
    """Yield the key and both rows of each person who stays, if both are among these."""
    listed = {each.source_id for each in plan.runs if isinstance(each, Outcome)}
    all_listed = rows.keys() <= listed  # the usual case: quiet outcomes are not decoded
    runs = ((e,) if isinstance(e, Outcome | Quiet) else () if all_listed else e for e in plan.runs)
    for each in chain.from_iterable(runs) if targets else ():
        row, target = rows.get(each.source_id or ""), targets.get(each.target_id or "")
        known = isinstance(each, Quiet) or each.kind in _STAYING
        if known and row is not None and target is not None:
            yield each.key, row, target


def _kept_fields(
    fields: tuple[FieldRule, ...], row: AnySourceRow, target: AnyTargetRow
) -> Iterator[str]:
    blank = CellState.BLANK
    for rule, cell, held in zip(fields, row.cells, target.values, strict=False):
        kept = cell[0] is blank and wanted(rule, cell) is KEEP
        if kept and rule.write is Write.OVERWRITE and present(held) is not None:
            yield rule.path
