"""Columns of a CSV file that are not text: what is read is written again as it was."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.connections.discovery import describe, open_connector
from oneway.core.connector import Access, ReadError
from oneway.core.records import Value
from oneway_connectors.file.csv_types import CellType

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
