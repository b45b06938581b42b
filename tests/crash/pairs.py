"""Start two runs of one connection at the same instant: one runs, the other is told who does.

    python -m tests.crash.pairs [--pairs 50]

Both processes are started and have imported all they need before either may go on; the source
answers nobody until one of the two has ended, so that they cannot miss each other. In each
fifth pair the one that runs is killed with SIGKILL: the next run takes its lock over.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event
from time import monotonic, sleep

from starlette.types import ASGIApp, Receive, Scope, Send

from oneway_connectors.sandbox.server import running

from .matrix import Undisturbed, differences, undisturbed
from .world import ROOT, SYNC, World, made

AT_ONCE = 240.0
"""Seconds after which a refusal has not come at once, on the busiest machine."""
_START = """
import sys
import oneway.cli.sync, oneway.cli.entry, oneway_connectors.rest, filelock, sqlite3
print('ready', flush=True)
sys.stdin.read(1)
sys.argv = ['oneway', *sys.argv[1:]]
oneway.cli.entry.main()
"""


class Gate:
    """Stands before a system and lets nobody through until it is opened."""

    def __init__(self, app: ASGIApp) -> None:
        self.open = Event()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, some time."""
        while not self.open.is_set():
            await asyncio.sleep(0.01)
        await self._app(scope, receive, send)


@dataclass(frozen=True)
class Course:
    """Where pairs run: a world whose systems listen, payroll behind a gate."""

    world: World
    gate: Gate
    urls: dict[str, str]
    reference: Undisturbed

    def start(self) -> "subprocess.Popen[str]":
        """Return a process that waits for a line before it syncs."""
        path = os.pathsep.join(str(ROOT / each) for each in ("engine", "connectors"))
        process = subprocess.Popen(
            [sys.executable, "-c", _START, *SYNC],
            cwd=self.world.folder,
            env={**os.environ, **self.world.scene.environment(self.urls), "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def pair(self, *, killed: bool) -> list[str]:
        """Let two runs start at once and return what was not as it should be."""
        self.world.fresh()
        self.gate.open.clear()
        both = [self.start(), self.start()]
        for process in both:
            _release(process)
        began = monotonic()
        while (first := _ended(both)) is None and monotonic() - began < AT_ONCE:
            sleep(0.005)
        if first is None:
            return [*_stopped(both), "neither was refused"]
        (winner,) = (each for each in both if each is not first)
        found = list(_refused(first, winner))
        if killed:
            winner.kill()
            winner.communicate()
            winner = self.start()
            _release(winner)
        self.gate.open.set()
        out, _ = winner.communicate(timeout=AT_ONCE)
        if winner.returncode != 0:
            found.append(f"the one that ran ended with {winner.returncode}: {out[-300:]}")
        return [*found, *differences(self.world, self.reference)]


@contextmanager
def course() -> Iterator[Course]:
    """Give a place where pairs run."""
    with made() as world, ExitStack() as stack:
        reference = undisturbed(world)
        gate = Gate(world.both.apps["source"])
        apps = {**world.both.apps, "source": gate}
        urls = {name: stack.enter_context(running(app)) for name, app in apps.items()}
        stack.callback(gate.open.set)
        yield Course(world, gate, urls, reference)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run so many pairs and print the counts; return 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("--pairs", type=int, default=50)
    given = parser.parse_args(arguments)
    wrong = 0
    with course() as where:
        for number in range(1, given.pairs + 1):
            found = where.pair(killed=number % 5 == 0)
            wrong += bool(found)
            for problem in found:
                print(f"WRONG pair {number}: {problem}", flush=True)
            if number % 10 == 0:
                print(f"{number} pairs", file=sys.stderr, flush=True)
    print(
        f"{given.pairs} pairs: in {given.pairs - wrong} exactly one ran to its end and the other "
        f"was refused, by name; {given.pairs // 5} locks of killed runs were taken over."
    )
    return 1 if wrong else 0


def _release(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def _ended(both: "Sequence[subprocess.Popen[str]]") -> "subprocess.Popen[str] | None":
    return next((each for each in both if each.poll() is not None), None)


def _stopped(both: "Sequence[subprocess.Popen[str]]") -> list[str]:
    for each in both:
        each.kill()
    return [each.communicate()[0][-300:] for each in both]


def _refused(loser: "subprocess.Popen[str]", winner: "subprocess.Popen[str]") -> Iterator[str]:
    """Yield what is wrong with how the second one was refused."""
    out = " ".join(loser.communicate()[0].split())
    named = f"process {winner.pid} on {socket.gethostname()} since 20"
    if loser.returncode != 1 or "[F115]" not in out or named not in out:
        yield f"the other ended with {loser.returncode}, and not naming {named}: {out[-300:]}"


class _Raw(argparse.RawDescriptionHelpFormatter):
    """Prints the description as it stands."""


if __name__ == "__main__":
    sys.exit(main())
