"""Laws: a column written with other settings than declared gives no wrong day or number.

A slip says nothing about the other cells of its column.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.access import Access
from oneway.core.connector_errors import Rejected
from oneway.core.description import Description
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


telling_days = days.filter(lambda day: day.day > 12)


@given(
    forms,
    st.tuples(
        st.lists(days | st.none(), max_size=25), st.lists(telling_days, min_size=3, max_size=3)
    )
    | st.tuples(st.lists(days | st.none(), max_size=3), st.lists(telling_days, min_size=1)),
)
@settings(max_examples=150)
def test_a_column_in_the_other_order_gives_no_wrong_day(
    tmp_path_factory: Any, form: tuple[str, str], some: tuple[list[date | None], list[date]]
) -> None:
    folder, (declared, written) = tmp_path_factory.mktemp("f"), form
    column = [*some[0], *some[1]]
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


def a_monday(chance: Random) -> date:
    return date(1955, 1, 3) + timedelta(weeks=chance.randrange(3_000))


def a_first_monday(chance: Random) -> date:
    some = a_monday(chance)
    return some - timedelta(weeks=(some.day - 1) // 7)


def any_day(chance: Random) -> date:
    return date(1955, 1, 1) + timedelta(days=chance.randrange(20_000))


USUAL = {
    "firsts of months": lambda chance: any_day(chance).replace(day=1),
    "first Mondays": a_first_monday,
    "one day": lambda _: date(2026, 9, 1),
    "one odd day": lambda _: date(2026, 9, 2),
    "one month": lambda chance: date(2026, 9, chance.randint(1, 9)),
    "Septembers": lambda chance: date(chance.randint(1990, 2026), 9, 1),
    "birthdays": any_day,
    "Mondays": a_monday,
}


@given(
    st.sampled_from(sorted(USUAL)),
    st.integers(20, 200),
    st.randoms(use_true_random=True),
    st.sampled_from(
        [
            ("dd/MM/yyyy", "%d/%m/%Y", "03/15/2024"),
            ("MM/dd/yyyy", "%m/%d/%Y", "15/03/2024"),
            ("dd/MM/yy{1950}", "%d/%m/%y", "03/15/24"),
            ("dd/MM/yy{1950}", "%d/%m/%y", "31/09/26"),
            ("dd/MM/yy{1950}", "%d/%m/%y", "95/01/30"),
        ]
    ),
)
@settings(max_examples=150)
def test_one_slip_does_not_take_the_days_of_everybody_else(
    tmp_path_factory: Any, usual: str, rows: int, chance: Random, form: tuple[str, str, str]
) -> None:
    pattern, written, slip = form
    column = [USUAL[usual](chance) for _ in range(rows)]
    cells = [day.strftime(written) for day in column]
    *others, last = read(tmp_path_factory.mktemp("f"), [*cells, slip], f"a=date:{pattern}")
    assert [each.data.get("a") for each in others] == [day.isoformat() for day in column]
    assert not is_whole(last)


@given(st.sampled_from(["firsts of months", "first Mondays"]), st.randoms(use_true_random=True))
@settings(max_examples=30)
def test_one_cell_tells_if_the_other_days_are_usual_in_the_other_order(
    tmp_path_factory: Any, usual: str, chance: Random
) -> None:
    cells = [f"{USUAL[usual](chance):%m/%d/%Y}" for _ in range(100)]
    found = read(tmp_path_factory.mktemp("f"), [*cells, "03/15/2024"], "a=date:dd/MM/yyyy")
    # A day such as 05/05 is the same in both orders.
    assert [is_whole(each) for each in found] == [*(cell[:2] == cell[3:5] for cell in cells), False]


@pytest.mark.parametrize("slips", [0, 1, 2, 5])
def test_slips_do_not_hide_that_the_other_days_are_firsts_in_the_other_order(
    tmp_path: Path, slips: int
) -> None:
    cells = [f"{number % 12 + 1:02}/01/{1990 + number // 12}" for number in range(120)]
    mixed = [*cells, "03/15/2024", *["24/12/2024"] * slips]
    found = read(tmp_path, mixed, "a=date:dd/MM/yyyy")
    wrong = [cell for cell in cells if cell[:2] != "01"]
    assert sum("not written like" in each.problem for each in found) == len(wrong) + 1
    # The same few days of a January are no reason to doubt that it is one.
    january = [f"{day:02}/01/2027" for day in range(2, 13)]
    *usual, last = read(
        tmp_path, [*january, *["24/01/2027"] * 2, "01/15/2027"], "a=date:dd/MM/yyyy"
    )
    assert all(map(is_whole, usual))
    assert not is_whole(last)


@given(st.integers(2, 9), st.randoms(use_true_random=True))
@settings(max_examples=30)
def test_several_slips_among_the_firsts_of_many_months_say_nothing(
    tmp_path_factory: Any, slips: int, chance: Random
) -> None:
    firsts = [date(1990 + number // 12, number % 12 + 1, 1) for number in range(240)]
    chance.shuffle(firsts)
    cells = [*(f"{day:%d/%m/%Y}" for day in firsts), *["12/24/2026"] * slips]
    found = read(tmp_path_factory.mktemp("f"), cells, "a=date:dd/MM/yyyy")
    assert sum(map(is_whole, found)) == len(firsts)
    # The firsts of one year may as well be the first twelve days of January.
    cells = [*(f"{number:02}/01/2027" for number in range(2, 13)), *["24/12/2026"] * slips]
    found = read(tmp_path_factory.mktemp("f"), cells, "a=date:MM/dd/yyyy")
    assert not any(map(is_whole, found))


@pytest.mark.parametrize(
    "cells",
    [
        [""] * 200,
        ["12/10/2026"] * 12,
        ["05/01/2027", "06/01/2027", "08/01/2027"] * 4,
        [*[""] * 197, "30/09/2026", "12/10/2026", "24/12/2026"],
        [*[""] * 197, "01/10/2026", "12/10/2026", "03/11/2026"],
        ["01/09/2024", "01/10/2024", "01/03/2025", "01/07/2025", "TBC", "99/99/9999", "00/00/0000"],
    ],
)
def test_an_ordinary_column_is_read(tmp_path: Path, cells: list[str]) -> None:
    usual = [cell for cell in cells if cell[2:3] == "/" and cell[:2] not in ("99", "00")]
    found = read(tmp_path, cells, "a=date:dd/MM/yyyy")
    assert sum(is_whole(each) and each.data["a"] != "" for each in found) == len(usual)
    assert not any("not written like" in each.problem for each in found)


@pytest.mark.parametrize(
    ("decimal", "usual", "slip"),
    [
        ("comma", "2.500", "2500.50"),
        ("comma", "1,5", "1.234"),
        ("comma", "37,5", "37.5"),
        ("point", "2,500", "2500,50"),
        ("point", "0.5", "0,5"),
        ("", "2.5", "2,5"),
    ],
)
def test_one_slip_does_not_take_the_numbers_of_everybody_else(
    tmp_path: Path, decimal: str, usual: str, slip: str
) -> None:
    found = read(tmp_path, [*[usual] * 19, slip], "a=number", decimal=decimal)
    assert all(map(is_whole, found[:-1]))


@pytest.mark.parametrize(
    ("decimal", "usual", "telling"),
    [
        ("comma", "2,500", ["2500.50"]),
        ("comma", "1.000", ["0.500"]),
        ("comma", "2.500", ["7.5", "12.5", "1.25"]),
        ("point", "2.500", ["1250,5"]),
        ("", "2.500", ["1250,5"]),
    ],
)
def test_numbers_are_doubted_if_more_than_a_slip_speaks_for_the_other_mark(
    tmp_path: Path, decimal: str, usual: str, telling: list[str]
) -> None:
    found = read(tmp_path, [*[usual] * 19, *telling], "a=number", decimal=decimal)
    assert not any(map(is_whole, found))


def test_thousands_do_not_speak_for_a_decimal_comma(tmp_path: Path) -> None:
    found = read(tmp_path, ["950", "1,250", "2,400"], "a=number")
    assert [is_whole(each) for each in found] == [True, False, False]
    assert "not written like" not in found[1].problem


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
    leavers = read(tmp_path, ["30/09/26", "31/12/26", "31/09/26"], "a=date:dd/MM/yy{1950}")
    assert [is_whole(each) for each in leavers] == [True, True, False]
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
    cells = ["", "", "12/10/2026"] * 9_000 + ["12/24/2026"] * 3
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
