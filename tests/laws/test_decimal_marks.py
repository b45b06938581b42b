"""Numbers as text: they are read by the mark that is said, and by no guess."""

from hypothesis import given
from hypothesis import strategies as st

from oneway.core.decimal_marks import COMMA, MARKS, POINT, notation_of, number_in
from oneway_connectors.file.csv_types import CellType

NUMBERS = st.integers(-(10**9), 10**9).map(lambda n: n / 100)
SIGNS = {POINT: (COMMA, " ", "'", "\u00a0", ""), COMMA: (POINT, " ", "'", "\u202f", "")}


def shown(number: float, mark: str, by: str) -> str:
    """Return a number as an export writes it."""
    whole, decimals = f"{abs(number):,.2f}".split(".")
    return f"{'-' if number < 0 else ''}{whole.replace(',', by)}{mark}{decimals}"


@given(NUMBERS, st.sampled_from(MARKS), st.data())
def test_a_number_is_read_as_it_was_written(number: float, mark: str, data: st.DataObject) -> None:
    text = shown(number, mark, data.draw(st.sampled_from(SIGNS[mark])))
    assert number_in(text, mark) == number
    assert CellType("number", mark=mark).read(text) == number


@given(st.text("0123456789., -+'", max_size=12), st.sampled_from(MARKS))
def test_what_is_read_has_its_thousands_in_groups_of_three(text: str, mark: str) -> None:
    found = number_in(text, mark)
    if found is None:
        return
    whole, _, decimals = text.strip(" +-").partition(mark)
    assert mark not in decimals
    groups = "".join(c if c.isdigit() else " " for c in whole).split(" ")
    assert len(groups) == 1 or all(len(each) == 3 for each in groups[1:])


@given(
    st.lists(st.integers(1, 998_999).map(lambda n: f"{n // 1000 + 1}.{n % 1000:03}"), min_size=1)
)
def test_a_column_of_three_digits_after_each_point_is_ambiguous(texts: list[str]) -> None:
    assert notation_of(texts).is_ambiguous
    assert notation_of(each.replace(".", ",") for each in texts).is_ambiguous
    assert notation_of([*texts, "1.250,50"]).marks == (COMMA,)
    assert notation_of([*texts, "1,250.50"]).marks == (POINT,)


@given(
    st.lists(NUMBERS.filter(lambda n: n != int(n)), min_size=1), st.sampled_from(MARKS), st.data()
)
def test_the_mark_of_other_columns_is_told_by_their_numbers(
    numbers: list[float], mark: str, data: st.DataObject
) -> None:
    by = data.draw(st.sampled_from(SIGNS[mark]))
    found = notation_of(shown(each, mark, by) for each in numbers)
    assert found.marks == (mark,)
    assert found.fits == len(numbers)


@given(st.lists(st.text("0123456789.,"), max_size=6))
def test_numbers_that_differ_by_the_mark_are_never_told_by_themselves(texts: list[str]) -> None:
    found = notation_of(texts)
    for text in texts:
        one, other = number_in(text, POINT), number_in(text, COMMA)
        if one is not None and other is not None and one != other:
            assert found.marks, "the mark matters"


@given(st.integers(-(10**12), 10**12) | NUMBERS, st.sampled_from(("", *MARKS)))
def test_a_cell_that_is_written_is_read_back(number: float, mark: str) -> None:
    kind = CellType("number", mark=mark)
    cell = kind.write(number)
    assert cell is not None
    assert kind.read(cell) == number
