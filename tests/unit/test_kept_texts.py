"""Texts that are kept of records come back in order, however they are packed."""

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from oneway.runs.snapshot import kept_texts
from oneway.runs.snapshot.kept_texts import KeptTexts

TEXTS = st.lists(st.sampled_from(["", "null", "{}", '{"name":"\\n"}']), max_size=7)


@given(TEXTS, st.lists(TEXTS, max_size=4), TEXTS, st.integers(1, 3))
def test_texts_come_back_as_they_were_added(
    first: list[str], batches: list[list[str]], more: list[str], some: int
) -> None:
    with patch.object(kept_texts, "_AT_A_TIME", some):
        kept, expected = KeptTexts(first), [*first]
        for each in batches:
            kept.extend(each)
            expected += each
        both = kept.and_also(more)
        assert (list(both), len(both)) == ([*expected, *more], len(expected) + len(more))
        assert (list(kept), len(kept)) == (expected, len(expected))
