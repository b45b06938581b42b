"""Decides by the matched records how days are read (`1/2/2026`), and how the target writes them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from oneway.core.dataclass import dataclass
from oneway.core.parsing import parse_day
from oneway.core.paths import at
from oneway.core.records import Value
from oneway.mapping.functions.dates import format_date
from oneway.runs.draft.keys import MatchKeys, matched
from oneway.runs.draft.side import DraftSide

_LEAST = 4
"""The fewest matched records that prove anything."""


def month_comes_first(
    source: DraftSide, target: DraftSide, keys: MatchKeys
) -> tuple[bool | None, bool | None]:
    """Return for each side whether its days have the month first; None if that is unknown.

    It is known if all matched records agree with one of the two readings.
    """
    owners = matched(source, target, keys) if source.either or target.either else {}
    here = [source.records[each].data for each in owners]
    there = [target.records[each].data for each in owners.values()]
    return _of_side(source, here, target, there), _of_side(target, there, source, here)


def with_evidence(
    side: DraftSide, other: DraftSide, source: DraftSide, target: DraftSide, keys: MatchKeys
) -> DraftSide:
    """Return a side, with what the matched records say of its days that are still unclear."""
    owners = matched(source, target, keys)
    records = [(source.records[a].data, target.records[b].data) for a, b in owners.items()]
    own = [pair[side is target] for pair in records]
    others = [pair[side is not target] for pair in records]
    best = max(_counts(side, own, other, others), key=lambda each: max(each[:2]), default=(0, 0, 0))
    day, month, total = best
    if not day + month:
        return side
    said = f"Of {total:,} matched records, {day:,} agree with the day first, {month:,} with the"
    return replace(side, seen=f"{said} month first.")


_Data = Sequence[Mapping[str, Value]]


def _of_side(side: DraftSide, own: _Data, other: DraftSide, others: _Data) -> bool | None:
    found = set[bool]()
    for day, month, total in _counts(side, own, other, others):
        if total >= _LEAST and total in (day, month) and day != month:
            found.add(month == total)
    return found.pop() if len(found) == 1 else None


def _counts(
    side: DraftSide, own: _Data, other: DraftSide, others: _Data
) -> Iterator[tuple[int, int, int]]:
    """Yield how many records agree with the day first, with the month first, and how many differ.

    For each column of days that can be read in two ways, and each column of days on the other side.
    """
    for path in side.either:
        mine = [parse_day(at(each, side.keys(path))) for each in own]
        for field in other.fields:
            if field in other.either:
                continue
            theirs = [parse_day(at(each, other.keys(field))) for each in others]
            given = [
                (a, b)
                for a, b in zip(mine, theirs, strict=True)
                if a is not None and b is not None and a.day != a.month
            ]
            day = sum(a == b for a, b in given)
            yield day, sum(_swapped(a) == b for a, b in given), len(given)


def _swapped(day: date) -> date | None:
    """Return the date with day and month exchanged; None if it cannot be."""
    return day.replace(month=day.day, day=day.month) if day.day <= 12 else None


ISO = "yyyy-MM-dd"
PATTERNS = (ISO, "dd/MM/yyyy", "dd.MM.yyyy", "dd-MM-yyyy", "MM/dd/yyyy", "d/M/yyyy", "d.M.yyyy",
            "M/d/yyyy", "yyyy/MM/dd", "yyyyMMdd")  # fmt: skip
"""The patterns in which targets write days."""


@dataclass(frozen=True, slots=True)
class FormOfDays:
    """The pattern in which a target field writes a day, or the question how it does.

    The pattern is "" if the source writes days in the same way.
    """

    pattern: str = ""
    asks: str = ""


def form_of_days(
    source: DraftSide, target: DraftSide, pair: tuple[str, str], keys: MatchKeys
) -> FormOfDays:
    """Return how a target field writes the days of a source field; `pair` names both.

    Matched records with the same day decide, however few: most people have no last day.
    """
    here, there = pair
    owners = matched(source, target, keys) if here else {}
    found = [
        (
            at(source.records[a].data, source.keys(here)),
            at(target.records[b].data, target.keys(there)),
        )
        for a, b in owners.items()
    ]
    texts = [(a.strip(), b.strip()) for a, b in found if isinstance(a, str) and isinstance(b, str)]
    days = [(day, a, b) for a, b in texts if b and (day := parse_day(a)) is not None]
    for pattern in PATTERNS:
        if known := [a != b for day, a, b in days if format_date(day.isoformat(), pattern) == b]:
            return FormOfDays(pattern if any(known) else "")
    if odd := [b for day, a, b in days if a != b and parse_day(b) in (day, None)]:
        said = f"{there} of {len(odd):,} matched records is written unlike {here}"
        return FormOfDays(asks=f"{said}: is the form of the day right?")
    return FormOfDays(ISO if _only_one_has_times(source.values(here), target.values(there)) else "")


def _only_one_has_times(here: Sequence[Value], there: Sequence[Value]) -> bool:
    """Return whether the target has plain days, and the source some with a time of day."""
    days = [each.strip() for each in here if isinstance(each, str) and parse_day(each) is not None]
    plain = [isinstance(each, str) and re.fullmatch(_PLAIN, each.strip()) for each in there]
    return bool(plain) and all(plain) and any(not re.fullmatch(_PLAIN, each) for each in days)


_PLAIN = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
