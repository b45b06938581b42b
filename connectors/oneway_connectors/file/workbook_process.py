"""Reads a sheet of a workbook in a separate process.

A workbook of nine hundred bytes can have one cell in the last row of the last column, for which the
parser allocates 17 billion cells and kills its process. That must not be the process of a run.
Standard input is a line of JSON (`sheet`, and `first` if the first one will do), then the
workbook. Standard output is JSON. Imports nothing from the project, so that it starts quickly.
"""

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from unicodedata import category
from xml.etree import ElementTree

MOST_CELLS = 5_000_000
MOST_BYTES = 1_500_000_000
"""The most memory that the process may allocate."""
MOST_SECONDS = 120


def main() -> None:
    """Answer one request."""
    _limit()
    request = json.loads(sys.stdin.buffer.readline())
    answer = _answer(sys.stdin.buffer.read(), request["sheet"], request["first"])
    sys.stdout.write(json.dumps(answer))


def _limit() -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows does not have these limits
        import resource

        for kind, most in (
            (resource.RLIMIT_AS, MOST_BYTES),
            (resource.RLIMIT_CPU, MOST_SECONDS),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (most if hard < 0 else min(most, hard), hard))


def _answer(data: bytes, wanted: str, first: bool) -> dict[str, Any]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        seen = SheetVisibleEnum.Visible
        names = [each.name for each in book.sheets_metadata if each.visible == seen]
        known = wanted in book.sheet_names or (not wanted and names and (first or len(names) == 1))
        if not known:
            return {"names": names, "rows": None}
        sheet = book.get_sheet_by_name(wanted or names[0])
        if sheet.end is not None and (sheet.end[0] + 1) * (sheet.end[1] + 1) > MOST_CELLS:
            return {"names": names, "rows": None, "large": True}
        rows = sheet.to_python(skip_empty_area=False)
    except CalamineError:
        return {"broken": True}
    texts = [(line, [cell_text(cell) for cell in row]) for line, row in enumerate(rows, 1)]
    known = any(isinstance(cell, time | timedelta) for row in rows for cell in row)
    for (line, column), text in _shown(data, wanted or names[0], timed=known).items():
        if line <= len(texts) and column <= len(texts[line - 1][1]):
            texts[line - 1][1][column - 1] = text
    return {"names": names, "rows": texts, "merged": list(_merged(sheet, texts))}


def _merged(sheet: Any, rows: list[tuple[int, list[str]]]) -> Iterator[tuple[int, int, str]]:
    """Yield the cells that are merged with a filled one: line, column, and its value.

    They are blank in the rows. The parser does not report those of an .ods workbook.
    """
    for (top, left), (bottom, right) in getattr(sheet, "merged_cell_ranges", None) or ():
        for line, cells in rows[top : bottom + 1]:
            text = rows[top][1][left] if left < len(cells) else ""
            for column in range(left + 1, min(right + 1, len(cells)) + 1) if text.strip() else ():
                if (line, column) != (top + 1, left + 1):
                    yield line, column, text


def _shown(data: bytes, sheet: str, *, timed: bool) -> dict[tuple[int, int], str]:
    """Return the shown text of .xlsx cells for which the parser returns something else, by place.

    The parser returns errors (`#N/A`) and formulas that were never computed as blank cells, which
    would clear the target's values. It returns numbers without their format: 00042 as 42. `timed`:
    it found times, some of which may be days.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            path, styles = _parts(file, sheet)
            text = file.read(path)
            formats = _formats(file.read(styles)) if styles else []
            telling = timed or any(map(_tells, formats))
            damaged = b't="e"' in text or b"<f" in text
            return dict(_told_cells(text, formats)) if telling or damaged else {}
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        StopIteration,
        ElementTree.ParseError,
        NotImplementedError,
    ):
        return {}  # another format: .xls, .xlsb, .ods


def _parts(file: zipfile.ZipFile, sheet: str) -> tuple[str, str]:
    """Return the paths of a sheet and the styles in a workbook (ECMA-376, part 1, 12.3.24)."""
    book = ElementTree.fromstring(file.read("xl/workbook.xml"))
    (found,) = (each for each in book.iter() if _is(each, "sheet") and each.get("name") == sheet)
    id = next(value for name, value in found.items() if name.endswith("}id"))
    links = list(ElementTree.fromstring(file.read("xl/_rels/workbook.xml.rels")))
    styles = (each for each in links if each.get("Type", "").endswith("/styles"))
    paths = [next(each for each in links if each.get("Id") == id), next(styles, None)]
    targets = ["" if each is None else each.attrib["Target"] for each in paths]
    path, style = (each[1:] if each[:1] == "/" else each and f"xl/{each}" for each in targets)
    return path, style if style in file.namelist() else ""


def _formats(text: bytes) -> list[str]:
    """Return the number format of each cell style, in order."""
    styles = ElementTree.fromstring(text)
    own = (each for each in styles.iter() if _is(each, "numFmt"))
    codes = _BUILT_IN | {each.get("numFmtId", ""): each.get("formatCode", "") for each in own}
    used = (group for group in styles if _is(group, "cellXfs"))
    return [codes.get(each.get("numFmtId", ""), "") for group in used for each in group]


def _told_cells(text: bytes, formats: list[str]) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield errors, formulas without a value, and numbers that show more than digits."""
    line = 0
    for row in (each for each in ElementTree.fromstring(text).iter() if _is(each, "row")):
        line = int(row.get("r", line + 1))
        column = 0
        for cell in row:
            column = _column(cell.get("r", "")) or column + 1
            value = "".join(each.text or "" for each in cell if _is(each, "v"))
            if cell.get("t") == "e":
                yield (line, column), value
            elif cell.get("t", "n") != "n":
                continue
            elif not value and any(_is(e, "f") for e in cell):
                yield (line, column), '=""'
            elif value and (style := int(cell.get("s", 0))) < len(formats):
                shown = shown_number(float(value), formats[style])
                if shown is not None:
                    yield (line, column), shown


def _is(element: ElementTree.Element, name: str) -> bool:
    return element.tag.endswith(f"}}{name}")


def _column(place: str) -> int:
    """Return the column number of a reference such as `AB12`, from 1; 0 without one."""
    number = 0
    for letter in place.rstrip("0123456789"):
        number = number * 26 + ord(letter.upper()) - ord("A") + 1
    return number


_BUILT_IN = {
    "9": "0%",
    "10": "0.00%",
    **dict.fromkeys(("14", "15", "16", "17", "22"), "d/m/yyyy"),
    **dict.fromkeys(("18", "19", "20", "21", "45", "47"), "h:mm"),
    "46": "[h]:mm:ss",
}
"""The built-in formats, which a workbook names by number (ECMA-376, part 1, 18.8.30)."""
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.')
"""Matches text in a format, a space as wide as a character, and a repeated character."""
_TOKEN = re.compile(r'"[^"]*"|\\.|_.|\*.|.', re.DOTALL)
_PERCENT = re.compile(r"[#,]*0*(?:\.(0*)#*)? ?%")
_ELAPSED = re.compile(r"\[(h+|m+|s+)\](.*)", re.IGNORECASE)
_COLOUR = re.compile(
    r"\[(black|blue|cyan|green|magenta|red|white|yellow|colou?r *\d+|\$-\w+)\]", re.I
)


def _tells(format: str) -> bool:
    """Return whether a format may show more than the digits of a number: `00000`, `0%`."""
    return any(shown_number(each, format) is not None for each in (1.0, 1234567.0))


def shown_number(value: float, format: str) -> str | None:
    """Return the text that a format shows for a number, or None if the number itself will do.

    It will do for decimals, thousands, currencies and units (`0" years"`), as rounded amounts would
    lose digits. Text before the digits, or after several zeros (`"E"0000`, `000"-A"`), is part of a
    code.
    """
    section = _COLOUR.sub("", format).split(";")[0]
    plain = _LITERAL.sub("", section)
    if elapsed := _ELAPSED.match(section):
        return _elapsed(value, elapsed[1].lower(), elapsed[2].lower())
    if found := _PERCENT.fullmatch(plain.strip()):
        number = _plain(Decimal(f"{value:.15g}") * 100)
        whole, _, decimals = number.partition(".")
        decimals = decimals.ljust(len(found[1] or ""), "0")
        return f"{whole}.{decimals}%" if decimals else f"{whole}%"
    if _is_of_days(plain) and value < 1:
        # A formula's result for a blank cell, which spreadsheets show as 00/01/1900.
        return "#####" if value else ""
    return _code(value, section) if value >= 0 else None


def _is_of_days(plain: str) -> bool:
    return bool(re.search(r"[dy]", plain, re.IGNORECASE)) and "general" not in plain.lower()


def _code(value: float, section: str) -> str | None:
    """Return a whole number in a format of digits, such as `00000`, `000-00-0000`, `"E"0000`."""
    if not value.is_integer() or value >= _EXACT:
        return None
    signs = [_sign(each) for each in _TOKEN.finditer(section)]
    places = [at for at, (sign, literal) in enumerate(signs) if not literal and sign in "0#"]
    others = "".join(sign for sign, literal in signs if not literal and sign not in "0#")
    if not places or others.strip(" ()/:+-"):
        return None
    after = any(sign.strip() for sign, _ in signs[places[-1] + 1 :])
    coded = any(sign.strip() for sign, _ in signs[: places[-1]] if sign not in "0#")
    if after and not coded and sum(signs[at][0] == "0" for at in places) < 2:
        return None
    digits, shown = list(str(int(value))), [sign for sign, _ in signs]
    for at in reversed(places):
        shown[at] = digits.pop() if digits else shown[at].strip("#")
    shown[places[0]] = "".join(digits) + shown[places[0]]
    text = "".join(shown).strip()
    return None if text == str(int(value)) or any(map(_is_currency, text)) else text


def _sign(token: re.Match[str]) -> tuple[str, bool]:
    """Return the characters that a token of a format shows, and whether it is text."""
    text = token[0]
    if text[0] in "_*" and len(text) > 1:
        return "", True
    literal = len(text) > 1
    return (text.strip('"') if text[0] == '"' else text[1:]) if literal else text, literal


def _is_currency(sign: str) -> bool:
    return category(sign) == "Sc"


def _elapsed(value: float, unit: str, rest: str) -> str:
    """Return a duration in a format such as `[h]:mm`, with seconds if they are not 0."""
    seconds = round(abs(value) * 86_400)
    of_unit = {"h": 3_600, "m": 60, "s": 1}[unit[0]]
    parts = [str(seconds // of_unit).zfill(len(unit))]
    if unit[0] == "h" and ("m" in rest or seconds % 3_600):
        parts.append(f"{seconds // 60 % 60:02}")
    if unit[0] != "s" and ("s" in rest or seconds % 60):
        parts.append(f"{seconds % 60:02}")
    return ("-" if value < 0 else "") + ":".join(parts)


def _plain(number: Decimal) -> str:
    """Return a number without an exponent or trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


_EXACT = 1e15
"""Spreadsheets store fifteen digits, so longer numbers have lost the last ones."""


def cell_text(cell: object) -> str:
    """Return a cell as in a CSV export: dates as ISO text, whole numbers without a fraction."""
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float() | int() if abs(cell) >= _EXACT:
            return f"{cell:.14E}"  # the notation of spreadsheets, which is an error of the row
        case float() | int():
            return _plain(Decimal(f"{cell:.15g}"))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return _elapsed(cell.total_seconds() / 86_400, "h", "m")
        case _:
            return "" if cell is None else str(cell)


if __name__ == "__main__":
    main()
