"""The law of a last cell that no line end follows: the beginning of a known cell is never whole."""

from hypothesis import example, given
from hypothesis import strategies as st

from oneway_connectors.file.last_cell import is_whole

_WORDS = st.sampled_from(["Ash", "Ashby", "co", "com", "uk", "1", "25", "250", "2026", "x"])
_CELLS = st.lists(st.tuples(_WORDS, st.sampled_from([".", "@", " ", "-", ","])), max_size=4).map(
    lambda parts: "".join(word + sign for word, sign in parts)
)
CELLS = st.builds(str.__add__, _CELLS, st.one_of(_WORDS, st.just("")))


@given(st.lists(CELLS, min_size=1, max_size=8), st.integers(0, 7), st.integers(0, 40))
@example(["a.co", "b.co", "x.com"], 2, 4)
@example(["1.50", "2.25", "3.75", "4.500"], 3, 4)
@example(["1.50", "2.25", "3.75", "4.50.1"], 3, 4)
def test_what_another_cell_begins_with_is_whole_only_if_the_column_has_it(
    above: list[str], which: int, length: int
) -> None:
    known = above[which % len(above)]
    cut = known[: length % max(len(known), 1)]
    assert is_whole(cut, above) == (cut in above)


@given(st.lists(CELLS, min_size=1, max_size=8), CELLS)
def test_a_cell_that_the_column_has_is_whole(above: list[str], cell: str) -> None:
    assert is_whole(cell, [*above, cell])


@given(
    st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=3, max_size=9, unique=True),
    st.sampled_from(["@example.com", ".50", " Ltd", "/2026"]),
)
def test_cells_that_all_end_alike_vouch_for_another(stems: list[str], ending: str) -> None:
    """Where none of them goes on, and three of them are as long where the ending is a number."""
    cell, *above = (f"{stem}{ending}" for stem in stems)
    assert is_whole(cell, above) or (ending[1:].isdigit() and len(above) < 3)
