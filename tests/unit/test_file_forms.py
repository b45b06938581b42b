"""Files as people send them: any delimiter, encoding, headings, title rows, footers, workbooks."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.access import Access
from oneway.core.batches import Batch
from oneway.core.connector_errors import NotSent, ReadError, Rejected
from oneway.core.description import Description
from oneway.core.paths import path_of, path_text
from oneway.core.records import Record, Snapshot
from oneway_connectors.file import FileConnector, connect, csv_rows
from oneway_connectors.file.mojibake import is_garbled
from oneway_connectors.file.options import DELIMITERS, file_options
from oneway_connectors.file.reader import FileReader
from oneway_connectors.file.workbook_process import cell_text, shown_number
from workbooks import Computed, Shown, workbook

PLAIN = "id,name\n1,Ann\n2,Bob\n"


def opened(**options: str) -> FileConnector:
    return connect(Description("file", "Files", "file", {}), Access(options, {}))


def read(path: Path, data: str | bytes, **options: str) -> Any:
    """Return the data of each record, the problems, and why records may be missing."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    found = opened(**options).reader(str(path)).read()
    good = [dict(each.data) for each in found.records if not each.problem]
    return good, [each.problem for each in found.records if each.problem], found.problems


def refused(path: Path, data: str | bytes, **options: str) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(path, data, **options)
    return caught.value


names = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=8)


@given(st.lists(names, min_size=1, max_size=4).map(tuple))
def test_the_text_of_a_path_leads_back_to_its_keys(keys: tuple[str, ...]) -> None:
    assert path_of(path_text(keys)) == keys


@given(st.text(max_size=20))
def test_every_text_is_a_path_whose_text_means_the_same(text: str) -> None:
    assert path_of(path_text(path_of(text))) == path_of(text)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("bank.sortCode", ("bank", "sortCode")),
        ("N.I. Number", ("N.I. Number",)),
        ("Tel. No.", ("Tel. No.",)),
        ("Tel.No.", ("Tel.No.",)),
        ('address."Post Code"', ("address", "Post Code")),
        ('"Dept.Code"', ("Dept.Code",)),
        ('a "quoted" word', ('a "quoted" word',)),
        ("Start Date", ("Start Date",)),
    ],
)
def test_a_heading_is_one_key_unless_it_is_a_path(text: str, keys: tuple[str, ...]) -> None:
    assert path_of(text) == keys


cells = st.text(
    st.characters(codec="cp1252", exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\"';|,\t"),
    max_size=6,
)


@given(
    st.lists(st.tuples(cells, cells), max_size=5),
    st.sampled_from(sorted(DELIMITERS)),
    st.sampled_from(["utf-8", "windows-1252", "utf-16", "utf-16-be", "iso-8859-1"]),
    st.sampled_from(["double", "single"]),
    st.sampled_from([(), ("Payroll export",), ("", "Report 28/11/2026", "")]),
    st.sampled_from(["", "Total"]),
)
@settings(max_examples=150)
def test_one_table_is_the_same_records_however_it_is_written(
    tmp_path_factory: Any, rows: Any, word: str, encoding: str, quote: str, title: Any, footer: str
) -> None:
    sign, mark = DELIMITERS[word], {"double": '"', "single": "'"}[quote]
    rows = [(a, b) for a, b in rows if _fits(a + b, encoding)]

    def line(*cells: str) -> str:
        return sign.join(mark + cell.replace(mark, mark * 2) + mark for cell in cells)

    table = [line("id", "a", "b"), *(line(str(n), *row) for n, row in enumerate(rows))]
    lines = [*title, *table, *([f"{footer}{sign}{len(rows)}{sign}"] if footer else [])]
    data = "".join(f"{each}\r\n" for each in lines).encode(encoding)
    path = tmp_path_factory.mktemp("f") / "people.csv"
    options = {"delimiter": word, "encoding": encoding, "quote": quote, "footer": footer}
    options["header"] = str(len(title) + 1)
    wanted = [{"id": str(n), "a": a, "b": b} for n, (a, b) in enumerate(rows)]
    found, wrong, notes = read(path, data, **options)
    assert (found, wrong) == (wanted, [])
    assert bool(notes) == any(is_garbled(cell) for row in rows for cell in row)
    last = "".join(f"{each}\r\n" for each in lines[len(title) + len(rows) :])
    assert_rewritten(
        path, last.encode({"utf-16": "utf-16-le"}.get(encoding, encoding)), options, wanted
    )


def assert_rewritten(path: Path, last: bytes, options: Any, wanted: Any) -> None:
    """Check that one record can be written, and that all else keeps its very bytes."""
    if len(wanted) < 2:
        return
    writer = opened(**options).writer(str(path))
    writer.update(wanted[0]["id"], {"a": "new"}, "t")
    writer.flush()
    again = opened(**options).reader(str(path)).read()
    assert [dict(each.data) for each in again.records] == [wanted[0] | {"a": "new"}, *wanted[1:]]
    assert path.read_bytes().endswith(last)


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (PLAIN.replace(",", ";"), "separated by semicolons: set the option delimiter: semicolon"),
        (PLAIN.replace(",", "\t"), "separated by tabs: set the option delimiter: tab"),
        (PLAIN.replace(",", "|"), "separated by pipes: set the option delimiter: pipe"),
        ("People at 28/11/2026,\n,\n" + PLAIN, "on line 3: set the option header: 3"),
        ("People;\n\n" + PLAIN.replace(",", ";"), "semicolon; its headings are on line 3"),
        ("id,prénom\n1,x\n".encode("cp1252"), "set the option encoding: windows-1252"),
        (PLAIN.encode("utf-16"), "set the option encoding: utf-16"),
        (PLAIN.replace("\n", "\r"), "only in CR"),
        (b"PK\x03\x04 a workbook\n", "format: xlsx"),
        (PLAIN.replace("id", "id "), "'id ', with a space: set the option spaces: trim"),
        (PLAIN.replace("id", "Staff No"), "the headings are: 'Staff No', 'name'"),
        (PLAIN.replace("id", "ID"), "the headings are: 'ID', 'name'"),
    ],
)  # fmt: skip
def test_a_message_names_what_it_saw_and_the_option_to_set(
    tmp_path: Path, data: str | bytes, said: str
) -> None:
    assert said in refused(tmp_path / "people.csv", data).help


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_where_a_line_of_headings_is_missing_no_message_shows_a_persons_values(
    tmp_path: Path, ending: str
) -> None:
    person = ["00101", "Ada Quill", "XX29TEST60161331926819", "41250", "Current"]
    rows = [person, ["00102", "Ben Mar", "XX29TEST60161331926820", "51250", "Current"]]
    path = tmp_path / f"people.{ending}"
    text = "".join(f"{','.join(row)}\n" for row in rows)
    if ending == "xlsx":
        workbook(path, {"People": rows})
    data = path.read_bytes() if ending == "xlsx" else text
    for options in ({"id": "code"}, {}, {"id": "code", "types": "leave=date:dd/MM/yyyy"}):
        error = refused(path, data, **options)
        assert "was the line of headings left out" in error.help
        assert not any(cell in f"{error.summary} {error.help}" for cell in person)
    with pytest.raises(ReadError, match="holds values like those below it"):
        opened().suggest(str(path))


@pytest.mark.parametrize(
    "text",
    [
        "kst,q4 2025,zeta\n7,yes,1\n8,no,2\n",
        "Pracownik1,Imie,Dzial\nKow1,Anna,IT\nNow2,Jan,HR\n",
        "Kst1,x\nK1,a\nK2,b\n",
        "2024,2025,osoba\n1200,1300,Anna\n1400,1500,Jan\n",
    ],
)
def test_headings_of_which_none_is_known_are_headings(tmp_path: Path, text: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(text)
    assert opened().suggest(str(path)).columns == tuple(text.partition("\n")[0].split(","))


def test_what_a_file_says_of_itself_is_taken(tmp_path: Path) -> None:
    wanted = [{"id": "1", "name": "Ann"}, {"id": "2", "name": "Bob"}]
    for first in ("sep=;\r\n", '"sep=;"\n'):
        data = first + PLAIN.replace(",", ";")
        assert read(tmp_path / "a.csv", data)[0] == wanted
    assert read(tmp_path / "b.csv", "#TYPE System.Object\r\n" + PLAIN)[0] == wanted
    assert read(tmp_path / "c.tsv", PLAIN.replace(",", "\t"))[0] == wanted
    assert read(tmp_path / "d.txt", PLAIN, format="csv")[0] == wanted


def test_what_is_blank_throughout_is_nothing(tmp_path: Path) -> None:
    data = "id,name,,\n1,Ann,,\n,,,\n   ,,,\n2,Bob,,\n,,,\n"
    wanted = [{"id": "1", "name": "Ann"}, {"id": "2", "name": "Bob"}]
    assert read(tmp_path / "a.csv", data) == (wanted, [], ())
    _, problems, _ = read(tmp_path / "a.csv", "id,name,\n1,Ann,note\n")
    assert problems == ["the record has a value in column 3, which has no heading"]
    assert read(tmp_path / "b.csv", "id,name\n1,Ann,,\n")[0] == wanted[:1]


def test_cells_left_out_are_blank_where_that_is_said(tmp_path: Path) -> None:
    data = "id,name,notes\n1,Ann\n2,Bob,hi\n"
    assert "short_rows: blank" in read(tmp_path / "a.csv", data)[1][0]
    found, problems, _ = read(tmp_path / "a.csv", data, short_rows="blank")
    assert (found[0], problems) == ({"id": "1", "name": "Ann", "notes": ""}, [])
    _, problems, missing = read(tmp_path / "a.csv", data + "3,C", short_rows="blank")
    assert problems
    assert missing  # the file may have been cut off in the middle of that row


@pytest.mark.parametrize(
    "cell", ["#N/A", "#REF!", "#DIV/0!", "#NAME?", "Err:502", "########", "1.23E+05", '"=""001"""']
)
def test_what_a_spreadsheet_puts_in_the_place_of_a_value_is_an_error_of_its_row(
    tmp_path: Path, cell: str
) -> None:
    data = f"id,code\n1,{cell}\n2,B\n"
    found, problems, missing = read(tmp_path / "a.csv", data)
    assert ([each["id"] for each in found], missing) == (["2"], ())
    assert "column 'code'" in problems[0]
    assert "1.23E+05" not in problems[0]  # what is left of an account's number
    found, problems, _ = read(tmp_path / "a.csv", data, damaged_cells="keep")
    assert (len(found), problems) == (2, [])


@pytest.mark.parametrize("who", ["Totally Bob", "Total Bob", "Totals"])
def test_somebody_whose_name_begins_like_the_footer_ends_no_file(tmp_path: Path, who: str) -> None:
    data = f"name,id,email\nAnn,1,a@example.com\n{who},2,b@example.com\nCy,3,c@example.com\n"
    found, problems, missing = read(tmp_path / "a.csv", data + "Total: 3,,\n", footer="Total")
    assert ([each["id"] for each in found], problems, missing) == (["1", "2", "3"], [], ())


@pytest.mark.parametrize("line", ["Total,3,12", "Total: 3,,", "Total 3", "Total,,"])
def test_a_footer_ends_the_records_however_full_it_is(tmp_path: Path, line: str) -> None:
    data = f"name,id,pay\nAnn,1,5\n{line}\n"
    found, problems, missing = read(tmp_path / "a.csv", data, footer="Total")
    assert (len(found), problems, missing) == (1, [], ())


def test_quotes_after_a_space_are_quotes_where_spaces_are_trimmed(tmp_path: Path) -> None:
    data = 'id; "code"; "name"\n1; "A1"; "Ann; Lee"\n'
    dialect = {"delimiter": "semicolon", "spaces": "trim"}
    wanted = [{"id": "1", "code": "A1", "name": "Ann; Lee"}]
    assert read(tmp_path / "a.csv", data, **dialect)[:2] == (wanted, [])
    error = refused(tmp_path / "a.csv", data, delimiter="semicolon")
    assert (error.code, error.help) == ("R154", "set the option spaces: trim")
    _, problems, _ = read(tmp_path / "a.csv", 'id,code\n1, "A1"\n')
    said = "has a quotation mark after a space: set the option spaces: trim"
    assert problems == [f"the record {said}"]


@pytest.mark.parametrize("cell", ["#1", "N/A", "E+05", "1E5", "2.5", "=1+1", "1.2.3", "A1.5E+05"])
def test_text_that_no_spreadsheet_puts_there_is_text(tmp_path: Path, cell: str) -> None:
    found, problems, _ = read(tmp_path / "a.csv", f"id,code\n1,{cell}\n")
    assert (found, problems) == ([{"id": "1", "code": cell}], [])


def test_a_workbook_says_on_which_line_its_headings_are_as_its_csv_does(tmp_path: Path) -> None:
    rows = [["Staff list"], [], ["code", "first", "email"], *([f"{n}", "A", "a"] for n in range(5))]
    path = workbook(tmp_path / "a.xlsx", {"Staff": rows})
    with pytest.raises(ReadError) as caught:
        opened(id="code").reader(path).read()
    text = "".join(",".join(row) + "\n" for row in rows)
    assert caught.value.help == refused(tmp_path / "a.csv", text, id="code").help
    assert caught.value.help == "its headings are on line 3: set the option header: 3"
    assert opened(id="code", header="3").reader(path).read().complete


def test_a_file_without_its_footer_counts_as_cut_off(tmp_path: Path) -> None:
    good, problems, missing = read(tmp_path / "a.csv", PLAIN + "Total,2\n\nnote\n", footer="Total")
    assert (len(good), problems, missing) == (2, [], ())
    assert "footer 'Total'" in read(tmp_path / "a.csv", PLAIN, footer="Total")[2][0]


def test_a_total_is_never_taken_for_a_person(tmp_path: Path) -> None:
    data = "code,name,email\n1,Ann,a@example.com\nTotal,1,\n"
    good, problems, _ = read(tmp_path / "a.csv", data, id="code")
    assert [each["code"] for each in good] == ["1"]
    assert "set the option footer" in problems[0]


def test_flat_headings_are_names_as_they_stand(tmp_path: Path) -> None:
    data = "id,Dept.Code,N.I. Number\n1,OPS,QQ123456C\n"
    assert read(tmp_path / "a.csv", data)[0][0]["Dept"] == {"Code": "OPS"}
    found = read(tmp_path / "a.csv", data, headings="flat")[0][0]
    assert found == {"id": "1", "Dept.Code": "OPS", "N.I. Number": "QQ123456C"}
    writer = opened(headings="flat").writer(str(tmp_path / "a.csv"))
    writer.update("1", {"Dept.Code": "LAB", "N.I. Number": None}, "t")
    with pytest.raises(Rejected, match="flat"):
        writer.update("1", {"Dept": {"Code": "X"}}, "t")
    writer.flush()
    assert (tmp_path / "a.csv").read_text() == "id,Dept.Code,N.I. Number\n1,LAB,\n"


def test_dates_are_read_and_written_as_their_column_says(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    types = "Start Date=date:dd/MM/yyyy, pay=number, Left=date:d MMM yyyy"
    data = "id,Start Date,pay,Left\n1,31/12/2025,2.5,1 Feb 2026\n2,2025-02-28,,\n"
    found = read(path, data, types=types)[0]
    assert found[0] == {"id": "1", "Start Date": "2025-12-31", "pay": 2.5, "Left": "2026-02-01"}
    assert found[1]["Start Date"] == "2025-02-28"
    writer = opened(types=types).writer(str(path))
    writer.update("2", {"Start Date": "2026-01-05"}, "t")
    writer.flush()
    assert path.read_text().splitlines()[2] == "2,05/01/2026,,"


SHEET = [["Staff export"], [], ["id", "Start Date", "on", "pay", "note"],
         [1, date(2025, 12, 31), True, 2.5, None], ["007", None, False, 3, "x"], [],
         ["Total", 2]]  # fmt: skip


def test_a_sheet_is_read_as_its_csv_would_be(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Staff": SHEET})
    found = opened(header="3", footer="Total", types="pay=number").reader(path).read()
    assert [dict(each.data) for each in found.records] == [
        {"id": "1", "Start Date": "2025-12-31", "on": "true", "pay": 2.5, "note": ""},
        {"id": "007", "Start Date": "", "on": "false", "pay": 3, "note": "x"},
    ]
    assert found.complete


@pytest.mark.parametrize(
    ("value", "format", "text"),
    [
        (42, "00000", "00042"),
        (1234567, "00000", "1234567"),
        (123456789, "000-00-0000", "123-45-6789"),
        (42, '"E"0000', "E0042"),
        (42, "\\E\\-0000;[Red]-0", "E-0042"),
        (2079460000, "(###) ###-####", "(207) 946-0000"),
        (37.5 / 24, "[h]:mm", "37:30"),
        (0.0001, "[h]:mm:ss", "0:00:09"),
        (37.5 / 24 + 20 / 86_400, "[hh]:mm", "37:30:20"),
        (1.5 / 24, "[mm]:ss", "90:00"),
        (0.8, "0%", "80%"),
        (0.805, "0%", "80.5%"),
        (0.8, "0.00%", "80.00%"),
        (1250.125, "#,##0.00", "1250.125"),
        (1250, '#,##0.00 "€"', "1250"),
        (1250, '"£"0', "1250"),
        (5, '0" years"', "5"),
        (12, '#\\ "Std."', "12"),
        (100, "0\\ \\k", "100"),
        (7, '"Nr. "0', "Nr. 7"),
        (7, '000"-A"', "007-A"),
        (12, "0.0", "12"),
        (0.1 + 0.2, "General", "0.3"),
        (0.0000001, "General", "0.0000001"),
        (123456789012345, "General", "123456789012345"),
        (0, "dd/mm/yyyy", ""),
        (0, "hh:mm", "00:00:00"),
        (46022, "dd/mm/yyyy", "2025-12-31"),
    ],
)
def test_a_number_of_a_workbook_is_what_its_cell_shows(
    tmp_path: Path, value: float, format: str, text: str
) -> None:
    """The digits stay whole: thousands, currencies and rounding are for the eye."""
    rows = [["id", "x"], ["1", Shown(value, format)]]
    found = opened().reader(workbook(tmp_path / "a.xlsx", {"Staff": rows})).read().records
    assert [(each.problem, dict(each.data)) for each in found] == [("", {"id": "1", "x": text})]


@given(st.integers(0, 10**15 - 1), st.integers(1, 15))
@settings(max_examples=30)
def test_every_code_of_a_workbook_keeps_its_leading_zeros(value: int, width: int) -> None:
    assert (shown_number(float(value), "0" * width) or cell_text(value)) == str(value).zfill(width)


@pytest.mark.parametrize(
    ("value", "format"),
    [(1234567890123450, "0"), (12345678901234500, "General"), (0.5, "d/m/yyyy"), (-1, "d/m/yyyy")],
)
def test_a_number_that_lost_digits_in_a_workbook_is_an_error_of_its_row(
    tmp_path: Path, value: float, format: str
) -> None:
    rows = [["id", "x"], ["1", Shown(value, format)], ["2", 7]]
    found = opened().reader(workbook(tmp_path / "a.xlsx", {"Staff": rows})).read().records
    assert [(each.id, "column 'x'" in each.problem) for each in found] == [
        ("1", True),
        ("2", False),
    ]


def test_what_a_sheet_holds_in_the_place_of_a_value_is_never_blank(tmp_path: Path) -> None:
    rows = [["id", "dept"], ["1", Computed("A1", "#N/A")], ["2", Computed("A1")], ["3", "FIN"]]
    found = opened().reader(workbook(tmp_path / "a.xlsx", {"Staff": rows})).read()
    assert [dict(each.data) for each in found.records if not each.problem] == [
        {"id": "3", "dept": "FIN"}
    ]
    problems = [each.problem for each in found.records if each.problem] + list(found.problems)
    assert len(problems) == 2
    assert all("column 'dept'" in str(each) for each in problems)


def test_a_merged_cell_is_never_blank_in_the_rows_that_it_covers(tmp_path: Path) -> None:
    """Excel shows one value for all of them, and only the first cell holds it."""
    rows = [
        ["Staff", None, None], ["id", "status", "dept"], ["1", "Former", "A"], ["2", None, "A"],
        ["3", None, None], ["4", "Current", None], ["5", None, "B"], [None, None, None],
        ["6", None, None], ["Summe: 6", None, None], ["Total", None, None],
    ]  # fmt: skip
    merged = ["A1:C1", "B3:B4", "B6:C6", "C7:C8", "B5:C5", "A9:C9", "A10:C10", "A11:C11"]
    path = workbook(tmp_path / "a.xlsx", {"Staff": rows}, merged)
    found = opened(header="2", footer="Total").reader(path).read().records
    assert [(each.id, each.lost) for each in found if each.problem] == [
        ("2", (("status",),)),
        ("4", (("dept",),)),
        ("6", (("status",), ("dept",))),
        ("line 10", ()),
    ]
    *odd, total = [each.problem for each in found if each.problem]
    assert all("a merged cell" in each for each in odd)
    assert "looks like a total" in total
    assert [each.id for each in found if not each.problem] == ["1", "3", "5"]
    kept = opened(header="2", footer="Total", damaged_cells="keep").reader(path).read().records
    shown = {e.id: (e.data["status"], e.data["dept"]) for e in kept if not e.problem}
    assert shown["2"] == ("Former", "A")
    assert shown["4"] == ("Current", "Current")


@pytest.mark.parametrize(
    "line", ["*** End of report ***,,", "Records: 2,,", "Summe,2,", "<EOF>,,", "code,name,email"]
)
def test_marks_and_headings_within_a_file_are_nobody(tmp_path: Path, line: str) -> None:
    data = f"code,name,email\n1,Ann,a@example.com\n{line}\n"
    good, problems, _ = read(tmp_path / "a.csv", data, id="code")
    assert ([each["code"] for each in good], len(problems)) == (["1"], 1)


@pytest.mark.parametrize(
    "line",
    [
        "name,code,email",
        "NAME , Code,Email",
        "email,code",
        "code,email,name,phone",
        "phone,code,name,email",
        '"name","code","phone"',
    ],
)
@pytest.mark.parametrize("above", [1, 3_000])
def test_a_second_table_in_another_order_ends_the_reading(
    tmp_path: Path, line: str, above: int
) -> None:
    """What stands below has other columns; also far down, where many rows are read at once."""
    rows = "".join(f"{number},Ann,a@example.com\n" for number in range(above))
    said = f"a.csv:{above + 2}: the headings are repeated here, in another order"
    with pytest.raises(ReadError, match=said) as caught:
        read(tmp_path / "a.csv", f"code,name,email\n{rows}{line}\nBob,2,b@example.com\n", id="code")
    assert caught.value.code == "R154"
    assert "other columns" in caught.value.help


def test_a_second_table_of_a_sheet_in_another_order_ends_the_reading(tmp_path: Path) -> None:
    rows = [["id", "name"], ["1", "Ann"], ["name", "id"], ["Bob", "2"]]
    with pytest.raises(ReadError, match=r"a\.xlsx:3: the headings are repeated here"):
        opened().reader(workbook(tmp_path / "a.xlsx", {"Staff": rows})).read()


@pytest.mark.parametrize("above", [0, 400])
@pytest.mark.parametrize("blank", ["", "--", "-, ----"])
@pytest.mark.parametrize("line", ["----,----,-----", "-,----,-----", "====,====,=====", "--------"])
def test_a_line_of_dashes_is_nobody(tmp_path: Path, line: str, blank: str, above: int) -> None:
    """The tools of databases print it below the headings: sqlcmd, SQL*Plus, psql."""
    rows = [f"{n},Ann,a{n}@example.com" for n in range(above)]
    data = "\n".join(["code,name,email", *rows, line, "E1,-,a@example.com", ""])
    options = {"blank": blank} if blank else {}
    good, problems, _ = read(tmp_path / "a.csv", data, id="code", **options)
    assert (len(good), good[-1]["code"], problems) == (above + 1, "E1", [])


@pytest.mark.parametrize("line", ["email,Ann,", "code,Ann,", "name,,", "x,code,y"])
def test_a_person_who_is_called_like_a_heading_is_a_person(tmp_path: Path, line: str) -> None:
    found, problems, _ = read(tmp_path / "a.csv", f"code,name,email\n{line}\n", id="code")
    assert (len(found), problems) == (1, [])


ROWS = "1,Ann,Current\n2,Bob,Former\n3,Cy,\n"


@pytest.mark.parametrize("above", [1, 400])
@pytest.mark.parametrize(
    ("rows", "last", "options", "cut"),
    [
        (ROWS, "4,Dee,For", {}, True),
        (ROWS, "4,Dee,Former", {}, False),
        (ROWS, "4,Dee,", {}, False),
        (ROWS, '4,Dee,"For"', {}, False),
        (ROWS, '4,Dee,"a ""b"""', {}, True),  # a mark at the end that may open the cell's next one
        (ROWS, "4,Dee,For\n", {}, False),
        (ROWS, "4,Dee,n/a", {"blank": "n/a"}, False),
        (ROWS, "4,Dee,Former ", {"spaces": "trim"}, False),
        ("1,Ann,2026-01-31\n", "4,Dee,2026-02-2", {}, True),
        ("1,Ann,2026-01-31\n", "4,Dee,2026-02-28", {}, False),
        ("1,Ann,31/01/2026\n", "4,Dee,28/02/2026", {"types": "x=date:dd/MM/yyyy"}, False),
        ("1,Ann,2026-1-31\n", "4,Dee,2026-2-2", {"types": "x=date:yyyy-M-d"}, True),
        ("1,Ann,true\n", "4,Dee,false", {"types": "x=boolean"}, False),
        ("1,Ann,1200\n", "4,Dee,120", {"types": "x=integer"}, True),
        ("1,Ann,E01\n2,Bob,E02\n", "4,Dee,E03", {}, False),  # all are equally long
        ("1,Ann,E01\n2,Bob,E02\n", "4,Dee,E0", {}, True),
        ("1,Ann,Current\n", "4,Dee,", {}, True),
        ("1,Ann,a.b@x.com\n2,Bob,c@x.com\n", "4,Dee,d.e@x.com", {}, False),
        ("1,Ann,a.b@x.com\n2,Bob,c@x.com\n", "4,Dee,d.e@x.co", {}, True),
        ("1,Ann,a.b@x.com\n2,Bob,c@x.com\n", "4,Dee,d.e@x", {}, True),
        ("1,Ann,a@x.com\n2,Bob,c@x.com\n3,Cy,c@x.com.au\n", "4,Dee,d@x.com", {}, True),
        ("1,Ann,a@x.com\n", "4,Dee,d@x.com", {}, True),  # one other is too few
        ("1,Ann,1.50\n2,Bob,20.25\n3,Cy,7.99\n", "4,Dee,300.10", {}, False),
        ("1,Ann,1.50\n2,Bob,20.25\n3,Cy,7.99\n", "4,Dee,300.1", {}, True),
        ("1,Ann,1.50\n2,Bob,20.25\n3,Cy,7.99\n", "4,Dee,300", {}, True),
        ("1,Ann,1.5\n2,Bob,20.25\n3,Cy,7.99\n", "4,Dee,300.10", {}, True),  # of any length
        ("1,Ann,1.5\n2,Bob,20.2\n3,Cy,7.9.9\n", "4,Dee,300.1", {}, True),
        ("1,Ann,Lee-Ash\n2,Bob,Old-Ash\n", "4,Dee,Bay-Ash", {}, False),
        ("1,Ann,Lee-Ash\n2,Bob,Old-Ash\n3,Cy,Ox-Ashby\n", "4,Dee,Bay-Ash", {}, True),
        (ROWS, "4,Dee,For", {"last_line": "unended"}, False),
    ],
)
def test_a_last_cell_without_a_line_end_may_be_cut(
    tmp_path: Path, rows: str, last: str, options: dict[str, str], cut: bool, above: int
) -> None:
    """Unless the file itself shows that it is whole; many rows at once tell it too."""
    path = tmp_path / "a.csv"
    kept = "".join(
        f"{row.replace(',', f'{n},', 1)}\n" for n in range(above) for row in rows.split()
    )
    path.write_text(f"id,name,x\n{kept}{last}")
    with patch.multiple(csv_rows, FAST_AFTER=50, GROUP=20):
        found = list(each_record(FileReader(str(path), file_options(options))))
    assert [each.id for each in found if each.damage] == ["4"] * cut
    if cut:
        (odd,) = [each for each in found if each.damage]
        assert (odd.problem, odd.lost, odd.cut) == ("", (("x",),), True)
        assert "column 'x' may be cut off" in odd.damage
        assert odd.place == f"line {len(found) + 1}"


def each_record(reader: FileReader) -> Iterator[Record]:
    for each in reader.batches([]):
        if isinstance(each, Batch):
            yield from map(each.record, range(len(each)))
        else:
            yield each


@pytest.mark.parametrize("name", ["Page", "Rowe", "Counter", "Records", "Endo"])
def test_names_like_marks_are_people(tmp_path: Path, name: str) -> None:
    data = f"name,code,email\n{name},1,\n"
    assert [each["name"] for each in read(tmp_path / "a.csv", data, id="code")[0]] == [name]


def test_a_sheet_of_several_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Info": [["x"]], "Staff": [["id"], ["1"]]})
    with pytest.raises(ReadError) as caught:
        opened().reader(path).read()
    assert "'Info', 'Staff'" in caught.value.help
    assert [r.id for r in opened(sheet="Staff").reader(path).read().records] == ["1"]
    with pytest.raises(ReadError, match="no sheet 'Staf'"):
        opened(sheet="Staf").reader(path).read()


@pytest.mark.parametrize(
    "options",
    [{"delimiter": ",,"}, {"delimiter": "\n"}, {"quote": "'"}, {"header": "0"}, {"header": "x"},
     {"headings": "dots"}, {"short_rows": "yes"}, {"spaces": "no"}, {"types": "a=date:dd"},
     {"types": "a=text"}],
)  # fmt: skip
def test_an_option_of_no_use_is_refused_by_name(options: dict[str, str]) -> None:
    with pytest.raises(ReadError) as caught:
        opened(**options)
    assert caught.value.code == "R156"
    assert next(iter(options)) in caught.value.summary
    assert caught.value.help


def test_what_the_encoding_lacks_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,n\n1,é\n".encode("cp1252"))
    writer = opened(encoding="windows-1252").writer(str(path))
    with pytest.raises(Rejected, match="windows-1252"):
        writer.update("1", {"n": "Şahinkaya"}, "t")
    writer.update("1", {"n": "è"}, "t")
    writer.flush()
    assert path.read_bytes() == "id,n\n1,è\n".encode("cp1252")
    path.write_bytes("id,n\n1,x\n".encode("utf-16"))
    with pytest.raises(NotSent):
        opened().writer(str(path)).update("1", {"n": "y"}, "t")


@pytest.mark.parametrize(
    ("content", "said"),
    [('{"data": [{"id": 1}]}', "under 'data'"), ('{"id": 1}', "one record"), ('"x"', "one list")],
)
def test_json_of_another_form_is_explained(tmp_path: Path, content: str, said: str) -> None:
    assert said in refused(tmp_path / "a.json", content).help


@pytest.mark.parametrize(
    ("name", "data", "wanted"),
    [
        ("a.csv", PLAIN, {}),
        ("a.txt", PLAIN, {"format": "csv"}),
        ("a.csv", PLAIN.replace(",", ";"), {"delimiter": "semicolon"}),
        ("a.csv", "Staff at\n\nStaff No,Name\n01,Ann\n02,Bob\nTotal,2\n",
         {"id": "Staff No", "header": "3", "footer": "Total"}),
        ("a.csv", "Name,Code,Start\nAnn,7,31/12/2025\nAnn,8,\n",
         {"id": "Code", "types": "Start=date:dd/MM/yyyy"}),
        ("a.csv", "id,n\n1,é\n".encode("cp1252"), {"encoding": "windows-1252"}),
        ("a.csv", "id,n,m\n1,x\n2,y,z\n", {"short_rows": "blank"}),
        ("a.csv", "id, n\n1,x\n", {"spaces": "trim"}),
        ("a.csv", "sep=;\nid;n\n1;x\n", {}),
        ("a.csv", "id,a,a.b\n1,x,y\n", {"headings": "flat"}),
        ("a.json", '[{"key": {"no": 7}, "n": "x"}]', {"id": "key.no"}),
    ],
)  # fmt: skip
def test_the_options_that_a_file_needs_are_suggested(
    tmp_path: Path, name: str, data: str | bytes, wanted: dict[str, str]
) -> None:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    found = opened().suggest(str(path)).options
    assert found == wanted
    assert opened(**found).reader(str(path)).read().complete


def test_the_file_options_a_workbook_are_suggested(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Staff": SHEET, "Other": [["x"]]})
    assert opened().suggest(path).options == {"sheet": "Staff", "header": "3", "footer": "Total"}


@pytest.mark.parametrize(
    ("kind", "fits", "does_not"),
    [
        (
            "date:dd/MM/yyyy",
            ["31/12/2025", "2025-12-31", " ", ""],
            ["31/02/2025", "1/2/25"],
        ),
        ("number", ["1", "1.50", "-0", "1e3", "+1", ""], ["1,200.00", "n/a", "£5"]),
        ("integer", ["7", "007", "-1", ""], ["7.5", "seven"]),
        ("boolean", ["true", "FALSE", ""], ["yes", "1", "No"]),
    ],
)
def test_what_does_not_fit_its_column_is_an_error_of_its_row(
    tmp_path: Path, kind: str, fits: list[str], does_not: list[str]
) -> None:
    """Text in the place of a date, or "No" in that of a switch, would decide things."""
    rows = "".join(f'{n},"{cell}",x\n' for n, cell in enumerate([*fits, *does_not]))
    path, data = tmp_path / "a.csv", f"id,a,b\n{rows}"
    good, problems, _ = read(path, data, types=f"a={kind}")
    assert ([each["id"] for each in good], len(problems)) == (
        [str(n) for n in range(len(fits))], len(does_not),
    )  # fmt: skip
    assert all("column 'a' holds " in str(each) for each in problems)
    kept, none, _ = read(path, data, types=f"a={kind}", unfit_cells="keep")
    assert (len(kept), len(none)) == (len(fits) + len(does_not), 0)
    writer = opened(types=f"a={kind}").writer(str(path))
    with pytest.raises(Rejected, match="would hold other text"):
        writer.update("0", {"a": does_not[0]}, "t")


def test_a_type_of_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path / "a.csv", "id,Start Date\n1,x\n", types="Strat Date=date:dd/MM/yyyy")
    assert (error.code, "'Strat Date'" in error.summary) == ("R154", True)
    assert error.help == "did you mean 'Start Date'?"


@pytest.mark.parametrize(
    "cell",
    ['="001"', "=VLOOKUP(A2;B:C;2;0)", "=A2&B2", "=-B7", "=$A$1", "='Staff 2'!A1", "=Sheet2!B4"],
)
def test_a_formula_is_no_value(tmp_path: Path, cell: str) -> None:
    quoted = cell.replace('"', '""')
    good, problems, _ = read(tmp_path / "a.csv", f'id,a\n1,"{quoted}"\n2,x\n')
    assert ([each["id"] for each in good], "a formula" in str(problems)) == (["2"], True)


@pytest.mark.parametrize("cell", ["=", "= total", "=1+1", "=>", "==", "=)", "=a"])
def test_text_that_only_begins_like_a_formula_is_text(tmp_path: Path, cell: str) -> None:
    good, problems, _ = read(tmp_path / "a.csv", f"id,a\n1,{cell}\n")
    assert ([each["a"] for each in good], len(problems)) == ([cell], 0)


@pytest.mark.parametrize("text", ["#N/A", "1.23E+05", '="001"'])
def test_what_the_next_reading_would_refuse_is_not_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,a\n1,x\n")
    with pytest.raises(Rejected, match="error of a spreadsheet"):
        opened().writer(str(path)).update("1", {"a": text}, "t")
    writer = opened(damaged_cells="keep").writer(str(path))
    writer.update("1", {"a": text}, "t")
    writer.flush()
    (record,) = opened(damaged_cells="keep").reader(str(path)).read().records
    assert record.data["a"] == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_named(tmp_path: Path, encoding: str) -> None:
    data = "id,Näme\n1,Żółć\n".encode(encoding)
    error = refused(tmp_path / "a.csv", data)
    assert (error.code, encoding in error.help) == ("R151", True)
    assert read(tmp_path / "a.csv", data, encoding=encoding)[0][0]["Näme"] == "Żółć"


def test_records_below_a_footer_leave_the_file_incomplete(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    whole = "id,a,b\n1,x,y\nTotal,1,\nPrinted 01/01/2026,,\nPage 1,of,2\n"
    path.write_text(whole)
    assert opened(footer="Total").reader(str(path)).read().complete
    path.write_text(whole + "2,x,y\n")
    found = opened(footer="Total").reader(str(path)).read()
    assert (found.complete, "line 6 is below the footer" in found.problems[0]) == (False, True)
    writer = opened(footer="Total").writer(str(path))
    writer.update("1", {"a": "z"}, "t")
    writer.flush()
    assert path.read_text() == whole.replace("1,x", "1,z", 1) + "2,x,y\n"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ('id,a\n1,"Ann\n2,Bob\n', "never closed"),
        ('id,a\n1,"Ann" B\n2,Bob\n', "after a closing quotation mark"),
    ],
)
def test_a_gap_says_why(tmp_path: Path, data: str, why: str) -> None:
    (tmp_path / "a.csv").write_text(data)
    found = opened().reader(str(tmp_path / "a.csv")).read()
    assert (found.complete, why in found.problems[0]) == (False, True)


@pytest.mark.parametrize("data", ["", "\n\n", "\ufeff"])
def test_a_table_without_headings_says_so(tmp_path: Path, data: str) -> None:
    (tmp_path / "a.csv").write_text(data)
    found = opened().reader(str(tmp_path / "a.csv")).read()
    assert (found.complete, "is empty" in found.problems[0]) == (True, True)


ORDINARY = [
    "O\u2019Brien", "\u201cBob\u201d Boole", "Anne \u201eAnni\u201c Ahl", "B. \u2018Al\u2019 Lee",
    "L\u2019HA\u0178", "\u0160imon", "\u017dofia", "Du\u0161an", "Le\u0161ek", "JI\u0158\u00cd",
    "DVO\u0160\u00c1K", "Ha\u00ff-les-Roses", "\u0152uvre", "c\u0153ur", "na\u00efve",
    "M\u00fcller\u2013Lang", "Smith\u2026", "50\u00a0\u20ac", "5\u2030", "Acme\u2122",
    "\u201ehallo\u201d, said", "Gro\u00df", "\u00c5se", "Vla\u017e", "a\u2020",
]  # fmt: skip
"""Texts that names and remarks have, with every kind of mark."""


def seen(path: Path, text: str, made: str, **options: str) -> Snapshot:
    path.write_bytes(f"id,name\n1,{text}\n2,Ann\n".encode(made))
    connector = connect(Description("file", "Files", "file", {}), Access(options, {}))
    return connector.reader(str(path)).read()


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("M\u00f6ller", "cp850", "windows-1252"), ("J\u00fcrgen", "macintosh", "windows-1252"),
        ("Andr\u00e9e", "cp850", "windows-1252"), ("M\u00fcller", "cp850", "iso-8859-1"),
    ],
)  # fmt: skip
def test_signs_within_words_are_told(tmp_path: Path, text: str, encoding: str, said: str) -> None:
    found = seen(tmp_path / "a.csv", text, encoding, encoding=said)
    assert found.complete
    assert ["another encoding" in each for each in found.problems] == [True]
    assert not seen(tmp_path / "a.csv", text, encoding, encoding=encoding).problems
    assert not seen(
        tmp_path / "a.csv", text, encoding, encoding=said, garbled_cells="keep"
    ).problems


@pytest.mark.parametrize(
    ("lines", "made", "said", "remedy"),
    [
        (("O’Brien",), "windows-1252", "iso-8859-1", "windows-1252"),
        (("Šimek", "Zoë", "D’Arcy–Lee"), "windows-1252", "latin-1", "windows-1252"),
        (("“Bob”", "€ 5"), "windows-1252", "iso-8859-15", "windows-1252"),
        (("Möller",), "cp850", "iso-8859-1", "cp850 or macintosh"),
        (("René", "Möller"), "cp850", "iso-8859-1", "cp850 or macintosh"),
        (("Jürgen", "Müller"), "macintosh", "iso-8859-1", "cp850 or macintosh"),
        (("Möller",), "cp850", "windows-1252", "cp850 or macintosh"),
    ],
)
def test_control_characters_name_the_encoding_that_has_letters_there(
    tmp_path: Path, lines: tuple[str, ...], made: str, said: str, remedy: str
) -> None:
    text = "\n".join([lines[0], *(f"{n},{each}" for n, each in enumerate(lines[1:], 5))])
    (problem,) = seen(tmp_path / "a.csv", text, made, encoding=said).problems
    assert problem.endswith(f"set the option encoding: {remedy}")


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_marks_are_not(tmp_path: Path, text: str) -> None:
    encoding = "windows-1252"
    if not all(is_in(each, encoding) for each in text):
        encoding = "cp1250"
    assert not seen(tmp_path / "a.csv", f'"{text}"', encoding, encoding=encoding).problems


def is_in(sign: str, encoding: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
