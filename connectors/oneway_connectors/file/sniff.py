"""Guesses the encoding, delimiter, headings, footer and columns of a file of rows.

Guesses never decide how a file is read. They are suggestions: in messages, if the options do not
fit the file, and in the mapping that `oneway new` writes.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept
from oneway_connectors.file.encoding import utf_16_of
from oneway_connectors.file.options import DELIMITERS, UTF_8, delimiter_words

SAMPLE = 200_000
"""Bytes of the file to look at."""

LINES = 400
"""Lines to look at, from the beginning."""
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PREFACE = re.compile(r'"?(sep=|#TYPE )', re.IGNORECASE)
_FOOTER = re.compile(
    r"(grand )?totals?\b|sub-?totals?\b|count\b|records?\b|rows?\b|end of\b|page\b|printed\b|"
    r"(gesamt)?summe\b|gesamt(zahl)?\b|insgesamt\b|somme\b|(eind|sub-?)?totaal\b|"
    r"(aantal|anzahl|nombre)\b(?=\W*$|\W*\d)",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"\W*((grand |sub-?)?totals?\b:?|(eind|sub-?)?totaal\b:?|"
    r"((gesamt)?summe|gesamt(zahl)?|insgesamt|somme|aantal|anzahl|nombre)\b(?=\W*$|\W*\d)|"
    r"end of\b|eof\b|(records?|rows?|count|page|printed)\b(?=\W*\d))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A guess at a file's format; `header` is the line of the headings, 0 if they come first."""

    encoding: str
    delimiter: str
    header: int
    headings: tuple[str, ...]
    footer: str


def is_workbook(data: bytes) -> bool:
    """Return whether bytes begin like a workbook."""
    return data.startswith(_WORKBOOKS)


def markup_of(data: bytes) -> str:
    """Return what a file is if a system wrote HTML or XML and called it a workbook, or ""."""
    start = data[:SAMPLE].decode(guessed_encoding(data), errors="replace").removeprefix("\ufeff")
    if _HTML.match(start):
        return "it is a web page (HTML) with a table, not a workbook"
    if _XML.match(start):
        old = _EXCEL_2003 in start
        return "it is XML of Excel 2003, not a workbook" if old else "it is XML, not a table"
    return ""


_HTML = re.compile(
    r"\s*<(!doctype html|html|head|body|table|meta|style|div)\b[^>]*>", re.IGNORECASE
)
_XML = re.compile(r"\s*<(\?xml\b|Workbook\b[^>]*xmlns)")
_EXCEL_2003 = "urn:schemas-microsoft-com:office:spreadsheet"
SAVE_AS = "open it in a spreadsheet and save it as .xlsx or CSV, or export it as one of them"


def guess(data: bytes) -> Guess:
    """Return a guess from the beginning of a file of rows."""
    encoding = guessed_encoding(data)
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    lines = text.splitlines(keepends=True)[:LINES]
    tried = (_as(sign, lines) for sign in DELIMITERS.values())
    _, delimiter, rows = max(tried, key=lambda each: each[0])
    return replace(guess_rows(rows), encoding=encoding, delimiter=delimiter)


def guess_rows(rows: Sequence[tuple[int, list[str]]]) -> Guess:
    """Return a guess from rows of cells, each with its line."""
    header, names = _header(rows)
    above = [
        row
        for line, row in rows
        if line < header and any(cell.strip() for cell in row) and not _PREFACE.match(row[0])
    ]
    footer = _footer(rows, header, len(names))
    return Guess(UTF_8, ",", header if above else 0, names, footer)


def guessed_encoding(data: bytes) -> str:
    """Return an encoding that can decode these bytes."""
    if wide := utf_16_of(data[:SAMPLE]):
        return wide
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)  # the last character may be incomplete
    except UnicodeDecodeError:
        return "windows-1252"
    return UTF_8


def are_headings(cells: Sequence[str]) -> bool:
    """Return whether at least half of the cells of a row are names that columns usually have.

    Where an export lacks its line of headings, the cells are one person's values instead, which no
    message may show.
    """
    filled = [cell for cell in cells if cell.strip()]
    return 2 * sum(1 for cell in filled if concept(cell)) >= len(filled)


def what_is_amiss(data: bytes, id: str, delimiter: str, header: int) -> str:
    """Return why the headings of a file were not found, and the remedy; "" if unknown."""
    if is_workbook(data):
        return "the file is a workbook of Excel: call it .xlsx, or set the option format: xlsx"
    if markup := markup_of(data):
        return f"{markup}: {SAVE_AS}"
    encoding = guessed_encoding(data)
    if b"\r" in data and b"\n" not in data:
        return "its lines end only in CR: save the file with lines that end in LF or CRLF"
    found = guess(data)
    if not _are_of_id(found.headings, id):
        return ""
    said = []
    if found.delimiter != delimiter:
        word = next(word for word, sign in DELIMITERS.items() if sign == found.delimiter)
        seen = delimiter_words(found.delimiter)
        said.append(f"its columns are separated by {seen}: set the option delimiter: {word}")
    if line := _header_words(found, header):
        said.append(line)
    if encoding != UTF_8 and any(not name.isascii() for name in found.headings):
        said.append(f"it is not UTF-8: set the option encoding: {encoding}")
    return "; ".join(said)


def header_of_sheet(rows: Sequence[tuple[int, list[str]]], id: str, header: int) -> str:
    """Return where the headings of a sheet are, and the remedy; "" if unknown."""
    found = guess_rows(rows[:LINES])
    return _header_words(found, header) if _are_of_id(found.headings, id) else ""


def _are_of_id(names: Sequence[str], id: str) -> bool:
    """Return whether names may be the headings of a table with an id."""
    return len(names) > 1 or id.strip().casefold() in [name.strip().casefold() for name in names]


def _header_words(found: Guess, header: int) -> str:
    line = found.header
    if not line or line == header:
        return ""
    return f"its headings are on line {line}: set the option header: {line}"


def _as(sign: str, lines: Sequence[str]) -> tuple[int, str, list[tuple[int, list[str]]]]:
    """Return a delimiter's score, the delimiter, and the rows with their lines."""
    rows = list(_rows(sign, lines))
    widths = Counter(len(row) for _, row in rows if any(cell.strip() for cell in row))
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return (width - 1) * count, sign, rows


def _rows(sign: str, lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=sign)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error:
        return


def _header(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, tuple[str, ...]]:
    """Return the line of the headings and their names: the first row that is nearly full."""
    widths = Counter(len(row) for _, row in rows if sum(1 for c in row if c.strip()) > 1)
    width = widths.most_common(1)[0][0] if widths else 1
    for line, row in rows:
        filled = sum(1 for cell in row if cell.strip())
        if filled and (filled * 5 >= width * 3 or width == 1) and not _PREFACE.match(row[0]):
            return line, tuple(row)
    return 1, ()


def _footer(rows: Sequence[tuple[int, list[str]]], header: int, width: int) -> str:
    """Return the beginning of the first line after the records, or ""."""
    last = [row for line, row in rows if line > header and any(cell.strip() for cell in row)][-5:]
    for row in last:
        filled = [cell.strip() for cell in row if cell.strip()]
        found = _FOOTER.match(filled[0])
        if found and len(filled) * 2 <= width + 2:
            return found[0]
    return ""


def footer_at_end(end: bytes, about: Guess) -> str:
    """Return the beginning of the first line after the records, from the last bytes of a file."""
    lines = end.decode(about.encoding, errors="replace").splitlines(keepends=True)[-_LAST:]
    return _footer(list(_rows(about.delimiter, lines)), 0, len(about.headings))


_LAST = 8
"""Lines to look at, from the end."""


def is_mark(text: str) -> bool:
    """Return whether a row with this beginning is a total, a page number or the like."""
    return bool(_FOOTER.match(text) or _TOTAL.match(text))


def is_total(text: str) -> bool:
    """Return whether a row with this beginning is a total, given that most cells are blank."""
    return _TOTAL.match(text) is not None


def is_line(cells: Sequence[str]) -> bool:
    """Return whether a row is a line of dashes, which database tools print below the headings.

    A blank cell counts too: a word for "nothing" such as `--` may have been removed from it.
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    drawn = all(not cell.strip("-=+") for cell in filled)
    return drawn and any(len(cell) > 1 for cell in filled)


def footer_in(cells: Sequence[str]) -> str:
    """Return the word that marks a row as a total, if most of its cells are blank."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if len(cells) <= 2 or len(filled) * 2 > len(cells) + 1:
        return ""
    found = _TOTAL.match(filled[0])
    return found[0] if found else ""
