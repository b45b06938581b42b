"""The depth of JSON, told before it is parsed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.nesting import nests_too_deep

MARKS = st.text('ab"\\[]{}\n é\ud800', max_size=8)
JSON = st.recursive(
    st.none() | st.integers() | MARKS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MARKS, inner, max_size=3),
    max_leaves=20,
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        value = [*value.values()]
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(JSON, st.integers(0, 6), st.booleans(), st.sampled_from([None, 1]))
def test_it_is_the_depth_of_what_a_parser_reads(
    value: Any, deepest: int, ascii: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii, indent=indent)
    assert nests_too_deep(text, deepest) == (depth(value) > deepest)


@given(st.text('ab"\\[]{},: \n', max_size=60) | st.binary(max_size=60), st.integers(0, 6))
def test_text_that_is_no_json_has_an_answer_too(text: str | bytes, deepest: int) -> None:
    nests_too_deep(text, deepest)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"[": [', "\ufeff["])
def test_what_is_torn_is_too_deep_as_well(opening: str) -> None:
    assert nests_too_deep(opening * 101)
    assert not nests_too_deep(f'["{opening * 101}"]'.replace('{"a":', "{").replace('"[": ', ""))
