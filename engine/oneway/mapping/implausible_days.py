"""Finds implausible leave dates: 2206 for 2026, or a day that stands for "none".

`0001-01-01`, `1900-01-01` and `9999-12-31` are what systems write for a missing date. The last is
right if the condition reads that day itself: nobody leaves by it. The conditions are evaluated as
of another day, so neither the form of a date nor how a list is read matters.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from oneway.core.records import Value, holds
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Context, EvaluationError, Expression
from oneway.mapping.rows import ImplausibleDay

LONG_AGO = 50
"""Years: an account of a person who left earlier no longer exists."""
FAR = 10
"""Years: a person who has left, by another field than that day, does not leave later than this."""
A_CAREER = 50
"""Years: nobody retires later than this."""
_EVER = 100
NO_DAY = 800
"""Years: no typing error in a digit leads this far. `9999-12-31` says that a person stays."""
YEAR = 365.2425


def left_long_ago(
    code: MappingCode, context: Context, data: Mapping[str, Value]
) -> ImplausibleDay | None:
    """Return what is odd if, by the record's dates alone, the person left long ago."""
    leaver = code.leaver
    if leaver is None or not leaver.facts.uses_today:
        return None
    then, first = in_years(context, -LONG_AGO), datetime(1, 1, 1, 12, tzinfo=context.zone)
    if not _is_so(leaver, data, then) or _is_so(leaver, data, replace(context, as_of=first)):
        return None
    text = (
        f"by its dates, they left more than {LONG_AGO} years ago: such a day often means no "
        "date, so nobody leaves by it; if it does, name it in leavers.when, else correct the day"
    )
    return ImplausibleDay(text, none=True)


def leaves_far_off(
    code: MappingCode, context: Context, written: Mapping[str, Value], *, scheduled: bool
) -> ImplausibleDay | None:
    """Return what is odd if a target record with a leaver's values will leave in the far future."""
    left = code.left
    if left is None or not (scheduled or _is_so(left, written, in_years(context, _EVER))):
        return None
    read = {use.keys for each in code.leaving for one in each.expressions for use in one.paths}
    is_condition = code.leaver is not None and code.leaver.reads_any(read)
    years = A_CAREER if is_condition else FAR
    if _is_so(left, written, in_years(context, years)):
        return None
    if is_condition and not _is_so(left, written, in_years(context, NO_DAY)):
        return None
    return ImplausibleDay(f"their access ends more than {years} years from now", not is_condition)


def in_years(context: Context, years: int) -> Context:
    """Return the same context some years later or earlier."""
    return context.later(round(years * YEAR))


def _is_so(expression: Expression, data: Mapping[str, Value], context: Context) -> bool:
    """Return whether a condition holds as of another day; False if that is unknown."""
    try:
        found = expression.decide(data, context)
    except EvaluationError:
        return False
    return not found.truth and holds(found.value)
