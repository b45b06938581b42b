"""What people see of runs that were, letter by letter."""

import pytest
from history_cases import FOLDER, RUNS, TALLIES, rendered, run
from hypothesis import given
from hypothesis import strategies as st

from oneway.history.journal.run_counts import RunCounts
from oneway.render import Style, history
from oneway.render.layout import columns


@pytest.mark.parametrize("name", sorted(rendered()))
def test_a_page_is_as_it_was(name: str) -> None:
    said = rendered()[name]
    assert said == (FOLDER / name).read_text(encoding="utf-8")
    # A finding's first line is for programs, and never wrapped.
    assert all(columns(line) <= 80 for line in said.splitlines() if ": error: " not in line)


def test_no_page_is_left_that_nobody_makes() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(rendered())


NUMBERS = st.integers(0, 10**8)
TEXTS = st.text(max_size=60)


@given(
    st.builds(RunCounts, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS), TEXTS, st.integers(1, 99_999)
)
def test_every_list_of_runs_fits_80_columns(tally: RunCounts, name: str, number: int) -> None:
    said = history.text([run(number, name), *RUNS], {**TALLIES, number: tally}, Style())
    assert all(columns(line) <= 80 for line in said.splitlines())
    assert len(said.splitlines()) == len(RUNS) + 2
    assert "\x1b" not in said
