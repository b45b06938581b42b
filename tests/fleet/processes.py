"""Runs of machines as processes, which stop at a point until they are continued."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from crash.matrix import Undisturbed
from crash.world import ROOT, SYNC
from oneway_connectors.sandbox.server import running

from .machines import LOST, Fleet, fleet

LENGTH = 4.0
"""Seconds that a lease lasts here."""
_CHILD = (sys.executable, "-m", "fleet.child")
MORE = "times more"
"""What a run is said to have written that went on without its lease."""
PATIENCE = 600.0
"""Seconds after which a process hangs, on the busiest machine."""


@dataclass(frozen=True)
class Point:
    """Where a run stops: the N-th time that it comes to a point of `child.POINTS`."""

    name: str
    number: int


@dataclass(frozen=True)
class Machines:
    """A fleet whose systems listen.

    `before` begins the commands of machine `a`, and `store` is where that one finds the store.
    """

    fleet: Fleet
    urls: dict[str, str]
    reference: Undisturbed
    before: tuple[str, ...] = ()
    store: str = ""

    def first(self, point: Point, *, fenced: bool = True) -> "subprocess.Popen[str]":
        """Return a process of machine `a`, which has stopped at a point or ended."""
        arguments = (point.name, str(point.number), "yes" if fenced else "no", "no")
        process = self._begun("a", arguments, self.before, self.store or self.fleet.store)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        return process

    def second(self) -> "subprocess.Popen[str]":
        """Return a process of machine `b`: it reads a line, and runs once the lease is free."""
        return self._begun("b", ("", "0", "yes", "yes"), (), self.fleet.store)

    def _begun(
        self, machine: str, arguments: Sequence[str], before: Sequence[str], store: str
    ) -> "subprocess.Popen[str]":
        path = os.pathsep.join(str(ROOT / each) for each in ("engine", "connectors", "tests"))
        scene = self.fleet.world.scene.environment(self.urls)
        return subprocess.Popen(
            [*before, *_CHILD, str(LENGTH), *arguments, *SYNC, "--state", machine],
            cwd=self.fleet.world.folder,
            env={**os.environ, **scene, "PYTHONPATH": path, "ONEWAY_STORE": store},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )


@dataclass(frozen=True)
class Overtaken:
    """What came of a run that was kept from running: whether it came to the point, how long
    another one waited for its lease, and what is not as it should be."""

    point: Point
    reached: bool
    waited: float
    problems: tuple[str, ...]


def stopped(process: "subprocess.Popen[str]") -> bool:
    """Return whether a process has stopped and not ended."""
    return process.poll() is None


def not_reached(
    point: Point, first: "subprocess.Popen[str]", second: "subprocess.Popen[str]"
) -> Overtaken:
    """Return what came of a run that ended before its point."""
    second.kill()
    second.communicate()
    out, _ = first.communicate()
    found = () if first.returncode == 0 else (f"it ended with {first.returncode}: {out[-300:]}",)
    return Overtaken(point, False, 0.0, found)


def go_on(process: "subprocess.Popen[str]") -> None:
    """Let a process that has stopped go on."""
    process.send_signal(signal.SIGCONT)


def waited(out: str, since: float) -> float:
    """Return for how many seconds since an instant the second one was refused."""
    return max(float(out.split(maxsplit=2)[1]) - since, 0.0)


def problems(
    machines: Machines, first: tuple[int, str], second: tuple[int, str], writes: int
) -> Iterator[str]:
    """Yield what is not as it should be, where a second run has ended before the first went on."""
    code, out = second
    if code != 0:
        yield f"the one that took over ended with {code}: {out.strip()[-300:]}"
    code, out = first
    said = " ".join(out.split())
    if code != 1 or not (LOST in said or "F118" in said):
        yield f"the one that lost its lease ended with {code}: {said[-300:]}"
    if machines.fleet.writes() != writes:
        yield f"it wrote {machines.fleet.writes() - writes} {MORE}"
    yield from machines.fleet.problems(machines.reference)


def overtaken(
    machines: Machines,
    point: Point,
    ended: tuple[tuple[int, str], tuple[int, str]],
    writes: int,
    since: float,
) -> Overtaken:
    """Return what came of a run that another one took over, once both have ended."""
    found, delay = list(problems(machines, *ended, writes)), waited(ended[1][1], since)
    if delay > LENGTH:
        found.append(f"it was taken over after {delay:.1f} seconds")
    return Overtaken(point, True, delay, tuple(found))


def counted(points: Sequence[Point], of_what: str) -> Iterator[Point]:
    """Yield each point, and tell how many there were."""
    for number, each in enumerate(points):
        print(f"{number} of {len(points)} {of_what}", file=sys.stderr, flush=True)
        yield each


def report(
    found: Sequence[Overtaken], unfenced: Sequence[Overtaken], what: str, moment: str
) -> int:
    """Print the counts; return 1 if anything is wrong, or without a fence nothing was."""
    reached = [each for each in found if each.reached]
    wrong = [each for each in reached if each.problems]
    for each in wrong:
        print(f"WRONG {each.point}: {'; '.join(each.problems)}")
    noticed = sum(any(MORE in problem for problem in each.problems) for each in unfenced)
    longest = max((each.waited for each in reached), default=0.0)
    print(f"{len(reached)} {what} of {LENGTH:g} seconds:")
    print(f"{len(wrong)} in which it wrote more, or anything was doubled.")
    print(f"The last refusal of the one that took over: {longest:.1f} seconds after the {moment}.")
    print(f"Without the fence: {noticed} of {len(unfenced)} were found to write.")
    return 1 if wrong or not noticed else 0


@contextmanager
def listening() -> Iterator[Machines]:
    """Give machines whose systems listen on addresses of this one."""
    with fleet() as found, ExitStack() as stack:
        reference = found.undisturbed()
        apps = found.world.both.apps
        urls = {name: stack.enter_context(running(apps[name])) for name in apps}
        yield Machines(found, urls, reference)
