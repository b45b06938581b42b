"""Checks by constants alone whether `leavers.set` can make `leavers.left` hold."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from oneway.core.description import Capability, Resource
from oneway.core.diagnostics import SURE
from oneway.core.paths import path_text, with_value
from oneway.core.records import MISSING, Value
from oneway.mapping.code import FieldCode, MappingCode
from oneway.mapping.expressions import Context, Expression, Reading
from oneway.mapping.has_left import left_and_due, left_with
from oneway.mapping.program import LeftAnswer, Written
from oneway.mapping.rows import TargetRow
from oneway.mapping.spec import FieldSpec, Merge, Write

_AS_OF = datetime(2026, 6, 15, 12, tzinfo=UTC)


def misspelt(
    going: Iterable[FieldSpec], read: Iterable[str], written: Iterable[str], target: Resource
) -> Mapping[str, str]:
    """Return the fields of `leavers.set` that misspell a field which `left` reads.

    Each comes with the field that was probably meant. `written` is what the mapping writes.
    """
    unwritten = sorted(set(read) - set(written))
    found = {}
    for field in going:
        if field.path not in {*target.fields, *read}:
            from difflib import get_close_matches

            near = get_close_matches(field.path, unwritten, n=1, cutoff=SURE)
            if near:
                found[field.path] = near[0]
    return found


def left_reads(left: Expression) -> tuple[str, ...]:
    """Return the fields that `leavers.left` reads."""
    return tuple(dict.fromkeys(path_text(use.keys) for use in left.paths))


def left_by(code: MappingCode, written: Iterable[Written], by: Capability) -> LeftAnswer:
    """Return whether a record with these values has left, if nothing else is known about it."""
    unknown = replace(
        code,
        left=_knowing_nothing(code.left),
        scheduled=_knowing_nothing(code.scheduled),
    )
    row = TargetRow("", "", (), leaving=(MISSING,) * len(code.leaving))
    return left_with(unknown, Context(_AS_OF, strict=True), row, tuple(written), by)


def day_left_out(code: MappingCode) -> str:
    """Return a field whose day, if it is today, makes a record neither left nor scheduled to leave.

    "" if there is none. With days before it the record has left, and with days after it is due.
    """
    known = replace(
        code,
        left=_knowing_nothing(code.left),
        scheduled=_knowing_nothing(code.scheduled),
    )
    context = Context(_AS_OF, strict=True)
    for rule in (code.policy.leaving[position] for position in code.policy.telling):
        days = [context.later(days).today.isoformat() for days in (-1, 0, 1)]
        told = [left_and_due(known, context, with_value({}, rule.keys, day)) for day in days]
        if told == [(True, False), (False, False), (False, True)]:
            return rule.path
    return ""


def _knowing_nothing(expression: Expression | None) -> Expression | None:
    return None if expression is None else replace(expression, reading=Reading())


def written_to_leave(leaving: Iterable[FieldCode]) -> Iterator[Written]:
    """Yield the constants that each leaver's record will have."""
    for each in leaving:
        plain = each.rule.write is Write.OVERWRITE and each.rule.merge is Merge.REPLACE
        if plain and each.source is None and each.when is None and each.lookup is None:
            yield each.rule.keys, each.constant


def written_to_return(
    leaving: Iterable[FieldCode], given: Mapping[int, Value]
) -> Iterator[Written]:
    """Yield the values of each returning person's record that do not need a source record."""
    for position, each in enumerate(leaving):
        if position in given:
            yield each.rule.keys, given[position]
        elif each.source is None:
            yield each.rule.keys, each.rule.clear
