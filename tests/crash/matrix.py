"""Kill a run at every step, go on, and compare: nothing twice, nothing lost, nothing else.

    python -m tests.crash.matrix [--every K] [--twice N] [--workers W] [--in-flight N]

For each step of a run of some sixty actions: begin with what a `sync` that died there left
behind, go on with `resume` (and once more with the next `sync`), and compare both systems with
what an undisturbed run makes of them. `--twice` adds so many pairs in which going on dies as well.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from oneway.history.journal import Journal
from oneway_connectors.sandbox.people import Population

from .people import sixty
from .scene import EXPENSES, Scene
from .world import PLAN, RESUME, SYNC, Ended, Moment, World, made

WAYS = {"resume": RESUME, "sync": SYNC}
"""How one goes on after a crash."""


@dataclass(frozen=True)
class Undisturbed:
    """What both systems hold after a run that nothing disturbs, and how many steps it took."""

    held: Counter[str]
    source: Counter[str]
    writes: Counter[str]
    labels: tuple[str, ...]
    tokens: int


@dataclass(frozen=True)
class Point:
    """Where a run dies, how one goes on, and where going on dies in its turn (0: nowhere)."""

    step: int
    way: str
    again: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of a point: where it died, and everything that is not as it should be."""

    point: Point
    died_at: str
    problems: tuple[str, ...]


def undisturbed(world: World) -> Undisturbed:
    """Return what a run makes of both systems if nothing disturbs it."""
    ended = world.fresh().run(*SYNC)
    assert ended.code == 0, ended.out
    both = world.both
    assert world.run(*PLAN).code == 0, "an undisturbed run does not converge"
    labels = tuple(ended.steps.labels)
    return Undisturbed(both.held(), both.source(), both.writes(), labels, both.tokens_given)


def outcome(world: World, point: Point, moment: Moment, reference: Undisturbed) -> Outcome:
    """Go on from where a run died, and return what is not as in an undisturbed run."""
    world.restore(moment)
    where = moment.label
    if point.again:
        again = world.run(*WAYS[point.way], die_at=point.again)
        where += f", and again {again.steps.labels[-1]}" if again.steps.count else ""
    ended = [world.run(*WAYS[point.way])]
    if "Nothing to resume" in ended[0].out:
        # It died before its plan was in the journal: then it had written nothing either.
        ended.append(world.run(*SYNC))
    return Outcome(point, where, tuple(problems(world, reference, ended)))


def problems(world: World, reference: Undisturbed, ended: Sequence[Ended]) -> Iterator[str]:
    """Yield all in which both systems and the journal are not as they should be."""
    for each in ended:
        if each.code != 0:
            yield f"going on ended with {each.code}: {each.out.strip()[-300:]}"
    yield from differences(world, reference)
    if (plan := world.run(*PLAN)).code != 0:
        yield f"the next plan is not empty: {plan.out.strip()[:300]}"
    with Journal.open(world.state / "journal.db") as journal:
        if journal.unfinished():
            yield "the journal still has something to settle"


def differences(world: World, reference: Undisturbed) -> Iterator[str]:
    """Yield in what both systems differ from an undisturbed run's, and what was written twice."""
    held = world.both.held()
    if extra := held - reference.held:
        yield f"{sum(extra.values())} users too many: {sorted(extra)[:2]}"
    if lost := reference.held - held:
        yield f"{sum(lost.values())} users are missing: {sorted(lost)[:2]}"
    if world.both.source() != reference.source:
        yield "the source has changed"
    if world.both.writes() != reference.writes:
        yield f"writes were {dict(world.both.writes())}, not {dict(reference.writes)}"


def points(steps: int, *, every: int = 1, twice: int = 0, seed: int = 1) -> list[Point]:
    """Return the points of a matrix: each step in both ways, and pairs drawn by a seed.

    With `every` above 1, each so manieth step, in one way by turns.
    """
    if every == 1:
        found = [Point(step, way) for step in range(1, steps + 1) for way in WAYS]
    else:
        ways = list(WAYS)
        stride = every | 1  # odd: steps alternate between before and after
        chosen = range(1 + seed % stride, steps + 1, stride)
        found = [Point(step, ways[turn % 2]) for turn, step in enumerate(chosen)]
    dice = Random(seed)
    for _ in range(twice):
        way = dice.choice(list(WAYS))
        found.append(Point(dice.randint(1, steps), way, dice.randint(1, steps)))
    return found


def outcomes(
    chosen: Sequence[Point],
    people: Callable[[], Population] = sixty,
    scene: Scene = EXPENSES,
) -> list[Outcome]:
    """Return what comes of some points, in a world of their own."""
    with made(people, scene) as world:
        reference = undisturbed(world)
        ended = world.fresh().run(*SYNC, keeping={point.step for point in chosen})
        assert ended.steps.labels == list(reference.labels), "a run is not like the one before"
        moments = ended.steps.moments
        return [outcome(world, each, moments[each.step], reference) for each in chosen]


def report(found: Sequence[Outcome], reference: Undisturbed) -> str:
    """Return the counts, and each point at which something went wrong."""
    kinds = Counter(_kind(each.died_at) for each in found)
    wrong = [each for each in found if each.problems]
    ways = Counter(each.point.way for each in found)
    twice = sum(bool(each.point.again) for each in found)
    lines = [f"{count:6,}  {kind}" for kind, count in sorted(kinds.items())]
    lines += [f"WRONG {w.point} {w.died_at}: {'; '.join(w.problems)}" for w in wrong]
    writes = ", ".join(f"{n} {what}" for what, n in sorted(reference.writes.items()))
    lines += [
        f"A run: {len(reference.labels):,} steps; {writes}; {reference.tokens} tokens.",
        f"{len(found):,} kill points ({ways['resume']:,} gone on with by resume, "
        f"{ways['sync']:,} by the next sync; {twice:,} died twice).",
        f"{len(wrong):,} ended otherwise than without a crash.",
    ]
    return "\n".join(lines)


def main(
    arguments: Sequence[str] | None = None,
    scene: Scene = EXPENSES,
    people: Callable[[], Population] = sixty,
) -> int:
    """Run the matrix and print its counts; return 1 where anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("--every", type=int, default=1, help="each so manieth step (1: all)")
    parser.add_argument("--twice", type=int, default=200, help="so many runs that die twice")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--in-flight", type=int, default=1, help="so many writes at once")
    given = parser.parse_args(arguments)
    scene = replace(scene, in_flight=given.in_flight)
    with made(people, scene) as world:
        reference = undisturbed(world)
    chosen = points(len(reference.labels), every=given.every, twice=given.twice, seed=given.seed)
    size = -(-len(chosen) // (given.workers * 6))
    shares = [chosen[start : start + size] for start in range(0, len(chosen), size)]
    found: list[Outcome] = []
    with ProcessPoolExecutor(given.workers) as pool:
        for share in pool.map(partial(outcomes, people=people, scene=scene), shares):
            found += share
            print(f"{len(found):,} of {len(chosen):,} points", file=sys.stderr, flush=True)
    print(report(found, reference))
    return 1 if any(each.problems for each in found) else 0


def _kind(label: str) -> str:
    return label.partition(", and again")[0]


class _Raw(argparse.RawDescriptionHelpFormatter):
    """Prints the description as it stands."""


if __name__ == "__main__":
    sys.exit(main())
