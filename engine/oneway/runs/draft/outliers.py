"""Finds records with an odd value, one that differs from all others in its field."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept
from oneway.core.majority import is_overwhelming
from oneway.core.parsing import parse_day
from oneway.core.paths import at
from oneway.core.records import MISSING, Record, Value, is_blank
from oneway.runs.draft.pairs import Pair, number_of_pair
from oneway.runs.draft.side import DraftSide, odd_value


@dataclass(frozen=True, slots=True)
class Outlier:
    """A record, and what is odd about it, in words."""

    record: Record
    text: str


def outliers(source: DraftSide, pairs: Sequence[Pair]) -> tuple[Outlier, ...]:
    """Return the records whose value does not fit the type of its field."""
    numbers = {each.source: each.marks for each in pairs if each.number and not each.unfit}
    found: list[Outlier] = []
    for path, marks in sorted(numbers.items()):
        found += _odd(source, path, "numbers", partial(_is_number, marks))
    for path in source.fields:
        if is_leave_date(source, path):
            found += _odd(source, path, "dates", parse_day)
    return tuple(found)


def _is_number(marks: Sequence[str], value: Value) -> bool:
    return number_of_pair(value, marks) is not None


def without_outliers(source: DraftSide, odd: Sequence[Outlier]) -> DraftSide:
    """Return a side without its odd records, as they are not typical."""
    ids = {each.record.id for each in odd}
    return replace(source, records=tuple(e for e in source.records if e.id not in ids))


def is_leave_date(source: DraftSide, path: str) -> bool:
    """Return whether a field holds people's last day, ignoring single odd values."""
    if concept(path) != "leave":
        return False
    values = source.values(path)
    days = sum(parse_day(value) is not None for value in values)
    return not values or is_overwhelming(days, len(values))


def _odd(
    source: DraftSide, path: str, like: str, fits: Callable[[Value], object]
) -> Iterator[Outlier]:
    for each in source.records:
        value = at(each.data, source.keys(path))
        if value is not MISSING and not is_blank(value) and not fits(value):
            yield Outlier(each, f"record {each.id}: {odd_value(path, value, like)}")
