"""A law that fails ends `make test` at once; its smallest example is looked for when asked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def tried_by(profile: str) -> list[list[int]]:
    """Return the examples that break a law, in the order in which they were tried."""
    broken_by = []

    @settings(settings.get_profile(profile))
    @given(st.lists(st.integers()))
    def law(numbers: list[int]) -> None:
        if sum(numbers) > 99:
            broken_by.append(numbers)
        assert sum(numbers) <= 99

    with pytest.raises(AssertionError):
        law()
    return broken_by


@pytest.mark.parametrize("profile", ["default", "mutants"])
def test_the_first_example_that_fails_is_the_last_one(profile: str) -> None:
    first, *again = tried_by(profile)
    assert again == [first] * len(again)
    assert len(again) <= 2


def test_an_example_is_shrunk_when_asked() -> None:
    assert tried_by("shrunk")[-1] == [100]


@pytest.mark.parametrize("profile", ["random", "long"])
def test_long_runs_shrink(profile: str) -> None:
    assert settings.get_profile(profile).phases == settings.get_profile("shrunk").phases
