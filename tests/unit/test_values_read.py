"""The values that are shown of a record: what is cut is counted."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from oneway.core.diagnostics import Span
from oneway.mapping.expressions import parse
from oneway.mapping.values_read import all_values_read, as_shown

SPAN = Span("m.yaml", 1, 1, 1)
WORDS = st.lists(st.text("ab ", max_size=70), max_size=30)


def shown_and_more(said: str, among: list[str]) -> int:
    """Return how many texts are shown in full, and how many more there are said to be."""
    more = re.search(r"and ([\d,]+) more\]?$", said)
    shown = said if more is None else said[: more.start()]
    count = sum(text in shown for text in among)
    return count + (int(more[1].replace(",", "")) if more is not None else 0)


@given(WORDS)
def test_a_list_that_is_cut_says_how_many_items_are_left_out(words: list[str]) -> None:
    values = [f"{at}: {word}" for at, word in enumerate(words)]
    said = as_shown(values)
    assert len(said) <= 61
    if not said.endswith("..."):  # not even the first fits
        assert shown_and_more(said, [json.dumps(each) for each in values]) == len(values)


@given(WORDS)
def test_what_says_that_somebody_has_left_counts_the_values_that_it_leaves_out(
    words: list[str],
) -> None:
    data = {f"key{at}x": word for at, word in enumerate(words)}
    found = parse(" || ".join(data) or "none", SPAN)
    said = all_values_read(found, data, ())
    assert len(said) < 400
    assert shown_and_more(said, [f"{key}: " for key in data]) == len(data)
