"""Suggests the options for a file, for the mapping that `oneway new` writes."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from io import SEEK_END
from pathlib import PurePath
from typing import IO

from oneway.core.connector import OddCell, Suggestion
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept
from oneway.core.key_names import abbreviates, key_rank, names_record
from oneway.core.majority import is_overwhelming
from oneway.core.parsing import parse_day
from oneway.core.paths import path_of, path_text
from oneway.core.records import Value, is_blank
from oneway_connectors.file.blank_words import blank_words, usual_blanks, without_words
from oneway_connectors.file.csv_types import SERIAL, day_in
from oneway_connectors.file.encoding import as_utf8
from oneway_connectors.file.formats import WORKBOOK, format_of, layout_of
from oneway_connectors.file.opening import opened
from oneway_connectors.file.options import DELIMITERS, UTF_8, file_options
from oneway_connectors.file.sniff import (
    LINES,
    SAMPLE,
    SAVE_AS,
    Guess,
    footer_at_end,
    guess,
    guess_rows,
    guessed_encoding,
    is_workbook,
    markup_of,
)
from oneway_connectors.file.workbook import Sheets, fullest_sheet

_DAY_FIRST = ("dd/MM/yyyy", "d/M/yyyy", "dd-MM-yyyy", "d-M-yyyy", "dd/MM/yyyy HH:mm",
              "dd/MM/yyyy HH:mm:ss")  # fmt: skip
_MONTH_FIRST = {each: re.sub("(d+)(.)(M+)", r"\3\2\1", each) for each in _DAY_FIRST}
_DATES = (*_DAY_FIRST, *_MONTH_FIRST.values(), "dd.MM.yyyy", "dd-MMM-yyyy", "d MMM yyyy",
          "yyyy/MM/dd")  # fmt: skip
_ISO = "yyyy-MM-dd"
_ROWS = 5_000


def suggested(path: str) -> Suggestion:
    """Return the suggested options for a file; raise `ReadError` if it cannot be read.

    Contains only options that differ from the defaults. `types` lists the columns of dates.
    """
    sheets = None
    with opened(path) as file:
        start = file.read(SAMPLE)
        if is_workbook(start):
            file.seek(0)
            found, sheets = _workbook(path, file.read())
        elif said := markup_of(start):
            raise ReadError("R153", f"{path}: {said}", SAVE_AS)
        else:
            found = _text(path, start, _end_of(file))
    columns = _columns(path, found)
    if format_of(path, found.get("format", "")) not in _OF_OBJECTS and _lack_headings(columns):
        summary = "the line of the headings holds values like those below it"
        raise ReadError("R154", f"{path}: {summary}", "add a line with the columns' names above it")
    if columns.too_short:
        found["short_rows"] = "blank"
    words = usual_blanks(column.values for column in columns.found.values())
    if words:
        found["blank"] = ", ".join(words)
        for column in columns.found.values():
            column.blank(blank_words(found["blank"]))
    odd: list[OddCell] = []
    either: Mapping[str, str] = {}
    if format_of(path, found.get("format", "")) not in _OF_OBJECTS:
        types = {name: _date_pattern(name, column) for name, column in columns.found.items()}
        types = {name: pattern for name, pattern in types.items() if pattern}
        either = _either(columns, types)
        odd = [each for name in types for each in columns.found[name].odd(name, types[name])]
        if types:
            found["types"] = ", ".join(f"{name}=date:{types[name]}" for name in types)
    id = _id(columns)
    options = {**({"id": id} if id != "id" else {}), **found}
    others = (tuple(sheets.others), tuple(sheets.alike)) if sheets is not None else ((), ())
    return Suggestion(options, tuple(columns.found), tuple(odd), either, *others)


_OF_OBJECTS = ("json", "jsonl")
"""Formats whose values have types, and whose files have no totals."""


@dataclass(slots=True)
class _Column:
    """The values of a column, and the line of each."""

    values: list[Value] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def blank(self, words: frozenset[str]) -> None:
        """Remove the words for "nothing"."""
        self.values = [without_words(value, words) for value in self.values]

    def odd(self, name: str, pattern: str) -> list[OddCell]:
        """Return the cells in a column of dates that are not dates."""
        return [
            OddCell(line, name, str(value), f"dates like {pattern}")
            for line, value in zip(self.lines, self.values, strict=True)
            if not is_blank(value) and not _is_day(value, pattern)
        ]


@dataclass(slots=True)
class _Columns:
    """Each column, by its path, and the problems of the rows."""

    count: int = 0
    found: dict[str, _Column] = field(default_factory=dict)
    too_short: bool = False
    again: list[bool] = field(default_factory=list)
    """For each row, whether an earlier row has the same cells, so that only that one is read."""


def _lack_headings(columns: _Columns) -> bool:
    """Return whether the names of columns are a record's values.

    No name is known of any column, and of those with digits, at least half are written like most
    cells below them: `00101` above `00102`, but neither `Q1` above `yes` nor `Kst1` above `K1`.
    """
    if any(map(concept, columns.found)):
        return False
    digits = {name for name in columns.found if any(map(str.isdigit, name))}
    alike = sum(_is_like_its_cells(name, columns.found[name].values) for name in digits)
    return 0 < len(digits) <= 2 * alike


def _is_like_its_cells(name: str, values: Sequence[Value]) -> bool:
    if _YEAR.fullmatch(name.strip()):
        return False
    form = _form(name)
    alike = sum(1 for value in values if _form(str(value)) == form)
    return alike * 2 > len(values) or (not values and _VALUE.fullmatch(form) is not None)


def _form(text: str) -> str:
    """Return the form of an email, or a text with `a` for each letter and `0` for each digit."""
    if "@" in text:
        return "@"
    return re.sub(r"\d", "0", re.sub(r"[^\W\d_]", "a", text.strip()))


_YEAR = re.compile("(19|20)[0-9]{2}")
_VALUE = re.compile(r"0+|0+([-/.]0+){2}|a+0+a+0+|@")
"""The form of a number, a date, an account or an email."""


def _end_of(file: IO[bytes]) -> bytes:
    """Return the last bytes of a file."""
    size = file.seek(0, SEEK_END)
    file.seek(max(0, size - _END))
    return file.read()


_END = 20_000
"""Bytes to look at from the end; enough, as totals are short."""


def _text(path: str, start: bytes, end: bytes) -> dict[str, str]:
    """Return the options of a text file, from its first and last bytes."""
    ending = PurePath(path).suffix.lower()
    encoding = guessed_encoding(start)
    found = {} if encoding == UTF_8 else {"encoding": encoding}
    if ending in (".json", ".jsonl", ".ndjson"):
        return found
    if ending not in (".csv", ".tsv"):
        found["format"] = "csv"
    about = guess(start)
    if len(start) == SAMPLE or start.count(b"\n") > LINES:
        about = replace(about, footer=about.footer or footer_at_end(end, about))
    plain = "\t" if ending == ".tsv" else ","
    # The delimiter that the file declares is used, unless it separates nothing.
    if about.delimiter != (_said_delimiter(start) or plain):
        found["delimiter"] = next(w for w, sign in DELIMITERS.items() if sign == about.delimiter)
    if about.headings and all(_SINGLE.fullmatch(name) for name in about.headings if name):
        found["quote"] = "single"
        about = replace(about, headings=tuple(name.strip("'") for name in about.headings))
    return found | _rows(about)


_SINGLE = re.compile(r"'.*'", re.DOTALL)
_SAYS = re.compile(rb'(?:\xef\xbb\xbf)?"?sep=(.)', re.IGNORECASE)


def _said_delimiter(start: bytes) -> str:
    """Return the delimiter that a file declares on its first line, as in `sep=;`, or ""."""
    said = _SAYS.match(start)
    return said[1].decode(errors="replace") if said else ""


def _workbook(path: str, data: bytes) -> tuple[dict[str, str], Sheets]:
    """Return the options of a workbook, and its sheets."""
    found = {}
    try:
        named = format_of(path) == WORKBOOK
    except ReadError:
        named = False
    if not named:
        found["format"] = WORKBOOK
    sheets = fullest_sheet(path, data)
    if sheets.others:
        found["sheet"] = sheets.best
    return found | _rows(guess_rows(sheets.rows)), sheets


def _rows(about: Guess) -> dict[str, str]:
    found = {}
    if about.header:
        found["header"] = str(about.header)
    if about.footer:
        found["footer"] = about.footer
    names = [name for name in about.headings if name.strip()]
    if any(name != name.strip() for name in names):
        found["spaces"] = "trim"
    keys = {path_of(name.strip()) for name in names}
    clash = any(each[:length] in keys for each in keys for length in range(1, len(each)))
    if clash or _are_abbreviated(names):
        found["headings"] = "flat"
    return found


def _are_abbreviated(names: Sequence[str]) -> bool:
    """Return whether dots in headings abbreviate words instead of forming paths."""
    paths = [path_of(name.strip()) for name in names]
    dotted = [(keys, ".".join(keys)) for keys in paths if len(keys) > 1]
    objects = Counter(keys[0] for keys, _ in dotted)
    return any(
        abbreviates(text) and (objects[keys[0]] == 1 or not keys[-1][0].isalpha())
        for keys, text in dotted
    )


def _columns(path: str, found: Mapping[str, str]) -> _Columns:
    options = replace(file_options({**found, "short_rows": "blank"}), id="")
    format = format_of(path, options.format)
    layout = layout_of(path, format, options)
    columns = _Columns()
    rows: list[tuple[int, _Cells]] = []
    with opened(path) as file:
        for entry in layout.entries(as_utf8(path, file, options.encoding)):
            if not entry.problem and len(rows) < _ROWS:
                rows.append((entry.line, _flat(entry.data, ())))
    if format not in _OF_OBJECTS:
        rows = rows[: _without_totals(rows)]
    columns.count = len(rows)
    columns.again = _repeated(rows)
    for line, cells in rows:
        for keys, value in cells:
            name = keys[0] if options.headings == "flat" else path_text(keys)
            column = columns.found.setdefault(name, _Column())
            column.values.append(value)
            column.lines.append(line)
    for name in layout.columns:
        columns.found.setdefault(name, _Column())
    columns.too_short = layout.padded > 0
    return columns


_Cells = list[tuple[tuple[str, ...], Value]]


def _repeated(rows: Sequence[tuple[int, _Cells]]) -> list[bool]:
    seen: set[str] = set()
    again = []
    for _, cells in rows:
        row = repr(cells)
        again.append(row in seen)
        seen.add(row)
    return again


def _without_totals(rows: Sequence[tuple[int, _Cells]]) -> int:
    """Return the number of rows without those at the end that contain only totals."""
    end = len(rows)
    while end and len(rows[end - 1][1]) > _NARROW:
        cells = rows[end - 1][1]
        if sum(not is_blank(value) for _, value in cells) * _NARROW > len(cells):
            break
        end -= 1
    return end


_NARROW = 3
"""A total row fills one cell in this many; totals in narrower tables are not recognised."""


def _flat(data: Mapping[str, Value], way: tuple[str, ...]) -> _Cells:
    found: _Cells = []
    for key, value in data.items():
        if isinstance(value, dict):
            found += _flat(value, (*way, key))
        else:
            found.append(((*way, key), value))
    return found


def _id(columns: _Columns) -> str:
    """Return the column that identifies the records, preferably one named like an id.

    Of several such columns, it prefers one without duplicates, then one that names the record
    itself, such as "Account ID" over "Staff Number", then the first.

    A column with such a name, or any column if all have duplicates, may have a few duplicates: the
    reader reports those rows, and all others are identified.
    """
    ranks: list[tuple[tuple[bool, bool, bool, int, int], str]] = []
    for place, (name, column) in enumerate(columns.found.items()):
        if len(column.values) != columns.count:
            continue
        cells = zip(column.values, columns.again, strict=True)
        values = [value for value, again in cells if not again]
        if not all(is_blank(each) or _may_be_id(each) for each in values):
            continue
        given = [str(each) for each in values if not is_blank(each)]
        different = len(set(given))
        rank, shared = _id_rank(name), len(values) - different
        named = rank <= _NAMED_AS_KEY and len(given) == len(values)
        # Without a column named like an id, identical rows may be different people.
        rows = len(values if named else column.values)
        if rows == 0 or is_overwhelming(different, rows):
            flawed = shared > 0
            ranks.append(((flawed and not named, not named, flawed, rank, place), name))
    return min(ranks, default=((), "id"))[-1]


def _id_rank(name: str) -> int:
    """Return a rank for how well a heading names the record's id; 0 is best."""
    found = key_rank(name)
    return 1 if found and names_record(name) else 2 * found


_NAMED_AS_KEY = 2


def _may_be_id(value: Value) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _date_pattern(name: str, column: _Column) -> str:
    """Return the pattern of the dates in a column, ignoring single odd values.

    Returns "" for other columns, and for ISO 8601 dates, which need no option.
    """
    given = [value for value in column.values if not is_blank(value)]
    if _OF_DAYS.search(name) and sum(map(_is_serial, given)) == len(given) > 0:
        return SERIAL
    plain = sum(parse_day(value) is not None for value in given)
    if not given or plain == len(given):
        return ""
    best = max(_DATES, key=lambda pattern: sum(_is_day(value, pattern) for value in given))
    count = sum(_is_day(value, best) for value in given)
    if count == plain:
        best = _ISO
    return best if is_overwhelming(count, len(given)) else ""


def _either(columns: _Columns, types: dict[str, str]) -> dict[str, str]:
    """Return the columns of days that might also have the month first, with that pattern.

    Empty if other columns show the order, which is the same throughout a file. If they show that
    the month comes first, changes the patterns in `types`.
    """
    readings = {
        name: _readings(columns.found[name], pattern)
        for name, pattern in types.items()
        if pattern in _MONTH_FIRST
    }
    unsure = {name: _MONTH_FIRST[types[name]] for name, two in readings.items() if two == "both"}
    day_first = "one" in readings.values()
    month_first = any(each in _MONTH_FIRST.values() for each in types.values())
    if month_first and not day_first:
        types.update(unsure)
    return unsure if day_first is month_first else {}


def _readings(column: _Column, pattern: str) -> str:
    """Return whether the days of a column have "one" reading, "both", or "the same" in both."""
    days = [
        (day_in(each.strip(), pattern), day_in(each.strip(), _MONTH_FIRST[pattern]))
        for each in column.values
        if isinstance(each, str) and not is_blank(each) and parse_day(each) is None
    ]
    known = [(first, second) for first, second in days if first is not None]
    if any(second is None for _, second in known):
        return "one"
    return "both" if any(first != second for first, second in known) else "the same"


_OF_DAYS = re.compile(
    r"dat(e|um)\b|date|\bd\.?o\.?b\b|birth|start|end\b|\bsince\b|hired|join|leav|\bleft\b|terminat|"
    r"eintritt|austritt|ausgeschieden|geburt|(in|uit) ?dienst|geboorte",
    re.IGNORECASE,
)
"""Matches headings of days; numbers below them are spreadsheet serial numbers."""
_LIFETIME = range(1930, 2100)


def _is_serial(value: Value) -> bool:
    day = day_in(value.strip(), SERIAL) if isinstance(value, str) else None
    return day is not None and day.year in _LIFETIME


def _is_day(value: Value, pattern: str) -> bool:
    """Return whether a cell fits a column of dates; an ISO date fits any."""
    if not isinstance(value, str):
        return False
    return day_in(value.strip(), pattern) is not None or parse_day(value) is not None
