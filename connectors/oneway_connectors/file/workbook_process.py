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
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

MOST_CELLS = 5_000_000
MOST_BYTES = 1_500_000_000
"""Memory that the process may ask for."""
MOST_SECONDS = 120


def main() -> None:
    """Answer one request."""
    _limit()
    request = json.loads(sys.stdin.buffer.readline())
    answer = _answer(sys.stdin.buffer.read(), request["sheet"], request["first"])
    sys.stdout.write(json.dumps(answer))


def _limit() -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limits
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
    return {"names": names, "rows": texts}


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
