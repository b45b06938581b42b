"""The pattern letters of dates, independent of the machine's locale.

    yyyy  year, four digits          yy    year, two digits      (written, never read)
    yy{1950}  a year of two digits, read as one of the hundred years from 1950
    MMMM  January                    MMM   Jan             (English, whatever the locale)
    MM    month, two digits          M     month
    dd    day, two digits            d     day
    EEEE  Tuesday                    EEE   Tue             (written, never read)
    HH    hour, 00 to 23             mm    minute          ss  second

`T`, `Z` and everything that is no letter stand for themselves; any other letter is an error.
The letters are those of Unicode TR 35 and .NET. Two digits do not say a century, and a birthday
is not in the century of a start date: so a pattern that reads them says which hundred years it
means.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MAX_PATTERN = 100


class PatternMistake(ValueError):
    """A text is not a date pattern; the message says why."""


_WRITE: dict[str, Callable[[datetime], str]] = {
    "yyyy": lambda day: f"{day.year:04}",
    "yy": lambda day: f"{day.year % 100:02}",
    "MMMM": lambda day: MONTHS[day.month - 1],
    "MMM": lambda day: MONTHS[day.month - 1][:3],
    "MM": lambda day: f"{day.month:02}",
    "M": lambda day: f"{day.month}",
    "dd": lambda day: f"{day.day:02}",
    "d": lambda day: f"{day.day}",
    "EEEE": lambda day: WEEKDAYS[day.weekday()],
    "EEE": lambda day: WEEKDAYS[day.weekday()][:3],
    "HH": lambda day: f"{day.hour:02}",
    "mm": lambda day: f"{day.minute:02}",
    "ss": lambda day: f"{day.second:02}",
}
_READ = {
    "yyyy": "[0-9]{4}",
    "MMMM": "|".join(MONTHS),
    "MMM": "|".join(name[:3] for name in MONTHS),
    "MM": "[0-9]{2}",
    "M": "[0-9]{1,2}",
    "dd": "[0-9]{2}",
    "d": "[0-9]{1,2}",
    "HH": "[01][0-9]|2[0-3]",
    "mm": "[0-5][0-9]",
    "ss": "[0-5][0-9]",
}
_TWO_DIGITS = re.compile(r"yy\{([0-9]{4})\}")
_MONTHS = {"MMMM", "MMM", "MM", "M"}
_DAYS = {"dd", "d"}


@lru_cache(maxsize=256)
def _pieces(pattern: str) -> tuple[str, ...]:
    if len(pattern) > MAX_PATTERN:
        raise PatternMistake(f"a date pattern is at most {MAX_PATTERN} characters long")
    # A run of one letter counts as a whole: `MMMMM` is a mistake, not a month and an M.
    found = re.finditer(r"(?<!y)yy\{[0-9]{4}\}|([A-Za-z])\1*|.", pattern, re.DOTALL)
    pieces = tuple(each.group() for each in found)
    for piece in pieces:
        if _TWO_DIGITS.fullmatch(piece):
            continue
        if piece[0].isascii() and piece[0].isalpha() and piece not in _WRITE | {"T": 0, "Z": 0}:
            raise PatternMistake(f"{_meant(pattern)}a date pattern is made of {_LETTERS}")
    return pieces


def _meant(pattern: str) -> str:
    """Return the pattern that other notations mean by this text, as advice; or ""."""
    ours = pattern
    for theirs, letters in _OTHERS:
        ours = ours.replace(theirs, letters)
    words = re.findall(r"[A-Za-z]+", ours)
    known = all(word in _WRITE or word in ("T", "Z") for word in words)
    return f"write {ours}: " if known and ours != pattern else ""


_OTHERS = (("%d", "dd"), ("%m", "MM"), ("%Y", "yyyy"), ("%y", "yy"), ("%H", "HH"), ("%M", "mm"),
           ("%S", "ss"), ("D", "d"), ("Y", "y"), ("hh", "HH"))  # fmt: skip
"""The letters of Moment, Excel and strftime, and ours."""
_LETTERS = (
    "yyyy, yy, MMMM, MMM, MM, M, dd, d, EEEE, EEE, HH, mm, ss, "
    "in capital and small letters as here: dd/MM/yyyy"
)


def check_written(pattern: str) -> None:
    """Raise `PatternMistake` if a pattern cannot write a date."""
    pieces = _pieces(pattern)
    if any(map(_TWO_DIGITS.fullmatch, pieces)):
        raise PatternMistake("yy{1950} reads a date; a date is written with yy")
    _refuse_minutes(pattern, pieces)


def check_read(pattern: str) -> None:
    """Raise `PatternMistake` if a pattern cannot read a date."""
    _reader(pattern)


def write(moment: datetime, pattern: str) -> str:
    """Return a date as a pattern writes it."""
    return "".join(_WRITE[p](moment) if p in _WRITE else p for p in _pieces(pattern))


@lru_cache(maxsize=256)
def _reader(pattern: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    pieces = _pieces(pattern)
    read = tuple(piece for piece in pieces if piece in _WRITE or _TWO_DIGITS.fullmatch(piece))
    if "yy" in read:
        raise PatternMistake(
            "yy does not say its century: yy{1950} reads the years from 1950 to 2049"
        )
    if not 1 <= (_first_year(pattern) or 1) <= 9900 or "yy{0000}" in read:
        raise PatternMistake("the first of the hundred years in yy{1950} is from 0001 to 9900")
    if any(piece in ("EEEE", "EEE") for piece in read):
        raise PatternMistake("EEEE and EEE write a date, but do not read one")
    _refuse_minutes(pattern, read)
    kinds = [_kind(piece) for piece in read]
    if len(set(kinds)) < len(kinds) or not {"year", "month", "day"} <= set(kinds):
        raise PatternMistake("a pattern that reads a date has one year, one month and one day")
    text = "".join(f"({_shape(p)})" if p in read else re.escape(p) for p in pieces)
    return re.compile(text, re.IGNORECASE | re.ASCII), tuple(kinds)


def _refuse_minutes(pattern: str, pieces: Sequence[str]) -> None:
    """Raise `PatternMistake` if minutes are written for a month, or a month for minutes."""
    kinds = [_kind(piece) for piece in pieces]
    minutes = sum(kind == "mm" for kind in kinds)
    if minutes and "month" not in kinds and {"year", "day"} & set(kinds):
        meant = pattern.replace("mm", "MM", 1 if minutes > 1 else -1)
        raise PatternMistake(f"mm is minutes, and MM the month: write {meant}")
    if "HH" in kinds and not minutes and kinds.count("month") > 1 and "MM" in pieces:
        before, _, after = pattern.rpartition("MM")
        raise PatternMistake(f"MM is the month, and mm minutes: write {before}mm{after}")


def _kind(piece: str) -> str:
    if piece[:2] == "yy":
        return "year"
    return "month" if piece in _MONTHS else "day" if piece in _DAYS else piece


def _shape(piece: str) -> str:
    return "[0-9]{2}" if _TWO_DIGITS.fullmatch(piece) else _READ[piece]


def read(text: str, pattern: str) -> date | None:
    """Return the date of a text under a pattern, or None if the text does not fit."""
    reader, kinds = _reader(pattern)
    found = reader.fullmatch(text)
    if found is None:
        return None
    said = dict(zip(kinds, found.groups(), strict=True))
    year = int(said["year"])
    if (first := _first_year(pattern)) is not None:
        year = first + (year - first) % 100
    try:
        return date(year, _month(said["month"]), int(said["day"]))
    except ValueError:
        return None


def reordered(pattern: str) -> tuple[str, ...]:
    """Return the patterns with day, month and year in another order that could fit the same text.

    The first one swaps day and month. Others, of the orders that people write, exist only if the
    year has two digits.
    """
    pieces = list(_pieces(pattern))
    kinds = ["year", "month", "day"]
    places = {_kind(piece): at for at, piece in enumerate(pieces) if _kind(piece) in kinds}
    if pieces[places["month"]] in ("MMM", "MMMM"):
        return ()
    swapped = {"year": "year", "month": "day", "day": "month"}
    there = sorted(kinds, key=places.__getitem__)
    orders = [[swapped[each] for each in there]]
    if _first_year(pattern) is not None:
        orders += _ORDERS
    found = []
    for order in orders:
        moved = list(pieces)
        for kind, other in zip(there, order, strict=True):
            moved[places[kind]] = pieces[places[other]]
        found.append("".join(moved))
    return tuple(each for each in dict.fromkeys(found) if each != pattern)


_ORDERS = [["day", "month", "year"], ["month", "day", "year"], ["year", "month", "day"]]


def is_missing_day(text: str, pattern: str) -> bool:
    """Return whether a text has a day up to 31 and a month that does not have it: 31/02."""
    reader, kinds = _reader(pattern)
    found = reader.fullmatch(text)
    if found is None or read(text, pattern) is not None:
        return False
    said = dict(zip(kinds, found.groups(), strict=True))
    return 1 <= int(said["day"]) <= 31 and 1 <= _month(said["month"]) <= 12


def is_shaped(text: str, pattern: str) -> bool:
    """Return whether a text fits a pattern, even if the day does not exist."""
    return _reader(pattern)[0].fullmatch(text) is not None


def _first_year(pattern: str) -> int | None:
    """Return the first of the hundred years that two digits may mean; None for four digits."""
    found = map(_TWO_DIGITS.fullmatch, _pieces(pattern))
    return next((int(each[1]) for each in found if each is not None), None)


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    return [name[:3].lower() for name in MONTHS].index(text[:3].lower()) + 1
