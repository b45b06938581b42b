"""The crash matrix over SCIM, at a size that ends in a minute."""

import pytest

from crash import real
from crash.matrix import WAYS, Point, Undisturbed, outcomes, points, report, undisturbed
from crash.people import six, sixty
from crash.world import made
from oneway.applying.preconditions import Happened
from oneway.applying.unknown_writes import Inquiry, WriteOutcome

from .crash import INSIDE, OUTSIDE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reference() -> Undisturbed:
    with made(sixty, INSIDE) as world:
        return undisturbed(world)


def test_the_run_is_of_sixty_actions_and_renews_its_token(reference: Undisturbed) -> None:
    assert reference.writes["created"] + reference.writes["updated"] >= 60
    assert reference.writes["refused"] == 0
    assert reference.tokens > 3
    assert len([each for each in reference.labels if each == "before GET /v2/Users"]) >= 3


def test_a_small_run_may_die_at_any_step() -> None:
    with made(six, INSIDE) as small:
        whole = undisturbed(small)
    assert sum(whole.writes.values()) >= 4
    ways = list(WAYS)
    steps = range(1, len(whole.labels) + 1, 9)
    found = outcomes([Point(step, ways[step % 2]) for step in steps], six, INSIDE)
    assert not [each for each in found if each.problems], report(found, whole)


def test_a_run_of_sixty_actions_may_die_anywhere_and_twice(reference: Undisturbed) -> None:
    steps = len(reference.labels)
    found = outcomes(points(steps, every=steps // 4, twice=1, seed=1), sixty, INSIDE)
    assert len(found) >= 4
    assert not [each for each in found if each.problems], report(found, reference)


def test_the_matrix_finds_a_create_that_is_blindly_repeated(
    reference: Undisturbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Inquiry, "of", lambda *_: WriteOutcome(Happened.NO))
    step = 1 + reference.labels.index("after POST /v2/Users")
    (found,) = outcomes([Point(step, "resume")], sixty, INSIDE)
    assert any("1 users too many" in each for each in found.problems)


def test_real_processes_are_killed_over_a_real_server() -> None:
    if why := real.why_not():
        pytest.skip(why)
    found = real.fates(real.kills(2, OUTSIDE), OUTSIDE)
    assert not [each for each in found if each.problems], real.report(found)
    assert any(each.killed for each in found), real.report(found)
