"""The fault matrix over SCIM at a size for every day; all of it by `python -m scim.faults`."""

from collections.abc import Iterator

import pytest

from faults.kinds import FAULTS, USUAL, Call
from faults.matrix import Cell, Ideal, Place, cells
from oneway.applying.preconditions import Happened, LiveState
from oneway.applying.unknown_writes import Inquiry, WriteOutcome
from oneway.runs.prepare.prepared import PreparedRun

from .faults import best_over_scim, prepared_scim, tried_over_scim, wanted

pytestmark = pytest.mark.slow

ENDLESS = [each for each in cells() if each.fault.name == "endless pages"]
EVERYDAY = [*list(cells())[5::53], *ENDLESS[::4]]


@pytest.fixture(scope="module")
def prepared() -> Iterator[PreparedRun]:
    with prepared_scim() as found:
        yield found


@pytest.fixture(scope="module")
def best(prepared: PreparedRun) -> Ideal:
    return best_over_scim(prepared)


def test_a_night_without_faults_has_every_kind_of_call(best: Ideal) -> None:
    assert set(best.counts) == set(USUAL)


@pytest.mark.parametrize("cell", EVERYDAY, ids=str)
def test_a_night_with_a_fault_ends_as_over_any_target(
    cell: Cell, prepared: PreparedRun, best: Ideal
) -> None:
    assert tried_over_scim(cell, prepared, best).text == wanted(cell)


def test_the_matrix_finds_a_create_that_is_blindly_repeated(
    prepared: PreparedRun, best: Ideal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Inquiry, "of", lambda *_: WriteOutcome(Happened.NO))
    monkeypatch.setattr(LiveState, "refuse_stale", lambda self, action: None)
    (after,) = [fault for fault in FAULTS if fault.name == "reset after"]
    with pytest.raises(AssertionError, match="not as without the fault"):
        tried_over_scim(Cell(Call.CREATE, after, Place.MIDDLE, False), prepared, best)
