"""Law: a column written with other settings than declared gives no wrong day or number."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.connector import Access, Description, Rejected
from oneway.core.records import Record
from oneway_connectors.file import FileConnector, connect
from workbooks import workbook

days = st.dates(date(1990, 1, 1), date(2035, 12, 31))
forms = st.sampled_from(
    [
        ("dd/MM/yyyy", "%m/%d/%Y"),
        ("MM/dd/yyyy", "%d/%m/%Y"),
        ("dd-MM-yyyy HH:mm", "%m-%d-%Y 09:30"),
        ("yyyyMMdd", "%Y%d%m"),
        ("dd.MM.yy{1950}", "%m.%d.%y"),
        ("d/M/yyyy", "%m/%d/%Y"),
    ]
)


def opened(types: str, **options: str) -> FileConnector:
    access = Access({"types": types, **options}, {})
    return connect(Description("file", "Files", "file", {}), access)


def read(folder: Path, cells: Sequence[str], types: str, **options: str) -> Sequence[Record]:
    rows = "".join(f'{number},"{cell}",x\n' for number, cell in enumerate(cells))
    path = folder / "a.csv"
    path.write_text(f"id,a,b\n{rows}", "utf-8")
    return opened(types, **options).reader(str(path)).read().records


def is_whole(record: Record) -> bool:
    return not record.problem and "a" in record.data


@given(forms, st.lists(days | st.none(), max_size=30), days.filter(lambda day: day.day > 12))
@settings(max_examples=150)
def test_a_column_in_the_other_order_gives_no_wrong_day(
    tmp_path_factory: Any, form: tuple[str, str], some: list[date | None], telling: date
) -> None:
    folder, (declared, written) = tmp_path_factory.mktemp("f"), form
    column = [*some, telling]
    cells = [day.strftime(written) if day else "" for day in column]
    for record, day in zip(read(folder, cells, f"a=date:{declared}"), column, strict=True):
        assert not is_whole(record) or record.data["a"] == (day.isoformat() if day else "")
        if not is_whole(record):
            assert record.problem.startswith("column 'a' is perhaps not written like")
    # As text, a cell is not a wrong day either.
    kept = read(folder, cells, f"a=date:{declared}", unfit_cells="keep")
    for record, day, cell in zip(kept, column, cells, strict=True):
        assert record.data["a"] in (cell, day.isoformat() if day else "")


@given(
    st.lists(days, min_size=4),
    st.lists(days.filter(lambda day: day.day > 12), min_size=4),
    st.sampled_from(["12/31/2026", "31/02/2026", "TBC"]),
)
@settings(max_examples=50)
def test_a_slip_says_nothing_about_its_neighbours(
    tmp_path_factory: Any, some: list[date], telling: list[date], slip: str
) -> None:
    column = [*some, *telling]
    cells = [f"{day:%d/%m/%Y}" for day in column]
    *others, last = read(tmp_path_factory.mktemp("f"), [*cells, slip], "a=date:dd/MM/yyyy")
    assert [each.data["a"] for each in others] == [day.isoformat() for day in column]
    assert not is_whole(last)
    assert "not written like" not in last.problem


def test_a_few_slips_among_many_cells_say_nothing_about_their_column(tmp_path: Path) -> None:
    cells = ["12/10/2026", *["24/12/2026"] * 30, *["12/24/2026"] * 3]
    found = read(tmp_path, cells, "a=date:dd/MM/yyyy")
    assert [is_whole(each) for each in found] == [True] * 31 + [False] * 3


def test_a_slip_in_a_year_of_two_digits_does_not_mean_that_the_year_comes_first(
    tmp_path: Path,
) -> None:
    cells = [f"{number % 12 + 1:02}/{number % 12 + 1:02}/26" for number in range(40)]
    *others, last = read(tmp_path, [*cells, "31/02/26"], "a=date:dd/MM/yy{1950}")
    assert all(map(is_whole, others))
    assert "there is no such day" in last.problem
    swapped = read(tmp_path, ["95/01/30", "01/02/03", "87/05/19"], "a=date:dd/MM/yy{1950}")
    assert not any(map(is_whole, swapped))
    assert "yy{1950}/MM/dd fits all of its cells" in swapped[1].problem


@given(
    st.lists(st.integers(0, 9_999_999)),
    st.integers(0, 9_999_999).filter(lambda number: number % 1000),
    st.sampled_from([("comma", ",", "."), ("point", ".", ","), ("", ".", ",")]),
)
@settings(max_examples=100)
def test_a_column_with_the_other_decimal_mark_gives_no_wrong_number(
    tmp_path_factory: Any, some: list[int], telling: int, marks: tuple[str, str, str]
) -> None:
    decimal, thousands, mark = marks
    column = [number / 100 for number in [*(each * 100 for each in some), telling * 100 + 50]]
    cells = [f"{number:,.2f}" if number % 1 else f"{number:,.0f}" for number in column]
    swap = str.maketrans({",": thousands, ".": mark})
    found = read(
        tmp_path_factory.mktemp("f"),
        [cell.translate(swap) for cell in cells],
        "a=number",
        decimal=decimal,
    )
    for record, number in zip(found, column, strict=True):
        assert not is_whole(record) or record.data["a"] in (number, cells[int(record.id)])


def test_a_large_file_is_weighed_as_a_whole(tmp_path: Path) -> None:
    """Rows that fit both orders would otherwise be read many at once."""
    cells = ["", "", "12/10/2026"] * 9_000 + ["12/24/2026"]
    found = read(tmp_path, cells, "a=date:dd/MM/yyyy")
    assert [is_whole(each) for each in found] == [cell == "" for cell in cells]


def test_cells_that_tell_on_both_sides_are_counted(tmp_path: Path) -> None:
    cells = ["12/10/2026", "24/12/2026", "12/31/2026", "12/30/2026"]
    first, second, *_ = read(tmp_path, cells, "a=date:dd/MM/yyyy")
    assert first.problem == (
        "column 'a' is perhaps not written like dd/MM/yyyy: 2 of its cells fit only MM/dd/yyyy, "
        "and 1 only dd/MM/yyyy; was the export made with other settings? export it again, or "
        "change the option types"
    )
    assert (second.problem, second.data["a"]) == ("", "2026-12-24")


def test_a_workbook_is_weighed_too(tmp_path: Path) -> None:
    rows = [["id", "a"], ["1", "12/10/2026"], ["2", "12/24/2026"]]
    path = workbook(tmp_path / "a.xlsx", {"Staff": rows})
    found = opened("a=date:dd/MM/yyyy").reader(path).read().records
    assert [is_whole(each) for each in found] == [False, False]


def test_a_stray_quotation_mark_does_not_hide_what_is_below(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,a\n1,12/10/2026\n2,"x"y\n3,12/24/2026\n', "utf-8")
    found = opened("a=date:dd/MM/yyyy").reader(str(path)).read().records
    assert not any(map(is_whole, found))


def test_nothing_is_written_into_a_column_in_doubt(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,a\n1,12/24/2026\n", "utf-8")
    writer = opened("a=date:dd/MM/yyyy").writer(str(path))
    with pytest.raises(Rejected, match="MM/dd/yyyy fits all of its cells"):
        writer.create({"id": "2", "a": "2026-10-12"}, "t")
