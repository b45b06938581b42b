"""Functions over dates.

A date is ISO text, `2026-03-31`. Date-time text is accepted and the day is taken as it is
written: zones are converted by `day_in` alone (`instants`). Blank text is null, as an empty date
field is no date.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from oneway.core import day_patterns
from oneway.core.parsing import parse_day
from oneway.core.records import Value, is_blank
from oneway.mapping.functions.function import (
    Context,
    EvaluationError,
    Example,
    Function,
    Parameter,
    Uses,
)
from oneway.mapping.functions.values import to_integer

_OUTSIDE = "the date would lie outside the years 1 to 9999"
_FILETIME_START = date(1601, 1, 1)
_TICKS_A_DAY = 24 * 60 * 60 * 10_000_000
_NEVER = 2**63 - 1
"""The largest file time there is; as a float, which some JSON writers make of it, one more."""


def _day(text: str) -> date:
    day = parse_day(text)
    if day is None:
        raise EvaluationError(
            "the text is not a date like 2026-03-31; parse_date() reads other forms"
        )
    return day


def _dated(work: Callable[..., Value]) -> Callable[[str], Value]:
    """Return a function of a date's text, from one of a date; blank text is null."""

    def over_text(text: str, *more: Value) -> Value:
        return None if is_blank(text) else work(_day(text), *more)

    return over_text


def _checked(check: Callable[[str], None]) -> Callable[[Value], None]:
    """Return the check of a pattern that is written in an expression."""

    def check_value(pattern: Value) -> None:
        if isinstance(pattern, str):
            try:
                check(pattern)
            except day_patterns.PatternMistake as mistake:
                raise EvaluationError(str(mistake)) from None

    return check_value


_READ = _checked(day_patterns.check_read)
_WRITTEN = _checked(day_patterns.check_written)


def _under(text: str, pattern: str) -> date | None:
    try:
        return day_patterns.read(text, pattern)
    except day_patterns.PatternMistake as mistake:
        raise EvaluationError(str(mistake)) from None


def parse_date(text: str, *patterns: str) -> str | None:
    """Return the date of a text under the first pattern that fits it."""
    if is_blank(text):
        return None
    trimmed = text.strip()
    days = (_under(trimmed, p) for p in patterns) if patterns else (parse_day(trimmed),)
    day = next((day for day in days if day is not None), None)
    if day is None:
        raise EvaluationError(f"parse_date() finds no date in the text{_looks_like(trimmed)}")
    return day.isoformat()


def _looks_like(text: str) -> str:
    """Return the one usual pattern that fits a date which the given ones do not."""
    fitting = [each for each in _USUAL if _under(text, each) is not None]
    return f" (its form is {fitting[0]})" if len(fitting) == 1 else ""


_USUAL = (
    "yyyy-MM-dd",
    "yyyyMMdd",
    "dd/MM/yyyy",
    "MM/dd/yyyy",
    "dd.MM.yyyy",
    "dd-MM-yyyy",
    "d MMM yyyy",
)


def format_date(text: str, pattern: str) -> str | None:
    """Return a date as a pattern writes it; the time of date-time text is kept."""
    if is_blank(text):
        return None
    _day(text)
    try:
        return day_patterns.write(datetime.fromisoformat(text.strip()), pattern)
    except day_patterns.PatternMistake as mistake:
        raise EvaluationError(str(mistake)) from None


def add_days(day: date, days: int) -> str:
    """Return the day a number of days later, or earlier if the number is negative."""
    try:
        return (day + timedelta(days=days)).isoformat()
    except OverflowError:
        raise EvaluationError(_OUTSIDE) from None


def add_months(day: date, months: int) -> str:
    """Return the same day of a later month, or its last day if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise EvaluationError(_OUTSIDE)
    return date(year, month + 1, min(day.day, _last_day(year, month + 1))).isoformat()


def _last_day(year: int, month: int) -> int:
    from calendar import monthrange

    return monthrange(year, month)[1]


def months_between(start: date, end: date) -> int:
    """Return the whole months from one day to another; negative if it is earlier."""
    if end < start:
        return -months_between(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (date.fromisoformat(add_months(start, months)) > end)


def _between(count: Callable[[date, date], int]) -> Callable[[str, str | None], int | None]:
    def over_texts(start: str, end: str | None) -> int | None:
        if is_blank(start) or end is None or is_blank(end):
            return None
        return count(_day(start), _day(end))

    return over_texts


def is_past(context: Context, text: str) -> bool | None:
    """Return whether a day lies before today."""
    return None if is_blank(text) else _day(text) < context.today


def is_future(context: Context, text: str) -> bool | None:
    """Return whether a day lies after today."""
    return None if is_blank(text) else _day(text) > context.today


def from_filetime(ticks: int | str) -> str | None:
    """Return the UTC day of a Windows file time: 100 nanoseconds since 1601-01-01.

    Null for blank text and for the two values by which Active Directory says "never".
    """
    number = to_integer(ticks)
    if not number or number >= _NEVER:
        return None
    if number < 0:
        raise EvaluationError("from_filetime() needs a file time, which is not negative")
    return add_days(_FILETIME_START, number // _TICKS_A_DAY)


def to_filetime(day: date) -> int:
    """Return the Windows file time of a day's start."""
    return (day - _FILETIME_START).days * _TICKS_A_DAY


_DATE = Parameter("date")
_NUMBER = ("integer",)
_END = Parameter("end", ("string", "null"))
_LEAP: dict[str, Value] = {"start": "2024-02-29"}

FUNCTIONS = (
    Function(
        "today",
        (),
        "string",
        "The day on which the run started, in its time zone.",
        (Example("today()", {}, "2026-03-31"),),
        lambda context: context.today.isoformat(),
        Uses.TODAY,
    ),
    Function(
        "parse_date",
        (
            Parameter("text"),
            Parameter("pattern", optional=True, variadic=True, check=_READ),
        ),
        "string or null",
        "A date from text in one of the patterns, tried in order; without one, from ISO text."
        " Any other text is an error. A year of two digits needs the first of its hundred years:"
        " yy{1950} reads 50 to 99 as 1950 to 1999, and 00 to 49 as"
        " 2000 to 2049.",
        (
            Example("parse_date(start, 'dd/MM/yyyy')", {"start": "31/03/2026"}, "2026-03-31"),
            Example(
                "parse_date(start, 'd MMM yyyy', 'd-M-yy{1950}')", {"start": "7-4-26"}, "2026-04-07"
            ),
            Example("parse_date(start)", {"start": "2026-03-31T23:30:00Z"}, "2026-03-31"),
        ),
        parse_date,
    ),
    Function(
        "format_date",
        (_DATE, Parameter("pattern", check=_WRITTEN)),
        "string or null",
        "A date as the pattern writes it: yyyy yy MMMM MMM MM M dd d EEEE EEE HH mm ss.",
        (
            Example("format_date(start, 'dd/MM/yyyy')", {"start": "2026-03-31"}, "31/03/2026"),
            Example(
                "format_date(start, 'EEE d MMMM yyyy')",
                {"start": "2026-03-31"},
                "Tue 31 March 2026",
            ),
            Example(
                "format_date(start, 'yyyy-MM-ddTHH:mm:ssZ')",
                {"start": "2026-03-31"},
                "2026-03-31T00:00:00Z",
            ),
        ),
        format_date,
    ),
    Function(
        "add_days",
        (_DATE, Parameter("days", _NUMBER)),
        "string or null",
        "The day a number of days later.",
        (Example("add_days(start, `-1`)", {"start": "2026-03-01"}, "2026-02-28"),),
        _dated(add_days),
    ),
    Function(
        "add_months",
        (_DATE, Parameter("months", _NUMBER)),
        "string or null",
        "The same day a number of months later, or the last day of a shorter month.",
        (Example("add_months(start, `3`)", {"start": "2026-11-30"}, "2027-02-28"),),
        _dated(add_months),
    ),
    Function(
        "add_years",
        (_DATE, Parameter("years", _NUMBER)),
        "string or null",
        "The same day a number of years later; 28 February for 29 February if need be.",
        (Example("add_years(start, `1`)", _LEAP, "2025-02-28"),),
        _dated(lambda day, years: add_months(day, years * 12)),
    ),
    Function(
        "days_between",
        (Parameter("start"), _END),
        "number or null",
        "The days from one date to another; negative if the second is earlier, null if"
        " either is blank.",
        (Example("days_between(start, end)", {"start": "2026-03-01", "end": "2026-03-31"}, 30),),
        _between(lambda start, end: (end - start).days),
    ),
    Function(
        "months_between",
        (Parameter("start"), _END),
        "number or null",
        "The whole months from one date to another; null if either is blank.",
        (Example("months_between(start, end)", {"start": "2026-01-31", "end": "2026-03-30"}, 1),),
        _between(months_between),
    ),
    Function(
        "years_between",
        (Parameter("start"), _END),
        "number or null",
        "The whole years from one date to another: an age, a length of service.",
        (Example("years_between(born, today())", {"born": "1985-04-01"}, 40),),
        _between(lambda start, end: int(months_between(start, end) / 12)),
    ),
    Function(
        "is_past",
        (_DATE,),
        "boolean or null",
        "Whether the day is before today; false for today.",
        (
            Example("is_past(leaveDate)", {"leaveDate": "2026-03-30"}, True),
            Example("is_past(leaveDate)", {"leaveDate": "2026-03-31"}, False),
            Example("is_past(leaveDate)", {"leaveDate": None}, None),
        ),
        is_past,
        Uses.TODAY,
    ),
    Function(
        "is_future",
        (_DATE,),
        "boolean or null",
        "Whether the day is after today; false for today.",
        (Example("is_future(leaveDate)", {"leaveDate": "2026-04-01"}, True),),
        is_future,
        Uses.TODAY,
    ),
    Function(
        "start_of_month",
        (_DATE,),
        "string or null",
        "The first day of the date's month.",
        (Example("start_of_month(start)", {"start": "2026-03-31"}, "2026-03-01"),),
        _dated(lambda day: day.replace(day=1).isoformat()),
    ),
    Function(
        "end_of_month",
        (_DATE,),
        "string or null",
        "The last day of the date's month.",
        (Example("end_of_month(start)", {"start": "2024-02-03"}, "2024-02-29"),),
        _dated(lambda day: day.replace(day=_last_day(day.year, day.month)).isoformat()),
    ),
    Function(
        "year",
        (_DATE,),
        "number or null",
        "The year of the date.",
        (Example("year(start)", {"start": "2026-03-31"}, 2026),),
        _dated(lambda day: day.year),
    ),
    Function(
        "month",
        (_DATE,),
        "number or null",
        "The month of the date, 1 to 12.",
        (Example("month(start)", {"start": "2026-03-31"}, 3),),
        _dated(lambda day: day.month),
    ),
    Function(
        "day",
        (_DATE,),
        "number or null",
        "The day of the month of the date, 1 to 31.",
        (Example("day(start)", {"start": "2026-03-31"}, 31),),
        _dated(lambda day: day.day),
    ),
    Function(
        "weekday",
        (_DATE,),
        "number or null",
        "The day of the week, 1 (Monday) to 7 (Sunday).",
        (Example("weekday(start)", {"start": "2026-03-31"}, 2),),
        _dated(lambda day: day.isoweekday()),
    ),
    Function(
        "from_filetime",
        (Parameter("ticks", ("number", "string")),),
        "string or null",
        "The UTC day of a Windows file time, the date format of Active Directory: a whole number,"
        " or its text. Null for 0 and 9223372036854775807, which mean never, and for blank text.",
        (
            Example("from_filetime(lastLogon)", {"lastLogon": 129699324000000000}, "2012-01-01"),
            Example("from_filetime(lastLogon)", {"lastLogon": "129699324000000000"}, "2012-01-01"),
            Example("from_filetime(accountExpires)", {"accountExpires": 0}, None),
        ),
        from_filetime,
    ),
    Function(
        "to_filetime",
        (_DATE,),
        "number or null",
        "The Windows file time at which the day starts, in UTC.",
        (Example("to_filetime(start)", {"start": "2012-01-01"}, 129698496000000000),),
        _dated(to_filetime),
    ),
)
