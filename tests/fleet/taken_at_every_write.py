"""Take the lease away at every write of a run, let another machine run, and go on with the first.

    python -m tests.fleet taken [--most N]

At each moment of each write the lease ends, and another machine runs to its end before the first
one goes on: as if that had slept meanwhile. The first must write nothing more and say who took
over. With the fence off, the same must be found wrong.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from crash.matrix import Undisturbed
from crash.world import Ended
from oneway.applying.gates import Gates
from oneway.history.journal import Journal
from oneway.history.journal.fence import Terms

from .machines import LOST, Fleet, fleet, terms, without_fence

MOMENTS: dict[str, tuple[type, str]] = {
    "before it is intended": (Journal, "intended"),
    "after it is journalled": (Gates, "_written"),
    "after it was answered": (Journal, "ended"),
}
"""The moments of a write, each right before a method is called.

That it is intended and that it is sent becomes durable together: there is none in between.
"""
TERMS = Terms(length=60.0, renewed=30.0, window=0.4)


@dataclass(frozen=True)
class Taking:
    """The write at which a lease is taken away, the first is 1, and the moment of it."""

    write: int
    moment: str


@dataclass(frozen=True)
class Took:
    """What came of a taking; `reached` is whether the run came to that write at all."""

    taking: Taking
    reached: bool
    problems: tuple[str, ...]


def takings(writes: int) -> list[Taking]:
    """Return all takings of a run of so many writes: first each write once, at moments in turn."""
    moments = list(MOMENTS)
    return [
        Taking(number, moments[(number + turn) % len(moments)])
        for turn in range(len(moments))
        for number in range(1, writes + 1)
    ]


def took(fleet: Fleet, taking: Taking, reference: Undisturbed, *, fenced: bool = True) -> Took:
    """Take a lease away, and return what is not as it should be."""
    fleet.fresh()
    others: list[tuple[Ended, int]] = []

    def other() -> None:
        fleet.end_lease()
        ended = fleet.sync("b")
        others.append((ended, fleet.writes()))

    with ExitStack() as stack:
        stack.enter_context(terms(TERMS, TERMS.window / 2))
        if not fenced:
            stack.enter_context(without_fence())
        stack.enter_context(_at(taking, other))
        first = fleet.sync("a")
        if not others:
            return Took(taking, reached=False, problems=())
        return Took(taking, True, tuple(_problems(fleet, first, others[0], reference)))


def _problems(
    fleet: Fleet, first: Ended, other: tuple[Ended, int], reference: Undisturbed
) -> Iterator[str]:
    second, writes = other
    if second.code != 0:
        yield f"the one that took over ended with {second.code}: {second.out.strip()[-300:]}"
    said = " ".join(first.out.split())
    if first.code != 1 or LOST not in said or "took it over" not in said:
        yield f"the one that lost its lease ended with {first.code}: {said[-300:]}"
    if fleet.writes() != writes:
        yield f"it wrote {fleet.writes() - writes} times more"
    yield from fleet.problems(reference)


@contextmanager
def _at(taking: Taking, act: Callable[[], None]) -> Iterator[None]:
    """Call something once, at a moment of a write."""
    where, name = MOMENTS[taking.moment]
    original = getattr(where, name)
    seen = [0]

    def called(*values: Any, **more: Any) -> Any:
        seen[0] += 1
        if seen[0] == taking.write:
            act()
        return original(*values, **more)

    with patch.object(where, name, called):
        yield


def main(most: int = 0) -> int:
    """Take the lease at every moment of every write and print the counts, then without a fence."""
    with fleet() as machines:
        reference = machines.undisturbed()
        chosen = takings(sum(reference.writes.values()))[: most or None]
        found = [took(machines, each, reference) for each in _counted(chosen)]
        open = [took(machines, each, reference, fenced=False) for each in _counted(chosen[::10])]
    reached = [each for each in found if each.reached]
    wrong = [each for each in reached if each.problems]
    for each in wrong:
        print(f"WRONG {each.taking}: {'; '.join(each.problems)}")
    noticed = sum(bool(each.problems) for each in open)
    print(f"{len(reached):,} takings of the lease, at {len(MOMENTS)} moments of each write:")
    print(f"{len(wrong):,} in which the run that lost it wrote more, or anything was doubled.")
    print(f"Without the fence: {noticed:,} of {len(open):,} were found wrong.")
    return 1 if wrong or not noticed else 0


def _counted(chosen: Sequence[Taking]) -> Iterator[Taking]:
    for number, each in enumerate(chosen):
        if number % 20 == 0:
            print(f"{number} of {len(chosen)} takings", file=sys.stderr, flush=True)
        yield each
