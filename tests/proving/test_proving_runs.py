"""Small sizes of the long runs of `same` and `impact`."""

import pytest

from proving import effects, sameness


def test_rewrites_are_the_same_and_edits_are_shown_by_a_person() -> None:
    tally = sameness.run(4)
    assert (tally.kept, tally.shown, tally.undecided, tally.wrong) == (4, 4, [], [])


def test_impact_names_whom_a_comparison_of_plans_finds() -> None:
    assert list(effects.compared(60, 8)) == []


@pytest.mark.parametrize("count", [20, 400])
def test_a_comment_of_a_crowd_stays_small(count: int) -> None:
    touched, without, named = effects.comment(count)
    assert touched > 0
    assert max(without, named) < 60_000
