"""A row of a CSV target that is updated keeps the text of every cell that it does not change."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.access import Access
from oneway.core.description import Description
from oneway_connectors.file.connector import connect
from oneway_connectors.file.csv_text import Dialect

CELLS = st.text(alphabet="ab0 ,;\"\n'é", max_size=5)
DIALECTS = st.sampled_from(
    [Dialect(), Dialect(";"), Dialect(",", "'"), Dialect("\t", '"', spaced=True)]
)


def in_marks(cell: str, mark: str) -> str:
    return mark + cell.replace(mark, mark * 2) + mark


@given(DIALECTS, st.lists(st.tuples(CELLS, st.booleans()), min_size=2, max_size=6), st.data())
def test_only_the_changed_cell_of_a_row_has_another_text(
    dialect: Dialect, cells: list[tuple[str, bool]], data: st.DataObject
) -> None:
    plain = Dialect(dialect.delimiter, dialect.quote)
    texts = [
        in_marks(cell, dialect.quote) if marked else plain.row_of([cell, ""]).decode()[:-1]
        for cell, marked in cells
    ]
    raw = dialect.delimiter.join(texts).encode()
    read = dialect.cells_of(raw)
    assert dialect.row_of(read, raw) == raw
    at = data.draw(st.integers(0, len(cells) - 1))
    new = data.draw(CELLS.filter(lambda text: text == text.strip()))
    after = dialect.row_of([*read[:at], new, *read[at + 1 :]], raw)
    assert dialect.cells_of(after) == [*read[:at], new, *read[at + 1 :]]
    before, after_it = dialect.delimiter.join(texts[:at]), dialect.delimiter.join(texts[at + 1 :])
    assert after.decode().startswith(before)
    assert after.decode().endswith(after_it)


ROWS = [
    ('"id","no","name"\n"1","007","Ann"\n', '"id","no","name"\n"1","007","Bob"\n'),
    ("id,no,name\n1,007,Ann\n", "id,no,name\n1,007,Bob\n"),
    ('id,no,name\n1,"007",Ann\n', 'id,no,name\n1,"007",Bob\n'),
    ('id,no,name\r\n1,"007","Ann"\r\n', 'id,no,name\r\n1,"007","Bob"\r\n'),
    ('id,no,name,\n1,"007",Ann,\n2,"8",Cy,\n', 'id,no,name,\n1,"007",Bob,\n2,"8",Cy,\n'),
]
"""Files before and after the name of the first record changes."""


@pytest.mark.parametrize(("before", "after"), ROWS)
def test_an_update_keeps_the_marks_of_a_file(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(before.encode())
    writer = connect(Description("file", "Files", "file", {}), Access({}, {})).writer(str(path))
    writer.update("1", {"name": "Bob"}, "t")
    writer.flush()
    assert path.read_bytes() == after.encode()


def test_a_new_record_is_written_as_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('"id","no","name"\n1,"007","Ann"\n')
    writer = connect(Description("file", "Files", "file", {}), Access({}, {})).writer(str(path))
    writer.create({"no": "008", "name": 'Bo "B"'}, "t")
    writer.flush()
    assert path.read_text().splitlines()[-1] == '2,"008","Bo ""B"""'
