"""Pause the holder of a lease for longer than it lasts, at many points, and let another run.

    python -m tests.fleet paused

Each run is a process. It stops itself, threads and all, at a point of a write: before the write
is journalled, within the transaction that journals it, before the request leaves, after its
answer. Another machine's process takes over when the lease has ended, and runs to its end; then
the first one goes on.
"""

import sys
import time

from .child import POINTS
from .processes import (
    LENGTH,
    PATIENCE,
    Machines,
    Overtaken,
    Point,
    go_on,
    listening,
    not_reached,
    problems,
    stopped,
    waited,
)

COUNT = 50


def points(writes: int, count: int = COUNT) -> list[Point]:
    """Return so many points, spread evenly over all points of all writes."""
    found = [Point(name, number) for number in range(1, writes + 1) for name in POINTS]
    return [found[place * len(found) // count] for place in range(count)]


def paused(machines: Machines, point: Point, *, fenced: bool = True) -> Overtaken:
    """Pause a run at a point, and return what is not as it should be."""
    machines.fleet.fresh()
    second = machines.second()
    first, since = machines.first(point, fenced=fenced), time.monotonic()
    if not stopped(first):
        return not_reached(point, first, second)
    try:
        out, _ = second.communicate("go\n", timeout=PATIENCE)
        writes = machines.fleet.writes()
        go_on(first)
        said, _ = first.communicate(timeout=PATIENCE)
    finally:
        first.kill()
    ended = ((first.returncode, said), (second.returncode, out))
    found = list(problems(machines, *ended, writes))
    delay = waited(out, since)
    if delay > LENGTH:
        found.append(f"it was taken over after {delay:.1f} seconds")
    return Overtaken(point, True, delay, tuple(found))


def main(most: int = 0) -> int:
    """Pause at so many points and print the counts, then at a few without a fence."""
    with listening() as machines:
        chosen = points(sum(machines.reference.writes.values()), most or COUNT)
        found = []
        for number, each in enumerate(chosen):
            print(f"{number} of {len(chosen)} pauses", file=sys.stderr, flush=True)
            found.append(paused(machines, each))
        open = [paused(machines, each, fenced=False) for each in chosen[2::8]]
    reached = [each for each in found if each.reached]
    wrong = [each for each in reached if each.problems]
    for each in wrong:
        print(f"WRONG {each.point}: {'; '.join(each.problems)}")
    noticed = sum(bool(each.problems) for each in open)
    longest = max((each.waited for each in reached), default=0.0)
    print(f"{len(reached)} pauses of a run for longer than its lease of {LENGTH:g} seconds:")
    print(f"{len(wrong)} in which it wrote more, or anything was doubled.")
    print(f"The last refusal of the one that took over came {longest:.1f} seconds after the pause.")
    print(f"Without the fence: {noticed} of {len(open)} were found wrong.")
    return 1 if wrong or not noticed else 0
