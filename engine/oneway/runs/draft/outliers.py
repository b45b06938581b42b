"""Finds records with an odd value: one unlike all others in its field."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept
from oneway.core.majority import is_overwhelming
from oneway.core.records import MISSING, Record, at, is_blank, parse_day
from oneway.runs.draft.pairs import Pair, is_number
from oneway.runs.draft.side import DraftSide, odd_value


@dataclass(frozen=True, slots=True)
class Outlier:
    """A record, and in words what is odd about it."""

    record: Record
    text: str


def outliers(source: DraftSide, pairs: Sequence[Pair]) -> tuple[Outlier, ...]:
    """Return the records whose value does not fit the type of its field."""
    numbers = {each.source for each in pairs if each.number and not each.unfit}
    found = [*_odd(source, sorted(numbers), "numbers")]
    found += _odd(source, [each for each in source.fields if is_leave_date(source, each)], "dates")
    return tuple(found)


def without_outliers(source: DraftSide, odd: Sequence[Outlier]) -> DraftSide:
    """Return a side without its odd records, which do not stand for the others."""
    ids = {each.record.id for each in odd}
    return replace(source, records=tuple(e for e in source.records if e.id not in ids))


def is_leave_date(source: DraftSide, path: str) -> bool:
    """Return whether a field holds a person's last day, ignoring single odd values."""
    if concept(path) != "leave":
        return False
    values = source.values(path)
    days = sum(parse_day(value) is not None for value in values)
    return not values or is_overwhelming(days, len(values))


def _odd(source: DraftSide, paths: Sequence[str], like: str) -> Iterator[Outlier]:
    for path in paths:
        for each in source.records:
            value = at(each.data, source.keys(path))
            if value is MISSING or is_blank(value):
                continue
            if not (is_number(value) if like == "numbers" else parse_day(value)):
                yield Outlier(each, f"record {each.id}: {odd_value(path, value, like)}")
