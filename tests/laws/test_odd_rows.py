"""Laws of rows whose cells can be separated, though they are not one record each.

A row that is read without a problem is one that was written: no cell is in the column of another,
no line is a person by itself, and no record is inside a cell of another. Ordinary files have no
problem.
"""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.access import Access
from oneway.core.description import Description
from oneway.core.records import Snapshot
from oneway_connectors.file import connect
from oneway_connectors.file.reader import FileReader
from workbooks import workbook

HEADINGS = ["code", "status", "first", "last", "email", "leave", "remark"]
FIRST = st.sampled_from(["Ann", "Bob", "Cyd", "Mary Ann", "Zoë"])
LAST = st.sampled_from(["Archer", "Boole", "O'Neill", "van Dyk"])
DAY = st.sampled_from(["", "2026-11-20"])
REMARK = st.sampled_from(["", "", "on leave", "12 hours"])


def file(path: str, **options: str) -> FileReader:
    connector = connect(Description("file", "Files", "file", {}), Access(options, {}))
    return connector.reader(path)


def read(path: Path, data: str, **options: str) -> Snapshot:
    path.write_text(data, newline="")
    return file(str(path), **options).read()


def written(rows: list[list[str]], sign: str = ",", **form: Any) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=sign, lineterminator="\r\n", **form).writerows(rows)
    return text.getvalue()


@st.composite
def people(draw: st.DrawFn) -> list[list[str]]:
    """Draw the rows of some people, with an id first."""
    begin = draw(st.sampled_from(["", "A", "00", "9"]))
    return [
        [
            f"{begin}{number}", draw(st.sampled_from(["Current", "Former"])), draw(FIRST),
            draw(LAST), f"{number}@example.com", draw(DAY), draw(REMARK),
        ]
        for number in range(1, draw(st.integers(5, 9)) + 1)
    ]  # fmt: skip


def rows_of(found: Snapshot) -> list[list[Any]]:
    """Return the cells of the records that have no problem."""
    return [[each.data[name] for name in HEADINGS] for each in found.records if not each.problem]


def plain(rows: list[list[str]], sign: str) -> str:
    """Return rows as a program writes them that does not quote."""
    return "".join(sign.join(row) + "\n" for row in [HEADINGS, *rows])


@given(
    people(), st.data(), st.integers(2, 5), st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["error", "blank"]),
)  # fmt: skip
def test_a_row_with_a_delimiter_too_many_is_never_read_in_wrong_columns(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]], data: st.DataObject, column: int, sign: str, short: str,
) -> None:  # fmt: skip
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    at = data.draw(st.integers(0, len(rows) - 1))
    trailing = sign * data.draw(st.integers(0, 2))
    rows[at][-1] = ""
    lines = plain(rows, sign).splitlines()
    lines = [lines[0], *(line + trailing for line in lines[1:])]
    split = [*rows[at][:column], f"{rows[at][column]}{sign} MBE", *rows[at][column + 1 :]]
    lines[at + 1] = sign.join(split) + trailing
    found = read(path, "\n".join(lines) + "\n", id="code", short_rows=short, delimiter=sign)
    assert rows_of(found) == rows[:at] + rows[at + 1 :]
    (problem,) = (each.problem for each in found.records if each.problem)
    assert " has " in problem


@given(people(), st.data(), st.sampled_from([",", ";", "\t"]))
def test_records_between_two_stray_marks_are_never_lost_in_silence(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]], data: st.DataObject, sign: str,
) -> None:  # fmt: skip
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    column = data.draw(st.integers(1, 6))
    first = data.draw(st.integers(0, len(rows) - 2))
    last = data.draw(st.integers(first + 1, len(rows) - 1))
    rows[first][column] = rows[last][column] = '"'
    found = read(path, plain(rows, sign), id="code", delimiter=sign)
    assert rows_of(found) == rows[:first] + rows[last + 1 :]
    assert not found.complete
    assert "quote: none" in found.problems[0]
    advised = read(path, plain(rows, sign), id="code", delimiter=sign, quote="none")
    assert (rows_of(advised), advised.complete) == (rows, True)


@given(people(), st.data(), st.sampled_from([",", ";", "|"]), st.sampled_from(["error", "blank"]))
def test_a_line_in_one_cell_is_no_person(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]], data: st.DataObject, sign: str, short: str,
) -> None:  # fmt: skip
    """A spreadsheet quotes lines whole, if they have quotes and its delimiter is another one."""
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    whole = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    padding = data.draw(st.sampled_from([[], [""] * (len(HEADINGS) - 1)]))
    lines = [written([row], sign).rstrip() for row in rows]
    table = [
        [line, *padding] if each else row
        for each, line, row in zip(whole, lines, rows, strict=True)
    ]
    found = read(path, written([HEADINGS, *table]), id="code", short_rows=short)
    assert rows_of(found) == [row for each, row in zip(whole, rows, strict=True) if not each]
    for each in found.records:
        assert not each.problem or "whole line" in each.problem


NOTES = [
    "(3 rows affected)", "*** End of report ***", "Printed on 30/11/2026 22:00", "3 records",
    "Ende der Liste", "Page 1 of 1", "Total: 3", "[end]",
]  # fmt: skip


@pytest.mark.parametrize("short", ["error", "blank"])
@pytest.mark.parametrize("padding", ["", ",,,"])
@pytest.mark.parametrize("note", NOTES)
def test_a_note_below_the_records_is_no_person(
    tmp_path: Path, note: str, padding: str, short: str
) -> None:
    table = "code,status,first,leave\n1,Current,Ann,\n2,Current,Bob\n3,Former,Cyd,2026-11-01\n"
    found = read(tmp_path / "a.csv", f"{table}{note}{padding}\n", id="code", short_rows="blank")
    assert [each.id for each in found.records if not each.problem] == ["1", "2", "3"]
    *_, last = found.records
    assert "set the option footer" in last.problem
    table = table.replace("Bob\n", "Bob,\n")
    found = read(tmp_path / "a.csv", f"{table}{note}{padding}\n", id="code", short_rows=short)
    assert "set the option footer" in found.records[-1].problem
    word = note if note[0].isalnum() else note[0]
    found = read(tmp_path / "a.csv", f"{table}{note}{padding}\n", id="code", footer=word)
    assert ([each.problem for each in found.records], found.complete) == ([""] * 3, True)


TEXT = st.text(st.sampled_from("ab 1,.;\n"), max_size=12)


@given(people(), st.data(), st.sampled_from([",", ";"]), st.booleans())
def test_texts_of_several_lines_are_texts(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]], data: st.DataObject, sign: str, all_quoted: bool,
) -> None:  # fmt: skip
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    for row in rows:
        row[data.draw(st.integers(2, 6))] = data.draw(TEXT)
    form = {"quoting": csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL}
    found = read(path, written([HEADINGS, *rows], sign, **form), id="code", delimiter=sign)
    # The program also joins lines of a text that are exactly like records.
    assert rows_of(found) == rows or not found.complete
    few = all(
        max(line.count(sign) for line in cell.split("\n")) < 3 for row in rows for cell in row
    )
    assert found.complete or not few


def _staff(*ends: int, left: str = "") -> str:
    """Return the lines of 60 people, of which those with these numbers end with one comma more."""
    lines = ["code,name,status,dept,leave"]
    for number in range(1, 61):
        out = f"{number:04}" == left
        name, day = f"{['Ann', 'Bob', 'Cyd', 'Dee'][number % 4]} Quill", "2026-11-01" if out else ""
        words = "Former" if out else "Current", "Sales" if number % 3 else "Finance"
        lines.append(",".join([f"{number:04}", name, *words, day]) + "," * (number in ends))
    return "\n".join(lines) + "\n"


MOVED: dict[str, tuple[str, dict[str, str]]] = {
    "a title without its space": (
        "code,status,first,last,email,leave\n1,Current,Ann,Archer,ann@example.com,\n"
        "2,Current,Bob,Boole,bob@example.com,\n3,Current,Cyd,Crane,MBE,cyd@example.com,\n", {}
    ),
    "an amount": (
        "code,last,salary,bonus,leave,note\n1,Archer,31250,0,,\n2,Boole,31250,0,,\n"
        "3,Crane,32,500,,,\n4,Drake,31250,0,,\n", {"types": "salary=number, bonus=number"}
    ),
    "a name before a word": (_staff().replace("0007,Dee Quill,", "0007,Quill,Dee,"), {}),
    "several": (re.sub(r"(?m)^(000[2-5],\w+) Quill", r"\1,Quill", _staff()), {}),
    "a day that does not fit": (
        _staff(7).replace("Sales,,\n", "Sales,soon,\n"), {"types": "leave=date:yyyy-MM-dd"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MOVED)
def test_cells_that_moved_are_told(tmp_path: Path, name: str) -> None:
    data, options = MOVED[name]
    width = data.split("\n", 1)[0].count(",")
    odd = [line[: line.index(",")] for line in data.splitlines() if line.count(",") > width]
    found = read(tmp_path / "a.csv", data, id="code", **options)
    seen = {each.data["code"] for each in found.records if not each.problem}
    assert odd
    assert seen.isdisjoint(odd)
    assert len(seen) + len(odd) == len(found.records)


MORE = "".join(f'{n:04},Name{n},Current,"1 Low St, York"\n' for n in range(6, 30))

ORDINARY: dict[str, tuple[str, dict[str, str]]] = {
    "addresses": ('id,name,address\n1,Ann,"1 High St,\nLondon,\nUK"\n2,Bob,"x\ny"\n', {}),
    "an address in a column between": ('id,address,name\n1,"1 High St\nLondon, UK",Ann\n', {}),
    "a remark with as many commas": ('id,name,remark\n1,Ann,"a\nb, c, d"\n2,Bob,\n', {}),
    "a remark of two columns": ('id,remark\n1,"called her,\nshe said no, later"\n2,\n', {}),
    "decimals in a remark": ('id,name,remark\n1,Ann,"hours:\n12,5 and 3,5"\n2,Bob,\n', {}),
    "decimals, two columns": ('id,remark\n1,"hours:\n12,5"\n2,\n', {}),
    "semicolons in a remark": ("id;name;remark\n1;Ann;\"a\nb; c; d\"\n", {"delimiter": ";"}),
    "a text key and prose": (
        'id,name,remark\nann,Ann,"first\nthen, later, on"\nbob,Bob,\ncarol,Carol,\n', {}
    ),
    "an address without spaces": (
        f'code,name,status,address\n0005,Ann,Current,"Flat 2\n12,High St,Leeds,LS1 1AA"\n{MORE}',
        {"id": "code"},
    ),
    "a remark of months": (
        f'code,name,status,remark\n0005,Ann,Current,"on leave:\n3,May,June,July"\n{MORE}',
        {"id": "code"},
    ),
    "a row in a remark": (
        f'code,name,status,remark\n0005,Ann,Current,"was:\n0006,Name6,Former,x"\n{MORE}',
        {"id": "code"},
    ),
    "few rows, and names as ids": (
        "dept,head\nSales,0001\nIT,0002\nLegal,\nR&D Lab,\n", {"id": "dept"}
    ),
    "a list of lines": ('id,roles\n1,"a\nb\nc"\n2,"d\ne"\n', {}),
    "all quoted": ('"id","name","remark"\n"1","Ann","a,\nb,c,d"\n"2","Bob",""\n', {}),
    "cells left out": ("id,name,leave\n1,Ann\n2,Bob,2026-11-01\n3\n", {"short_rows": "blank"}),
    "few have left": ("id,leave\n1\n2\n3\n4,2026-11-01\n", {"short_rows": "blank"}),
    "none has left": ("id,leave\nA-1\nA-2\n", {"short_rows": "blank"}),
    "names as ids": ('id,leave\n"Ellis, Eve"\n"Fox, Jo",2026-11-01\n', {"short_rows": "blank"}),
    "names as all ids": ('id,leave,by\n"Ellis, Eve"\nFay Fox\nGus\n', {"short_rows": "blank"}),
    "names, blank beside": ("id,leave\nEve Ellis,\nFay Fox,2026-11-01\n", {}),
    "codes with bars": ("id,leave\nNL|1|a\nNL|2|b,2026-11-01\n", {"short_rows": "blank"}),
    "a delimiter after all rows": ("id,name\n1,Ann,\n2,Bob,\n3,Cyd,\n", {}),
    "a delimiter after one row": ("id,name\n1,Ann,,\n", {}),
    "a block of a spreadsheet": (_staff(*range(34, 50)), {"id": "code"}),
    "a leaver in a block": (_staff(*range(34, 50), left="0040"), {"id": "code"}),
    "a leaver alone": (_staff(40, left="0040"), {"id": "code"}),
    "a comma too many": (_staff(7), {"id": "code"}),
    "after all but one": ("id,name\n1,Ann,\n2,Bob,\n3,Cyd,\n4,Dee,\n5,Eve\n", {}),
    "and after the headings": ("id,name,,\n1,Ann,,\n2,Bob,,\n", {}),
    "one column": ("id\nEve Ellis\n(x)\n\"a,b,c\"\n", {}),
    "blank rows, wider": ("id,name\n1,Ann\n,,,,\n2,Bob\n", {}),
    "a line of dashes": ("id,name\n--,----\n1,Ann\n2,Bob\n", {}),
    "a footer that is known": (
        "id,name\n1,Ann\n2,Bob\n(2 rows affected)\n\nCompletion time: 2026\n", {"footer": "("}
    ),
    "no quotes": ('id,name,remark\n1,Ann,"\n2,Bob,"\n', {"quote": "none"}),
    "marks as inches": ('id,name,size\n1,Ann,5\'10"\n2,Bob,6\'1"\n', {}),
}  # fmt: skip


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_file_has_no_problem(tmp_path: Path, name: str) -> None:
    data, options = ORDINARY[name]
    for end in ("\n", "\r\n"):
        found = read(tmp_path / "a.csv", data.replace("\n", end), **options)
        assert [each.problem for each in found.records if each.problem] == []
        assert (len(found.records) > 0, found.complete) == (True, True)
        assert found.problems == ()


def test_a_line_that_may_be_a_record_or_a_text_is_named_and_the_file_is_read(
    tmp_path: Path,
) -> None:
    """Its id is like the others, and no row has it, but its marks quote a text."""
    phones = '0005,Ann,Current,"0113 1\n0114,work,desk,x"\n'
    found = read(tmp_path / "a.csv", f"code,name,status,phones\n{phones}{MORE}", id="code")
    assert (found.complete, len(found.records)) == (True, 25)
    assert "line 2 has a cell of several lines, and one looks like a record" in found.problems[0]


def test_a_row_without_an_id_is_no_note_whose_beginning_ends_the_file(tmp_path: Path) -> None:
    rows = "".join(f"Name{n},{n:04},Current\n" for n in range(9))
    found = read(tmp_path / "a.csv", f"name,code,status\n{rows}Ann Other,,\n", id="code")
    (problem,) = (each.problem for each in found.records if each.problem)
    assert "has no id at 'code'" in problem


def test_each_cell_of_a_workbook_states_its_column(tmp_path: Path) -> None:
    rows = [["id", "name"], ["1", "Ann"], ["2", "Bob", " "], ["3", "Cyd"], ["4", "Dee"]]
    path = workbook(tmp_path / "a.xlsx", {"Staff": [*rows, ["(4 rows affected)"]]})
    *found, note = file(path).read().records
    assert [each.problem for each in found] == [""] * 4
    assert "looks like a note" in note.problem


def test_a_damaged_cell_beside_a_delimiter_at_the_end_of_all_rows(tmp_path: Path) -> None:
    """The other cells are in their columns, so a leave in them is certain."""
    found = read(tmp_path / "a.csv", "id,name,leave\n1,#N/A,2026-11-01,\n2,Bob,,\n")
    assert found.records[0].data == {"id": "1", "leave": "2026-11-01"}
    assert found.records[0].lost == (("name",),)
