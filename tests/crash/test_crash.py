"""The crash matrix, disk trouble and two at once, at a size that ends in a minute or two."""

import itertools
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from oneway.applying.preconditions import Happened
from oneway.applying.unknown_writes import Inquiry, WriteOutcome
from oneway.history.journal import Journal

from . import disk, real, restored
from .apart import APART, leaving_and_coming_back
from .disk import (
    damaged_journal,
    damages,
    full_disk,
    full_disk_for_a_plan,
    interrupted_run,
    mounted,
)
from .files import FILES, TARGET
from .matrix import WAYS, Point, Undisturbed, outcomes, points, report, undisturbed
from .pairs import course
from .people import six
from .scene import EXPENSES
from .world import PLAN, SYNC, Moment, World, made

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with made() as found:
        yield found


@pytest.fixture(scope="module")
def reference(world: World) -> Undisturbed:
    return undisturbed(world)


def test_the_crash_world_has_all_that_it_should(world: World, reference: Undisturbed) -> None:
    assert reference.writes["created"] + reference.writes["updated"] >= 60
    assert reference.writes["refused"] == 0
    assert reference.tokens > 3
    assert reference.labels.count("after GET /employers/EMPLOYER/employees") >= 2
    planned = world.fresh().run(*PLAN, "--verbose").out
    assert all(verb in planned for verb in ("  + create ", "  ~ update ", "  - leave "))


@pytest.mark.parametrize("way", WAYS)
def test_a_small_run_may_die_at_every_second_step(way: str) -> None:
    with made(six) as small:
        whole = undisturbed(small)
    assert whole.writes == {"created": 1, "updated": 4, "refused": 0}
    # By turns with the other way: together the two tests try every second step.
    first = 1 + 2 * list(WAYS).index(way)
    chosen = [Point(step, way) for step in range(first, len(whole.labels) + 1, 4)]
    found = outcomes(chosen, six)
    assert not [each for each in found if each.problems], report(found, whole)


def test_a_run_of_sixty_actions_may_die_anywhere_and_twice(reference: Undisturbed) -> None:
    steps = len(reference.labels)
    found = outcomes(points(steps, every=steps // 3, twice=2, seed=1))
    assert len(found) >= 5
    assert not [each for each in found if each.problems], report(found, reference)


def test_a_run_with_eight_writes_in_flight_may_die_anywhere_and_twice() -> None:
    several = replace(EXPENSES, in_flight=8)
    with made(scene=several) as world:
        whole = undisturbed(world)
        assert whole.writes["created"] + whole.writes["updated"] >= 60
        places = [n for n, label in enumerate(whole.labels, 1) if _writes(label)]
        ended = world.fresh().run(*SYNC, keeping=places[::16])
        left = [_in_flight(moment) for moment in ended.steps.moments.values()]
    assert max(left) > 2, "several writes are to be unknown at once"
    ways = itertools.cycle(WAYS)
    chosen = [Point(step, next(ways)) for step in places[3 :: len(places) // 3]]
    chosen += points(len(whole.labels), every=len(whole.labels), twice=1, seed=2)
    found = outcomes(chosen, scene=several)
    assert not [each for each in found if each.problems], report(found, whole)


def test_a_small_run_with_eight_in_flight_may_die_at_every_sixth_step() -> None:
    several = replace(EXPENSES, in_flight=8)
    with made(six, several) as small:
        whole = undisturbed(small)
    ways = itertools.cycle(WAYS)
    chosen = [Point(step, next(ways)) for step in range(1, len(whole.labels) + 1, 6)]
    found = outcomes(chosen, six, several)
    assert not [each for each in found if each.problems], report(found, whole)


def _writes(label: str) -> bool:
    return label.startswith(("after POST /1.0/users", "after PATCH", "before PATCH"))


def _in_flight(moment: Moment) -> int:
    """Return how many writes a run that dies at a moment leaves unknown."""
    assert moment.state is not None
    with Journal.open(moment.state / "journal.db") as journal:
        return len(journal.unsettled())


def test_a_run_may_die_where_people_leave_and_come_back_by_requests_of_their_own() -> None:
    with made(leaving_and_coming_back, APART) as world:
        whole = undisturbed(world)
    assert whole.writes == {"created": 2, "updated": 14, "refused": 0}
    apart = [n for n, label in enumerate(whole.labels, 1) if label.endswith(("/leave", "/return"))]
    chosen = [Point(step, way) for step, way in zip(apart[::6], WAYS, strict=True)]
    found = outcomes(chosen, leaving_and_coming_back, APART)
    assert not [each for each in found if each.problems], report(found, whole)


@pytest.mark.parametrize("way", WAYS)
def test_a_run_between_two_files_may_die_around_the_moment_that_the_file_is_replaced(
    way: str,
) -> None:
    with made(six, FILES) as small:
        whole = undisturbed(small)
    place = 1 + whole.labels.index(f"before replacing {TARGET}")
    assert "INSERT INTO entry" in whole.labels[place - 2], "nothing is journalled before"
    chosen = [Point(step, way) for step in range(place - 1, place + 3)]
    found = outcomes(chosen, six, FILES)
    assert not [each for each in found if each.problems], report(found, whole)


def test_an_older_store_that_is_restored_doubles_nothing() -> None:
    with made(six) as small:
        steps = len(undisturbed(small).labels)
    chosen = restored.pairs(steps, every=steps // 3, drawn=2)
    assert [(each, found) for each, found in restored.wrong(chosen, six) if found] == []


def test_the_matrix_finds_a_create_that_is_blindly_repeated(
    reference: Undisturbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Inquiry, "of", lambda *_: WriteOutcome(Happened.NO))
    step = 1 + reference.labels.index("after POST /1.0/users")
    (found,) = outcomes([Point(step, "resume")])
    assert any("1 users too many" in each for each in found.problems)
    assert any("'created': 16" in each for each in found.problems)


def test_real_processes_are_killed_at_system_calls() -> None:
    if why := real.why_not():
        pytest.skip(why)
    found = real.fates(real.kills(4))
    assert not [each for each in found if each.problems], real.report(found)
    assert sum(each.killed for each in found) >= 3, real.report(found)


def test_a_full_disk_is_said_and_nothing_is_written_unjournalled(
    world: World, reference: Undisturbed
) -> None:
    if why := disk.why_not():
        pytest.skip(why)
    world.fresh()
    world.state.mkdir()
    with mounted(world.state):
        for free in (0, 1, 3, 20, 60, 200):
            ended, found = full_disk(world, reference, free)
            assert not found, (free, ended.out)
            assert ended.code == 1, "a run is not to have had room enough"
        for free, code in ((0, 1), (5, 1), (400, 0)):
            ended, found = full_disk_for_a_plan(world, free)
            assert (ended.code, found) == (code, []), ended.out
            assert code == 0 or "[P107]" in ended.out


def test_a_read_only_state_folder_is_said_before_anything_is_written(world: World) -> None:
    if why := disk.why_not():
        pytest.skip(why)
    for used in (False, True):
        world.fresh()
        world.state.mkdir()
        with mounted(world.state):
            if used:
                assert world.run(*SYNC).code == 0
                world.both.reset()
            remount = ["mount", "-o", "remount,ro", str(world.state)]
            subprocess.run(remount, check=True, capture_output=True)
            ended = world.run(*SYNC)
        assert ended.code == 1
        assert disk.REFUSED.search(ended.out), ended.out
        assert world.both.writes() == {"created": 0, "updated": 0, "refused": 0}


@pytest.mark.parametrize("whole", [True, False])
def test_a_damaged_journal_is_refused_or_does_no_harm(
    world: World, reference: Undisturbed, whole: bool
) -> None:
    moment = interrupted_run(world, whole=whole)
    assert moment.state is not None
    for damage in damages(moment.state, 4, seed=1):
        what, found = damaged_journal(world, moment, damage, reference)
        assert not found, (damage, what)


def test_of_two_at_once_one_runs_and_the_other_is_told_who() -> None:
    with course() as where:
        assert where.pair(killed=False) == []
        assert where.pair(killed=True) == []
