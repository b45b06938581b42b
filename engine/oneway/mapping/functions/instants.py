"""Functions over instants: points in time, whose day depends on where one is."""

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from oneway.core.parsing import parse_day
from oneway.core.records import Value
from oneway.mapping.functions.function import EvaluationError, Example, Function, Parameter

_MILLISECONDS = 100_000_000_000
"""From here on a number counts milliseconds: as seconds, it would be after the year 5000."""
_DOTNET = r"/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)/"
_NO_INSTANT = "day_in() needs a date-time like 2026-06-29T23:00:00Z, or seconds since 1970"
_DIGITS = (
    "day_in() reads seconds since 1970 as a number, and this is a text of digits: take "
    "to_number() of it"
)
_NO_DAY_THERE = (
    "day_in() has no day for the first and the last instant that there are, which often mean "
    "no date: compare the value with it before"
)


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _check_zone(name: Value) -> None:
    if isinstance(name, str) and _zone(name) is None:
        raise EvaluationError(f"{name!r} is not a time zone: write one such as Europe/London")


def day_in(instant: str | int | float, zone: str) -> str | None:
    """Return the day of an instant in a time zone."""
    found = _zone(zone)
    if found is None:
        raise EvaluationError("day_in() needs a time zone such as Europe/London")
    if isinstance(instant, str):
        return _day_of_text(instant.strip(), found)
    return _day_of_seconds(instant / 1000 if abs(instant) >= _MILLISECONDS else instant, found)


def _day_of_text(text: str, zone: tzinfo) -> str | None:
    if not text:
        return None
    if written := re.fullmatch(_DOTNET, text):
        return _day_of_seconds(int(written[1]) / 1000, zone)
    day = parse_day(text)
    if day is None:
        raise EvaluationError(
            _DIGITS if re.fullmatch(r"-?[0-9]+([.][0-9]+)?", text) else _NO_INSTANT
        )
    moment = datetime.fromisoformat(text)
    # A text without a zone belongs to the place where it was written, and so does a bare day.
    return _day_there(moment, zone) if moment.tzinfo else day.isoformat()


def _day_of_seconds(seconds: float, zone: tzinfo) -> str:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise EvaluationError(_NO_INSTANT) from None
    return _day_there(moment, zone)


def _day_there(moment: datetime, zone: tzinfo) -> str:
    try:
        return moment.astimezone(zone).date().isoformat()
    except (OverflowError, ValueError):
        raise EvaluationError(_NO_DAY_THERE) from None


_SUMMARY = (
    "The day of an instant in a time zone: of a date-time with a zone, of seconds or milliseconds "
    "since 1970, or of .NET's /Date(…)/. A day without a zone stays that day."
)

FUNCTIONS = (
    Function(
        "day_in",
        (
            Parameter("instant", ("string", "number")),
            Parameter("zone", description="An IANA name.", check=_check_zone),
        ),
        "string or null",
        _SUMMARY,
        (
            Example(
                "day_in(lastDay, 'Europe/London')",
                {"lastDay": "2026-06-29T23:00:00Z"},
                "2026-06-30",
            ),
            Example("day_in(lastDay, 'Europe/London')", {"lastDay": 1782774000000}, "2026-06-30"),
        ),
        day_in,
    ),
)
