"""Pause the holder of a lease for longer than it lasts, at many points, and let another run.

    python -m tests.fleet paused

Each run is a process. It stops itself, threads and all, at a point of a write: before the write
is intended or journalled, within the transaction that journals it, before the request leaves,
after its answer. Another machine's process takes over when the lease has ended, and runs to its
end; then the first one goes on.
"""

import time

from .child import POINTS
from .processes import (
    PATIENCE,
    Machines,
    Overtaken,
    Point,
    counted,
    go_on,
    listening,
    not_reached,
    overtaken,
    report,
    stopped,
)

COUNT = 50


def points(writes: int, count: int = COUNT) -> list[Point]:
    """Return so many points, each kind in turn, spread evenly over all writes."""
    return [Point(POINTS[i % len(POINTS)], 1 + i * writes // count) for i in range(count)]


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
    return overtaken(machines, point, ended, writes, since)


def main(most: int = 0) -> int:
    """Pause at so many points and print the counts, then at a few without a fence."""
    with listening() as machines:
        chosen = points(sum(machines.reference.writes.values()), most or COUNT)
        found = [paused(machines, each) for each in counted(chosen, "pauses")]
        open = [paused(machines, each, fenced=False) for each in chosen[3::10]]
    return report(found, open, "pauses of a run for longer than its lease", "pause")
