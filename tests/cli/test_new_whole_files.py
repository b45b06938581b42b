"""Files that hold more, or something else, than one table: sheets, second headings, HTML."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from commands import Ended
from workbooks import workbook

Run = Callable[..., Ended]
HEADINGS = ["Staff No", "First Name", "Last Name", "Email", "Department", "Status"]
PEOPLE = [
    [f"{n:05}", f"Ann{n}", f"Ash{n}", f"a{n}@example.com", ("Sales", "IT")[n % 2], status]
    for n, status in enumerate(["Active"] * 9 + ["Left"], 101)
]
USERS = "id,reference,firstName,lastName,email,department,active\n" + "".join(
    f"{n},{row[0]},{row[1]},{row[2]},{row[3]},{row[4]},true\n" for n, row in enumerate(PEOPLE, 1)
)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def drafted(oneway: Run, source: str) -> tuple[Ended, str]:
    """Return what `new` prints, and the mapping that it writes, if it does."""
    Path("u.csv").write_text(USERS)
    ended = oneway("new", "m.yaml", "--source", source, "--target", "u.csv")
    return ended, Path("m.yaml").read_text() if Path("m.yaml").exists() else ""


def said(ended: Ended) -> str:
    return " ".join((ended.out + ended.err).split())


def rows(*first: Sequence[str], people: Sequence[Sequence[str]] = PEOPLE) -> str:
    return "".join(",".join(row) + "\n" for row in (HEADINGS, *first, *people))


SECOND = [
    "PERNR,VORNA,NACHN,EMAIL_ADDR,ORGEH,STAT2",
    "u_number,first_name,last_name,email,department,u_status",
    "user.no,user.first,user.last,user.mail,user.dept,user.state",
    "Personalnummer,Vorname,Nachname,E-Mail,Abteilung,Status",
    "text,text,text,email,text,code",
    "Text (5),Text (40),Text (40),Text (80),Text (20),Text (10)",
]


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("second", SECOND)
def test_a_second_line_of_headings_is_no_person(oneway: Run, second: str, many: bool) -> None:
    Path("p.csv").write_text(rows(second.split(",")))
    ended, text = drafted(oneway, "p.csv")
    assert "line 2: the record reads like a second line of headings" in said(ended)
    assert "header: 2" in said(ended)
    assert "# Active 9, Left 1: are these all?" in text
    if many:  # rows that are read many at a time
        more = [[f"{n}", f"B{n}", f"C{n}", f"b{n}@example.com", "IT", "x"] for n in range(9999)]
        Path("p.csv").write_text(rows(second.split(","), people=PEOPLE + more))
    text = text.partition("questions:")[0] + text[text.index("\nsource:\n") :]
    Path("m.yaml").write_text(text)
    planned = oneway("plan", "m.yaml")
    assert "reads like a second line of headings" in said(planned)
    assert "1 in error" in said(planned)


ORDINARY = [
    ["00100", "Bo", "Reed", "b@example.com", "HR", "Left"],
    ["TBC", "Bo", "Reed", "TBC", "Sales", "Active"],
    ["NEW", "Bo", "Reed", "pending", "Legal", "Onboarding"],
    ["TBC", "BO", "REED", "PENDING", "IT", "ACTIVE"],
    ["external", "bo", "reed", "none_yet", "Sales", "left"],
    ["EXT", "Bo", "Reed", "b@example.com", "HR", "Left"],
    ["X1", "Bo", "Reed", "", "HR", "Left"],
    ["", "Bo", "Reed", "b@example.com", "HR", "Left"],
    ["00100", "EMAIL", "STATUS", "b@example.com", "ORG", "NEW"],
    ["A", "B", "C", "D", "IT", "E"],
]


@pytest.mark.parametrize("first", ORDINARY)
def test_a_first_record_with_odd_cells_is_no_second_line(oneway: Run, first: list[str]) -> None:
    Path("p.csv").write_text(rows(first))
    ended, _ = drafted(oneway, "p.csv")
    assert "second line of headings" not in said(ended)


def test_a_table_of_names_alone_has_no_second_line(oneway: Run) -> None:
    Path("u.csv").write_text("id,name\n")
    Path("p.csv").write_text("Name,Dept,Status\nsmith,sales,active\njones,it,left\nash,hr,new\n")
    ended = oneway("new", "m.yaml", "--source", "p.csv", "--target", "u.csv")
    assert "second line of headings" not in said(ended)


def sheets(oneway: Run, others: dict[str, list[list[str]]]) -> tuple[str, str]:
    workbook(Path("p.xlsx"), {"Active": [HEADINGS, *PEOPLE], **others})
    ended, text = drafted(oneway, "p.xlsx")
    assert ended.code == 0, ended.err
    assert oneway("validate", "m.yaml").code == 0
    return said(ended), text


def test_a_sheet_with_the_same_headings_is_asked_about(oneway: Run) -> None:
    left = [HEADINGS, ["00200", "Bo", "Reed", "b@example.com", "IT", "Left"]]
    printed, text = sheets(oneway, {"Leavers": left})
    assert "only the sheet 'Active' is read, not 'Leavers'" in printed
    asked = next(line for line in text.splitlines() if line.startswith("  source: "))
    assert "''Leavers'' has the same headings: are people missing?" in asked
    assert "# sheets that are not read: Leavers" in text
    assert "P118" in oneway("sync", "m.yaml").err


@pytest.mark.parametrize(
    "other",
    [[["Cover"], ["Printed on Monday"]], [["Code", "Meaning"], ["A", "Active"]], [["Staff No"]]],
)
def test_another_sheet_is_named_and_not_asked_about(oneway: Run, other: list[list[str]]) -> None:
    printed, text = sheets(oneway, {"Notes": other})
    assert "not 'Notes'" in printed
    assert "# sheets that are not read: Notes" in text
    assert "\n  source: " not in text


def test_a_workbook_of_one_sheet_is_not_spoken_of(oneway: Run) -> None:
    printed, text = sheets(oneway, {})
    assert "sheet" not in printed + text


HTML = "<html>\n<body><table>\n<tr><td>Staff No</td></tr>\n</table></body></html>\n"
XML = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>\n'
)
MARKUP = [
    (HTML, "web page (HTML)"),
    (HTML.replace("<html>", "\n<!DOCTYPE html><html lang=en>"), "web page (HTML)"),
    ("<table border=1><tr><td>Staff No</td></tr></table>", "web page (HTML)"),
    (XML, "XML of Excel 2003"),
    (XML.partition("?>\n")[2].partition("?>\n")[2], "XML of Excel 2003"),
    ('<?xml version="1.0"?>\n<people/>\n', "it is XML"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", ["p.xls", "p.xlsx", "p.csv"])
@pytest.mark.parametrize(("text", "what"), MARKUP)
def test_markup_that_is_called_a_table_is_told(
    oneway: Run, text: str, what: str, name: str, encoding: str
) -> None:
    Path(name).write_text(text, encoding)
    ended, written = drafted(oneway, name)
    assert ended.code == 1
    assert what in said(ended)
    assert "save it as .xlsx or CSV" in said(ended)
    assert not written
    options = f", options: {{encoding: {encoding}}}" if encoding != "utf-8" else ""
    Path("m.yaml").write_text(
        f"oneway: 1\nname: m\nsource: {{connector: file, resource: {name}{options}}}\n"
        "target: {connector: file, resource: u.csv}\n"
        "match: [{source: id, target: reference}]\nfields: {reference: id}\n"
    )
    assert what in said(oneway("plan", "m.yaml"))


@pytest.mark.parametrize("heading", ["<Name>", "<id>", "<<Staff No>>", "< table >"])
def test_headings_in_angle_brackets_are_no_markup(oneway: Run, heading: str) -> None:
    Path("p.csv").write_text(f"{heading},Email\n" + "".join(f"{r[0]},{r[3]}\n" for r in PEOPLE))
    assert drafted(oneway, "p.csv")[0].code == 0
