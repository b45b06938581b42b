"""Cases of nights: `run-due` and `serve` as processes, what they log, and what they answer."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from unittest.mock import patch

import httpx

from .case import Case
from .office import make_due, write_connection, write_mistake
from .servers import BAD
from .told import STORE_PASSWORD
from .world import PATIENCE, World

HOOKS = ("fails", "breaks off", "redirects", "babbles")
FORMS = ("text", "json")


def all_nights() -> Iterator[Case]:
    """Yield every case of nights."""
    for form, (number, bad) in product(FORMS, enumerate(BAD)):
        yield due(form, bad, HOOKS[number % len(HOOKS)])
    for form, bad in product(FORMS, ("rejects", "refuses the key", "breaks off")):
        yield serving(form, bad)
    yield Case("a store that is not there", storeless)


def small_nights() -> Iterator[Case]:
    """Yield a few of them."""
    yield due("json", "refuses the key", "breaks off")
    yield serving("text", "rejects", told=False)
    yield Case("a store that is not there", storeless)


def due(form: str, bad: str, hook: str) -> Case:
    """Return a case in which what is due meets systems that misbehave, and nobody is told."""

    def act(world: World) -> None:
        world.told.be(hook, "refuses the login")
        for name, system in (("acme", world.servers.payroll), ("beta", world.servers.expenses)):
            connections(world, name)
            make_due(name)
            system.be(bad)
            with world.process("run-due", "--log-format", form, "--debug") as process:
                said, _ = process.communicate(timeout=PATIENCE)
            assert re.search(rf"{name}.*\(run \d", said.decode()), f"it was not run: {said!r}"
            world.ended(process.returncode, said.decode(), "run-due")
            system.be()
            world.search_files()

    return Case(f"run-due, {form}, {bad}, a webhook that {hook}", act)


def serving(form: str, bad: str, name: str = "acme", *, told: bool = True) -> Case:
    """Return a case in which `serve` runs what is due, is asked how it is, and tells in vain.

    Without `told`, it is stopped before it looks at what is to be told.
    """

    def act(world: World) -> None:
        connections(world, name)
        make_due(name)
        world.told.be("fails", "refuses the login")
        world.servers.expenses.be(bad, "POST PATCH")
        with serve(world, form) as scheduler:
            scheduler.says("(run 1)")
            asked(world, scheduler)
            scheduler.says(*(("N102", "N107") if told else ()))
        world.search_files()

    return Case(f"serve, {form}, {bad}", act)


def connections(world: World, name: str) -> None:
    """Write a connection that tells somebody, and one in which credentials stand by mistake."""
    write_connection(world, name, "header")
    write_mistake(world, "broken", "oauth_body")


class Scheduler:
    """A running `oneway serve`, and all that it has said."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.said = ""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def says(self, *words: str) -> str:
        """Wait until each of some words was said, and return all that was."""
        end = time.monotonic() + PATIENCE
        while not all(word in self.said for word in words):
            assert time.monotonic() < end, f"it never said {words}: {self.said[-2000:]}"
            time.sleep(0.05)
        return self.said

    @property
    def address(self) -> str:
        """Where it answers."""
        return "http://" + self.says("/healthz and").partition("http://")[2].partition("/")[0]

    def ended(self) -> int:
        """Ask it to stop, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self._reading.join(PATIENCE)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line.decode(errors="replace")


@contextmanager
def serve(world: World, form: str) -> Iterator[Scheduler]:
    """Give a running `serve` that answers on a port of its own; search what it said."""
    args = ("serve", "--listen", "127.0.0.1:0", "--log-format", form, "--debug")
    with world.process(*args) as process:
        try:
            scheduler = Scheduler(process)
            yield scheduler
            world.ended(scheduler.ended(), scheduler.said, "serve")
        finally:
            if process.poll() is None:
                process.kill()


def asked(world: World, scheduler: Scheduler) -> None:
    """Ask a scheduler how it is, and search all that it answers."""
    with httpx.Client(base_url=scheduler.address, trust_env=False, timeout=PATIENCE) as client:
        for path in ("/healthz", "/metrics", "/connections"):
            answer = client.get(path)
            assert (answer.status_code == 404) == (path == "/connections")
            data = repr(answer.headers).encode() + answer.content
            world.hits += world.search.hits(data, f"answer of {path}")


def storeless(world: World) -> None:
    """Run where the store is a database with a password that does not answer."""
    write_connection(world, "acme", "header")
    url = f"postgresql://ann:{STORE_PASSWORD}@127.0.0.1:1/none?application_name={STORE_PASSWORD}"
    with patch.dict(os.environ, {"ONEWAY_STORE": url}):
        for command in ("sync acme", "run-due", "serve", "notify deliver", "runs", "resume"):
            assert world.run(*command.split(), "--debug") == 1, f"{command} ended well"
        for command in ("status", "notify list", "run-due --dry-run --format json"):
            world.run(*command.split(), "--debug")
    world.search_files()
