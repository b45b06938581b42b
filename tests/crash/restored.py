"""Restore an older store while or after a run writes, go on with it, and compare.

    python -m tests.crash.restored [--every K] [--pairs N]

The store of each step of a run of some sixty actions stands beside systems that have gone on: the
run has ended since, or has got to a later step (`--pairs` of these are drawn). The store says of
writes that have happened that they were never begun, or are in flight. One goes on with `resume`,
then with the next `sync`: nothing may be written twice, and nothing may be missing.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from oneway.cli.exits import Exit
from oneway.history.journal import Journal
from oneway_connectors.sandbox.people import Population

from .matrix import Undisturbed, differences, undisturbed
from .people import sixty
from .world import PLAN, RESUME, SYNC, Moment, World, made


@dataclass(frozen=True)
class Restored:
    """The step that the store is of, and the later one at which the systems are."""

    store: int
    systems: int


def pairs(steps: int, *, every: int = 1, drawn: int = 0, seed: int = 1) -> list[Restored]:
    """Return each so manieth step beside the end, and pairs of steps that are drawn by a seed."""
    dice = Random(seed)
    found = [Restored(step, steps) for step in range(1, steps, every)]
    for _ in range(drawn):
        store, systems = sorted(dice.sample(range(1, steps + 1), 2))
        found.append(Restored(store, systems))
    return found


def wrong(
    chosen: Sequence[Restored], people: Callable[[], Population] = sixty
) -> Iterator[tuple[Restored, tuple[str, ...]]]:
    """Yield each pair with all in which going on ended otherwise than an undisturbed run."""
    with made(people) as world:
        reference = undisturbed(world)
        keeping = {step for each in chosen for step in (each.store, each.systems)}
        moments = world.fresh().run(*SYNC, keeping=keeping).steps.moments
        for each in chosen:
            yield each, tuple(_problems(world, each, moments, reference))


def _problems(
    world: World, pair: Restored, moments: dict[int, Moment], reference: Undisturbed
) -> Iterator[str]:
    before, now = moments[pair.store], moments[pair.systems]
    world.restore(Moment(before.label, before.state, now.systems))
    for command in (RESUME, SYNC):
        ended = world.run(*command)
        # What the store knows less of than the systems is stale: it is named, and not written.
        if ended.code not in (Exit.DONE, Exit.FAILED):
            yield f"{command[0]} ended with {ended.code}: {ended.out.strip()[-300:]}"
    yield from differences(world, reference)
    if (plan := world.run(*PLAN)).code != Exit.DONE:
        yield f"the next plan is not empty: {plan.out.strip()[:300]}"
    with Journal.open(world.state / "journal.db") as journal:
        if journal.unfinished():
            yield "the journal still has something to settle"


def main() -> int:
    """Go on from each pair and print the counts; return 1 where anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="each so manieth step (1: all)")
    parser.add_argument("--pairs", type=int, default=100, help="so many systems on their way")
    given = parser.parse_args()
    with made() as world:
        steps = len(undisturbed(world).labels)
    chosen = pairs(steps, every=given.every, drawn=given.pairs)
    failed = 0
    for number, (each, problems) in enumerate(wrong(chosen), start=1):
        if number % 20 == 0:
            print(f"{number} of {len(chosen)} restored stores", file=sys.stderr, flush=True)
        if problems:
            failed += 1
            print(f"WRONG {each}: {'; '.join(problems)}")
    print(f"{len(chosen):,} restored stores, {given.pairs} of them while the run went on.")
    print(f"{failed:,} ended otherwise than a run that nothing disturbed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
