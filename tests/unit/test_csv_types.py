"""Columns of a CSV file that are not text: what is read is written again as it was."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.connections.discovery import describe, open_connector
from oneway.core.access import Access
from oneway.core.connector_errors import ReadError
from oneway.core.records import Value
from oneway_connectors.file.csv_types import CellType
from oneway_connectors.file.suggest import suggested

KINDS = st.sampled_from(["integer", "number", "boolean", None])
CELLS = (
    st.text()
    | st.integers().map(str)
    | st.floats().map(str)
    | st.sampled_from(
        ["0", "-0", "007", "1e3", "1.0", "1.50", "+1", " 1", "true", "TRUE", "yes", "", "９"]
    )
)


def typed(cell: str, kind: str | None) -> Value:
    return cell if kind is None else CellType(kind).read(cell)


def untyped(value: Value, kind: str | None) -> str | None:
    return None if kind is None else CellType(kind).write(value)


@given(CELLS, KINDS)
def test_a_cell_that_is_no_text_comes_back_with_the_same_value(cell: str, kind: str | None) -> None:
    value = typed(cell, kind)
    if isinstance(value, str):
        assert value == cell
    else:
        written = untyped(value, kind)
        assert written is not None
        assert typed(written, kind) == value


@given(st.integers() | st.floats() | st.booleans() | st.text(), KINDS)
def test_what_a_column_is_given_it_gives_back_or_does_not_take(
    value: int | float | bool | str, kind: str | None
) -> None:
    written = untyped(value, kind)
    if written is not None:
        back = typed(written, kind)
        assert back == value
        assert isinstance(back, bool) == isinstance(value, bool)


@pytest.mark.parametrize("cell", ["007", "1e3", "+1", " 1", "-0", "9" * 19, "", "９"])
def test_a_cell_written_in_another_way_stays_text(cell: str) -> None:
    assert typed(cell, "integer") == cell


def test_a_file_is_read_and_written_by_the_types_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,code,team.id,on\n1,007,12,TRUE\n2,8,,false\n")
    connector = open_connector(
        describe("file"), Access({"types": "team.id=integer on=boolean"}, {})
    )
    records = {each.id: each.data for each in connector.reader(str(path)).read().records}
    assert records["1"] == {"id": "1", "code": "007", "team": {"id": 12}, "on": True}
    assert records["2"] == {"id": "2", "code": "8", "team": {"id": ""}, "on": False}
    writer = connector.writer(str(path))
    writer.update("2", {"team": {"id": 13}, "on": True}, "t")
    writer.flush()
    assert path.read_text() == "id,code,team.id,on\n1,007,12,TRUE\n2,8,13,true\n"


@pytest.mark.parametrize("types", ["a", "a=text", "=integer", "a=integer b"])
def test_types_that_cannot_be_used_are_refused(types: str) -> None:
    with pytest.raises(ReadError, match="types") as caught:
        open_connector(describe("file"), Access({"types": types}, {}))
    assert caught.value.code == "R156"


@given(st.integers(10_000, 99_999))
def test_a_day_as_a_spreadsheet_counts_it_comes_back_as_it_was(number: int) -> None:
    kind = CellType("date", "serial")
    day = kind.read(str(number))
    assert day == (date(1899, 12, 30) + timedelta(number)).isoformat()
    assert (kind.write(day), kind.unfit(str(number))) == (str(number), "")


@pytest.mark.parametrize("cell", ["TBC", "1", "460221", "46022.5", "31/12/2025"])
def test_what_is_no_such_day_does_not_fit(cell: str) -> None:
    kind = CellType("date", "serial")
    assert kind.read(cell) == cell
    assert kind.unfit(cell) == "a day as a spreadsheet counts them, such as 46022"
    assert not kind.is_no_day(cell)


@pytest.mark.parametrize(
    ("heading", "cells", "types"),
    [
        ("Leaving Date", ("", "46022"), "Leaving Date=date:serial"),
        ("Austritt", ("44000", "46022"), "Austritt=date:serial"),
        ("Payroll No", ("44000", "46022"), None),
        ("Start Date", ("99999", "46022"), None),
        ("Start Date", ("44000", "12"), None),
    ],
)
def test_numbers_under_a_heading_of_days_are_guessed_to_be_days(
    heading: str, cells: tuple[str, ...], types: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    rows = "".join(f"x{number},{cell}\n" for number, cell in enumerate(cells))
    path.write_text(f"id,{heading}\n{rows}", "utf-8")
    assert suggested(str(path)).options.get("types") == types


_ODD = st.sampled_from(["1.50", "1e3", "TRUE", "2026-02-01", "01/02/2026", "TBC", " 7", "1.250,50"])


@given(
    st.lists(CELLS.filter(lambda c: "\r" not in c and "\n" not in c) | _ODD, min_size=3, max_size=3)
)
def test_an_update_keeps_the_text_of_every_cell_that_it_does_not_change(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    path = tmp_path_factory.mktemp("rewritten") / "a.csv"
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        csv.writer(file).writerows([["id", "n", "d", "b", "x"], ["1", *cells, "old"]])
    types = "n=number, d=date:dd/MM/yyyy, b=boolean"
    options = {"types": types, "unfit_cells": "keep", "damaged_cells": "keep"}
    writer = open_connector(describe("file"), Access(options, {})).writer(str(path))
    writer.update("1", {"x": "new"}, "t")
    writer.flush()
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        assert list(csv.reader(file))[1] == ["1", *cells, "new"]


def test_numbers_are_read_and_written_with_the_decimal_mark_of_their_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id;pay;age;x\n1;3.000;41;a\n2;1.250,50;1.041;b\n3;37,5;;c\n4;37.5;4,1;d\n")
    options = {"types": "pay=number, age=integer", "decimal": "comma", "delimiter": "semicolon"}
    connector = open_connector(describe("file"), Access(options, {}))
    records = {each.id: each for each in connector.reader(str(path)).read().records}
    assert [records[id].data["pay"] for id in "123"] == [3000, 1250.5, 37.5]
    assert [records[id].data["age"] for id in "123"] == [41, 1041, ""]
    assert "a number like 1.250,50" in records["4"].problem
    writer = connector.writer(str(path))
    writer.update("1", {"pay": 3000, "x": "new"}, "t")
    writer.update("3", {"pay": 3100.25, "age": 1050}, "t")
    writer.flush()
    assert path.read_text().splitlines()[1:4] == [
        "1;3.000;41;new",
        "2;1.250,50;1.041;b",
        "3;3100,25;1050;c",
    ]


@pytest.mark.parametrize("rows", [1, 3_000])
@pytest.mark.parametrize(("cell", "doubtful"), [("3.000", True), ("41250.5", False), ("7", False)])
def test_a_column_whose_decimal_mark_is_not_known_is_named(
    tmp_path: Path, cell: str, rows: int, *, doubtful: bool
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,pay\n" + "".join(f"{n},{cell}\n" for n in range(rows)))
    for options in ({}, {"decimal": "point"}):
        access = Access({"types": "pay=number", **options}, {})
        found = open_connector(describe("file"), access).reader(str(path)).read().problems
        assert any("set the option decimal" in each for each in found) is (doubtful and not options)
