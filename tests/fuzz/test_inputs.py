"""A small size of the fuzzing of all input; the full size is `run_inputs.py`."""

import pytest
from fuzz_targets import TARGETS, FuzzTarget, fuzzed
from hypothesis import given, settings
from hypothesis import strategies as st
from inputs import inputs


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_read_ends_with_an_error_for_people(name: str) -> None:
    target = TARGETS[name]
    for each in target.seeds:
        fuzzed(target, each)

    @settings(max_examples=40)
    @given(st.data())
    def drawn(data: st.DataObject) -> None:
        fuzzed(target, data.draw(inputs(target)))

    drawn()


def test_a_mistake_would_be_found() -> None:
    def careless(data: bytes) -> None:
        data.decode("ascii").index("a")

    with pytest.raises(ValueError, match="substring"):
        fuzzed(FuzzTarget(careless, [b"a"], ["a"]), b"b")
