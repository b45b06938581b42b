"""Typed columns of a CSV file: how their cells are parsed and written.

A cell is a number or a boolean only if its column is declared as such and the cell has the one form
that is written back unchanged; any other cell is text. A date is parsed by its column's pattern
into ISO text. A cell that is no number, boolean or date in any form does not fit its column
(`unfit`).
"""

import re
from collections.abc import Hashable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType

from oneway.core import day_patterns
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.decimal_marks import COMMA, number_in
from oneway.core.parsing import parse_day
from oneway.core.records import Value

_WRITTEN = {
    "integer": re.compile(r"0|-?[1-9][0-9]{0,17}"),
    "number": re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?"),
    "boolean": re.compile(r"true|false", re.IGNORECASE),
}
_NUMBERS = ("integer", "number")
_EXACT = 10**15
"""Larger numbers would lose digits as floats, so they stay text."""
_LIKE = {
    "": {"integer": "1250", "number": "1250.50"},
    ".": {"integer": "1,250", "number": "1,250.50"},
    ",": {"integer": "1.250", "number": "1.250,50"},
}
_DATE = "date"
_ISO = "yyyy-MM-dd"
_ABOUT = {
    "integer": (re.compile(r"[+-]?[0-9]+"), "a whole number"),
    "number": (
        re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE),
        "a number",
    ),
    "boolean": (_WRITTEN["boolean"], "true or false"),
}
"""The forms of each type, and the type in words."""


SERIAL = "serial"
"""The pattern for days as spreadsheet serial numbers, in columns not formatted as dates."""
_AS_SERIAL = "a day as a spreadsheet counts them, such as 46022"
_DAY_ZERO = date(1899, 12, 30)
_SERIAL = re.compile(r"([1-9][0-9]{4})(?:\.0+)?")


@lru_cache(maxsize=1 << 14)
def day_in(text: str, pattern: str) -> date | None:
    """Return the day in a text with a pattern, or None."""
    if pattern != SERIAL:
        return day_patterns.read(text, pattern)
    found = _SERIAL.fullmatch(text)
    return _DAY_ZERO + timedelta(days=int(found[1])) if found else None


@dataclass(frozen=True, slots=True)
class CellType:
    """The type of a column's cells: a kind and, for dates, a pattern.

    `mark` is the decimal mark of numbers, which may then have thousands separators; without one,
    numbers are in JSON notation. `others` are types that the column seems to have instead, and
    `doubt` says why: a cell that they read differently is not trusted (`other_readings`).
    """

    kind: str
    pattern: str = ""
    mark: str = ""
    others: tuple["CellType", ...] = ()
    doubt: str = ""

    @property
    def form(self) -> str:
        """How its cells are written: a pattern, or a number as an example."""
        return self.pattern or _LIKE[self.mark][self.kind]

    def meaning(self, text: str) -> Hashable:
        """Return the day, number or boolean that a text means; None if it does not fit the type."""
        if self.kind == _DATE:
            return day_in(text, self.pattern) or parse_day(text)
        if self.mark and self.kind in _NUMBERS:
            found = self._by_mark(text, None)
            return found if isinstance(found, (int, float)) else None
        if not _ABOUT[self.kind][0].fullmatch(text):
            return None
        return float(text) if self.kind in _NUMBERS else text.lower()

    def is_doubted(self, cell: str) -> bool:
        """Return whether one of the `others` reads a cell, and reads another value than this."""
        text = cell.strip()
        theirs = (other.meaning(text) for other in self.others)
        return any(each is not None and each != self.meaning(text) for each in theirs)

    def read(self, cell: str) -> Value:
        """Return the value of a cell; its text if it does not fit the type, or is doubted."""
        return cell if self.others and self.is_doubted(cell) else self._value(cell)

    def _value(self, cell: str) -> Value:
        if self.kind == _DATE:
            day = day_in(cell.strip(), self.pattern)
            return cell if day is None else day.isoformat()
        if self.mark and self.kind in _NUMBERS:
            return self._by_mark(cell, cell)
        if not _WRITTEN[self.kind].fullmatch(cell):
            return cell
        if self.kind == "boolean":
            return cell.lower() == "true"
        return float(cell) if "." in cell else int(cell)

    def _by_mark(self, cell: str, otherwise: Value) -> Value:
        found = number_in(cell, self.mark)
        if found is None or (self.kind == "integer" and not isinstance(found, int)):
            return otherwise
        return found if abs(found) < _EXACT else otherwise

    def unfit(self, cell: str) -> str:
        """Return what a cell that does not fit should contain, in words; "" if it fits."""
        text = cell.strip()
        if not text or (self.meaning(text) is not None and not self.is_doubted(text)):
            return ""
        if self.kind == _DATE:
            return _AS_SERIAL if self.pattern == SERIAL else f"a date like {self.pattern}"
        words = _ABOUT[self.kind][1]
        return f"{words} like {self.form}" if self.mark and self.kind in _NUMBERS else words

    def is_whole(self, cell: str) -> bool:
        """Return whether a cell fits the type and cannot be the beginning of a longer cell."""
        fixed = self.kind == "boolean" or (
            self.kind == _DATE
            and (self.pattern == SERIAL or self.pattern[-2:-1] == self.pattern[-1])
        )
        return fixed and bool(cell.strip()) and not self.unfit(cell)

    def is_no_day(self, text: str) -> bool:
        """Return whether an unfit cell looks like a date that does not exist, such as 31/02."""
        patterns = (self.pattern, _ISO) if self.kind == _DATE else ()
        return any(day_patterns.is_shaped(text, each) for each in patterns if each != SERIAL)

    def near_pattern(self, text: str) -> str:
        """Return a pattern near to the column's that fits an unfit cell; or ""."""
        if self.kind != _DATE or self.pattern == SERIAL:
            return ""
        short = re.sub("d+", "d", re.sub(r"\bMM\b", "M", self.pattern))
        near = (f"{self.pattern} HH:mm:ss", f"{self.pattern} HH:mm", short, SERIAL)
        timed = "HH" in self.pattern
        return next((each for each in near[2 * timed :] if day_in(text, each)), "")

    def write(self, value: Value) -> str | None:
        """Return the cell for a value, or None if the value does not fit the type."""
        if self.kind == _DATE:
            day = parse_day(value)
            if day is None or value != day.isoformat():
                return None
            if self.pattern == SERIAL:
                return str((day - _DAY_ZERO).days)
            return day_patterns.write(datetime(day.year, day.month, day.day), self.pattern)  # noqa: DTZ001  # a day has no zone
        if not isinstance(value, (bool, int, float)):
            return None
        cell = str(value).lower()
        if self.mark == COMMA and self.kind == "number":
            cell = cell.replace(".", COMMA)
        back = self._value(cell)
        return cell if back == value and isinstance(back, bool) == isinstance(value, bool) else None


NO_TYPES: Mapping[str, CellType] = MappingProxyType({})
"""All columns are text."""

_PATTERN = r"[^\s,;=]+(?: (?:HH|MMMM?|yyyy|yy)\b[^\s,;=]*)*"
_EACH = re.compile(
    r"\s*(?P<column>\S.*?)\s*=\s*"
    rf"(?P<type>integer|number|boolean|date(?::{_PATTERN})?)(?:\s*[,;]\s*|\s+|$)"
)
_HELP = (
    "write column=TYPE, with commas between: integer, number, boolean, date:dd/MM/yyyy or, for "
    "days as a spreadsheet counts them, date:serial"
)


def column_types(text: str, mark: str = "") -> Mapping[str, CellType]:
    """Return the type of each column in the option `types`; raise `ReadError` for an unknown type.

    The option is `column=type`, repeated, with commas or spaces between. `mark` is the decimal mark
    of all numbers.
    """
    types, at = {}, 0
    while at < len(text.rstrip()):
        found = _EACH.match(text, at)
        if found is None:
            raise _wrong(text[at:].strip())
        types[found["column"]] = _cell_type(found["type"], mark)
        at = found.end()
    return types


def _cell_type(text: str, mark: str) -> CellType:
    kind, _, pattern = text.partition(":")
    if kind != _DATE:
        return CellType(kind, mark=mark)
    try:
        if pattern == SERIAL:
            return CellType(kind, pattern)
        day_patterns.check_read(pattern or "yyyy-MM-dd")
    except day_patterns.PatternMistake as mistake:
        raise _wrong(text, str(mistake)) from None
    return CellType(kind, pattern or "yyyy-MM-dd")


def _wrong(text: str, help: str = _HELP) -> ReadError:
    return ReadError("R156", f"the option types cannot be used: {text!r}", help)
