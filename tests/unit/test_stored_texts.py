"""What is stored of records and links is the same, however much of it is written at once."""

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from oneway.core.seal import canonical
from oneway.planning.links import Link, Origin
from oneway.runs.snapshot import snapshot_file, stored_texts
from oneway.runs.snapshot.stored_texts import StoredTexts

TEXTS = st.lists(st.sampled_from(["", "null", "{}", '{"name":"\\n"}']), max_size=7)


@given(TEXTS, st.lists(TEXTS, max_size=4), TEXTS, st.integers(1, 3))
def test_texts_come_back_as_they_were_added(
    first: list[str], batches: list[list[str]], more: list[str], some: int
) -> None:
    with patch.object(stored_texts, "_AT_A_TIME", some):
        kept, expected = StoredTexts(first), [*first]
        for each in batches:
            kept.extend(each)
            expected += each
        both = kept.and_also(more)
        assert (list(both), len(both)) == ([*expected, *more], len(expected) + len(more))
        assert (list(kept), len(kept)) == (expected, len(expected))


LINKS = st.builds(
    Link, st.text(max_size=3), st.just("t"), *[st.just("")] * 3, st.sampled_from(Origin)
)


@given(st.lists(st.lists(LINKS, max_size=3), max_size=4))
def test_links_are_kept_as_all_at_once(pages: list[list[Link]]) -> None:
    every = [each for page in pages for each in page]
    assert "".join(snapshot_file._links_in_parts(pages)) == canonical([e[:-1] for e in every])
