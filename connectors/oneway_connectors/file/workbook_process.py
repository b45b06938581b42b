"""Reads a sheet of a workbook, in a process of its own.

A workbook of nine hundred bytes may hold one cell in the last row of the last column: what reads
it sets aside all the cells before, seventeen thousand million, and ends the process in which it
does so. That must not be the process of a run. Standard input gives a line of JSON (`sheet`, and
whether the `first` will do), then the workbook; standard output takes JSON. Nothing of the
project is imported, so that it begins quickly.
"""

import io
import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any
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
    for (line, column), text in _damage(data, wanted or names[0]).items():
        if line <= len(texts) and column <= len(texts[line - 1][1]):
            texts[line - 1][1][column - 1] = text
    return {"names": names, "rows": texts, "merged": list(_merged(sheet, texts))}


def _merged(sheet: Any, rows: list[tuple[int, list[str]]]) -> Iterator[tuple[int, int, str]]:
    """Yield the cells that are merged with one that holds a value: line and column, and the value.

    They are blank in the rows. The reader does not know those of an .ods workbook.
    """
    for (top, left), (bottom, right) in getattr(sheet, "merged_cell_ranges", None) or ():
        for line, cells in rows[top : bottom + 1]:
            text = rows[top][1][left] if left < len(cells) else ""
            for column in range(left + 1, min(right + 1, len(cells)) + 1) if text.strip() else ():
                if (line, column) != (top + 1, left + 1):
                    yield line, column, text


def _damage(data: bytes, sheet: str) -> dict[tuple[int, int], str]:
    """Return the damaged cells of an .xlsx sheet, by line and column from 1.

    The reader gives errors (`#N/A`), and formulas that nothing has computed yet, as blank
    cells: whoever takes them for blank clears what the target has.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            text = file.read(_path_of(file, sheet))
            return dict(_damaged_cells(text)) if b't="e"' in text or b"<f" in text else {}
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        StopIteration,
        ElementTree.ParseError,
        NotImplementedError,
    ):
        return {}  # another format: .xls, .xlsb, .ods


def _path_of(file: zipfile.ZipFile, sheet: str) -> str:
    """Return where a sheet is inside of a workbook (ECMA-376, part 1, 12.3.24)."""
    book = ElementTree.fromstring(file.read("xl/workbook.xml"))
    (found,) = (each for each in book.iter() if _is(each, "sheet") and each.get("name") == sheet)
    id = next(value for name, value in found.items() if name.endswith("}id"))
    links = ElementTree.fromstring(file.read("xl/_rels/workbook.xml.rels"))
    target = next(each.attrib["Target"] for each in links if each.get("Id") == id)
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _damaged_cells(text: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield errors, and formulas without a value, with their places."""
    line = 0
    for row in (each for each in ElementTree.fromstring(text).iter() if _is(each, "row")):
        line = int(row.get("r", line + 1))
        column = 0
        for cell in row:
            column = _column(cell.get("r", "")) or column + 1
            value = "".join(each.text or "" for each in cell if _is(each, "v"))
            if cell.get("t") == "e":
                yield (line, column), value
            elif cell.get("t", "n") == "n" and not value and any(_is(e, "f") for e in cell):
                yield (line, column), '=""'


def _is(element: ElementTree.Element, name: str) -> bool:
    return element.tag.endswith(f"}}{name}")


def _column(place: str) -> int:
    """Return the column number of a reference such as `AB12`, from 1; 0 without one."""
    number = 0
    for letter in place.rstrip("0123456789"):
        number = number * 26 + ord(letter.upper()) - ord("A") + 1
    return number


def cell_text(cell: object) -> str:
    """Return a cell as the CSV of its sheet has it: dates as ISO text, whole numbers whole."""
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return "" if cell is None else str(cell)


if __name__ == "__main__":
    main()
