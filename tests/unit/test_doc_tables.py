"""A table too wide for a terminal is shown as a list, which has every cell and fits."""

from hypothesis import given
from hypothesis import strategies as st

from oneway.render.doc_tables import fitted_table
from oneway.render.layout import columns
from oneway.render.style import Style

CELL = st.lists(st.text("abcdef", min_size=1, max_size=12), max_size=20).map(" ".join)


@given(st.integers(2, 4), st.data())
def test_a_table_fits_and_keeps_its_cells(width: int, data: st.DataObject) -> None:
    cells = st.lists(CELL.filter(bool), min_size=width, max_size=width)
    rows = data.draw(st.lists(cells, min_size=1, max_size=4))
    heads = [f"h{n}" for n in range(width)]
    lines = [f"| {' | '.join(row)} |" for row in (heads, ["---"] * width, *rows)]
    shown = [*fitted_table(lines, Style(width=80))]
    assert all(columns(line) <= 80 for line in shown)
    text = " ".join(" ".join(shown).split())
    for row in rows:
        assert all(cell in text for cell in row)
