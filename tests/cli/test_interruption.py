"""Ctrl-C and SIGTERM in the middle of a write: real processes, real signals, a real server.

The target holds the answer to one write back until the test lets it go, so that the signal
always finds that write in flight, and nothing depends on how fast anything is.
"""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from cli_world import ROOT, World
from test_cli_process import environment

from commands import Ended
from oneway.connections.environment import variable
from oneway.history.journal import Journal
from oneway.planning.endings import Ending
from oneway_connectors import sandbox
from oneway_connectors.sandbox.expensein import KEY
from patience import PATIENCE

MAPPING = ROOT / "mappings" / "staffology-to-expensein.yaml"
TODAY = date(2026, 11, 22)
MANIFEST = ROOT / "connectors" / "oneway_connectors" / "expensein" / "manifest.yaml"
HELD_BACK = 3
"""Which write of the run is in flight, perhaps with others, when the signal comes."""
AT_ONCE = 5
"""Writes that may be in flight, or about to be sent, at the most."""


@dataclass
class Slow:
    """An ASGI application that carries the n-th write out and holds its answer back."""

    app: Any
    held_back: int = HELD_BACK
    reached: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)
    writes: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request."""
        if scope.get("method") in ("POST", "PATCH") and "/_sandbox/" not in scope["path"]:
            self.writes += 1
            if self.writes == self.held_back:
                send = self._holding(send)
        await self.app(scope, receive, send)

    def _holding(self, send: Any) -> Any:
        async def holding(message: Any) -> None:
            self.reached.set()
            while not self.released.is_set():
                await asyncio.sleep(0.01)
            await send(message)

        return holding


@dataclass
class Running:
    """Both systems, and a way to run the command against them."""

    target: Slow
    world: World
    variables: dict[str, str]

    def one_at_a_time(self) -> Path:
        """Return the mapping over a target that bears one write at a time.

        Of several in flight, one may be written down and not have left when a process ends at
        once. Such a create is not known until the target's lag has passed.
        """
        connectors = self.world.folder / "connectors"
        connectors.mkdir()
        manifest = MANIFEST.read_text(encoding="utf-8")
        one = manifest.replace("\nname: expensein\n", "\nname: single\nconcurrency: 1\n")
        (connectors / "single.yaml").write_text(one, encoding="utf-8")
        mapping = self.world.folder / "single.yaml"
        text = MAPPING.read_text(encoding="utf-8")
        mapping.write_text(text.replace("connector: expensein", "connector: single"), "utf-8")
        return mapping

    @contextmanager
    def started(self, *args: object) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-m", "oneway", *map(str, args)]
        env = environment(**self.variables)
        with subprocess.Popen(
            command, cwd=self.world.folder, env=env, text=True, stderr=-1, stdout=subprocess.DEVNULL
        ) as running:
            try:
                yield running
            finally:
                self.target.released.set()
                running.kill()

    def endings(self) -> list[Ending | None]:
        """Return how each action in the journal ended, of all runs."""
        with Journal.open(self.world.folder / ".oneway" / "journal.db") as journal:
            found = [entry for run in journal.runs() for entry in journal.entries(run.id)]
        return [None if each.end is None else each.end.ending for each in found]


@pytest.fixture
def running(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with ExitStack() as stack:
        source = stack.enter_context(sandbox.start("staffology", TODAY))
        target = Slow(sandbox.build("expensein", TODAY))
        url = stack.enter_context(sandbox.running(target))
        stack.callback(target.released.set)
        variables = {
            variable("staffology", "base_url"): source.url,
            variable("staffology", "api_key"): source.keys["full"],
            variable("staffology", "employer"): source.employer,
            **{variable(name, "base_url"): f"{url}/1.0" for name in ("expensein", "single")},
            **{variable(name, "api_key"): KEY for name in ("expensein", "single")},
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield Running(target, world, variables)


def told(running: subprocess.Popen[str], words: str) -> None:
    """Read what a process says until it has said some words."""
    assert running.stderr is not None
    for line in running.stderr:
        if words in line:
            return
    raise AssertionError(f"it never said {words!r}")


def assert_all_done(ended: Ended) -> None:
    """Assert that a run did all it had to; payroll does not say whether two people have left."""
    assert ended.code == 5, ended.err
    assert "! Have perhaps left, and can still get in (2)" in ended.out, ended.out


def converges(running: Running, mapping: Path = MAPPING) -> None:
    """Resume, and see that nothing is left to do and nothing was written twice."""
    resumed = running.world.run("resume")
    assert_all_done(resumed)
    assert {*running.endings()} == {Ending.DONE}
    writes = running.target.writes
    assert writes == len(running.endings())
    assert "Nothing to resume" in running.world.run("resume").out
    # Payroll does not say whether two people have left; nothing else is left to do.
    left = running.world.run("plan", mapping, "--exit-code")
    assert (left.code, "No changes to make" in left.out) == (5, True), left.out
    assert running.target.writes == writes


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_one_lets_the_write_in_flight_end(running: Running, number: int) -> None:
    with running.started("sync", MAPPING) as started:
        assert running.target.reached.wait(PATIENCE)
        started.send_signal(number)
        told(started, "stopping after the writes in flight")
        running.target.released.set()
        _, err = started.communicate(timeout=PATIENCE)
    assert started.returncode == 130
    assert "`oneway resume` continues this plan" in re.sub(r"\s+", " ", err)
    assert "Traceback" not in err
    assert {*running.endings()} == {Ending.DONE}
    assert running.target.writes == len(running.endings())
    assert HELD_BACK <= running.target.writes <= HELD_BACK + AT_ONCE
    converges(running)


def test_the_second_one_ends_at_once_and_resume_finds_out(running: Running) -> None:
    mapping = running.one_at_a_time()
    with running.started("sync", mapping) as started:
        assert running.target.reached.wait(PATIENCE)
        started.send_signal(signal.SIGINT)
        told(started, "stopping after the writes in flight")
        started.send_signal(signal.SIGINT)
        # Its answer is still held back.
        _, err = started.communicate(timeout=PATIENCE)
        assert not running.target.released.is_set()
    assert started.returncode == 130
    assert "oneway resume" in err
    assert "Traceback" not in err
    assert {*running.endings()} <= {Ending.DONE, None}
    assert running.endings().count(None) == 1
    converges(running, mapping)


def test_the_next_sync_settles_and_goes_on_as_well(running: Running) -> None:
    mapping = running.one_at_a_time()
    with running.started("sync", mapping) as started:
        assert running.target.reached.wait(PATIENCE)
        started.send_signal(signal.SIGINT)
        told(started, "stopping after the writes in flight")
        started.send_signal(signal.SIGTERM)
        started.communicate(timeout=PATIENCE)
    synced = running.world.run("sync", mapping)
    assert_all_done(synced)
    assert "without a known end, was looked up" in synced.flat
    # What the interrupted run never began is said to be so; the sync planned it anew.
    ended = running.endings()
    assert {*ended} == {Ending.DONE, Ending.NOT_ATTEMPTED}
    assert running.target.writes == ended.count(Ending.DONE)
    assert "Nothing to resume" in running.world.run("resume").out
