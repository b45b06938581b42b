"""Workbooks as spreadsheets write them, made by hand."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Computed:
    """A cell with a formula and what is stored as its value: an error, or nothing yet."""

    formula: str
    error: str = ""


@dataclass(frozen=True)
class Shown:
    """A number, and the format in which the cell shows it."""

    value: float
    format: str


Cell = str | int | float | bool | date | Computed | Shown | None

_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
</Types>"""
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELATIONS = f'<Relationships xmlns="{_PACKAGE}">{{}}</Relationships>'
_STYLES = f"""<?xml version="1.0" encoding="UTF-8"?><styleSheet xmlns="{_MAIN}">
{{}}</styleSheet>"""
_FIRST_OWN = 164
"""The number of a workbook's first own format."""


def workbook(
    path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]], merged: Sequence[str] = ()
) -> str:
    """Write a workbook and return its path; each sheet has the ranges of cells `merged`."""
    ranges = "".join(f'<mergeCell ref="{each}"/>' for each in merged)
    merges = f'<mergeCells count="{len(merged)}">{ranges}</mergeCells>' if merged else ""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", _TYPES)
        file.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        names = "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
            for n, name in enumerate(sheets, 1)
        )
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}"><sheets>{names}</sheets></workbook>',
        )
        parts = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
        file.writestr("xl/_rels/workbook.xml.rels", _relations([*parts, ("styles", "styles.xml")]))
        formats = sorted(
            {
                cell.format
                for rows in sheets.values()
                for row in rows
                for cell in row
                if isinstance(cell, Shown)
            }
        )
        file.writestr("xl/styles.xml", _styles(formats))
        for number, rows in enumerate(sheets.values(), 1):
            body = "".join(_row(line, cells, formats) for line, cells in enumerate(rows, 1))
            sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData>{merges}</worksheet>'
            file.writestr(f"xl/worksheets/sheet{number}.xml", sheet)
    return str(path)


def _relations(parts: Sequence[tuple[str, str]]) -> str:
    return _RELATIONS.format(
        "".join(
            f'<Relationship Id="rId{n}" Type="{_RELATION}/{kind}" Target="{target}"/>'
            for n, (kind, target) in enumerate(parts, 1)
        )
    )


def _styles(formats: Sequence[str]) -> str:
    quoted = [escape(each, {'"': "&quot;"}) for each in formats]
    codes = "".join(
        f'<numFmt numFmtId="{n}" formatCode="{each}"/>' for n, each in enumerate(quoted, _FIRST_OWN)
    )
    ids = [0, 14, *range(_FIRST_OWN, _FIRST_OWN + len(formats))]
    styles = "".join(f'<xf numFmtId="{id}" applyNumberFormat="1"/>' for id in ids)
    return _STYLES.format(f"<numFmts>{codes}</numFmts><cellXfs>{styles}</cellXfs>")


def _row(line: int, cells: Sequence[Cell], formats: Sequence[str]) -> str:
    written = "".join(
        _cell(f"{chr(64 + n)}{line}", cell, formats) for n, cell in enumerate(cells, 1)
    )
    return f'<row r="{line}">{written}</row>'


def _cell(place: str, cell: Cell, formats: Sequence[str]) -> str:
    match cell:
        case None:
            return ""
        case Computed(formula, error):
            kind = ' t="e"' if error else ""
            return f'<c r="{place}"{kind}><f>{escape(formula)}</f><v>{error}</v></c>'
        case Shown(value, code):
            return f'<c r="{place}" s="{2 + formats.index(code)}"><v>{value}</v></c>'
        case bool():
            return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{cell}</v></c>'
        case date():
            return f'<c r="{place}" s="1"><v>{(cell - date(1899, 12, 30)).days}</v></c>'
        case _:
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
