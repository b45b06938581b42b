"""The rate limit over real processes, counted by a server that says when each request came."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from oneway_connectors.sandbox import running
from patience import PATIENCE

LIMIT, SECONDS = 5, 0.25
MANIFEST = """
oneway_connector: 1
name: acme
title: Acme
kind: rest
options: {base_url: {description: Where it is.}}
base_url: "{base_url}"
rate_limit: {requests: 5, seconds: 0.25}
timeouts: {total: 2}
resources:
  people:
    id: id
    list: {path: /people}
    get: {path: "/people/{id}"}
    record: {type: object, properties: {id: {type: string}}}
"""
WORKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from oneway.core.access import Access
from oneway.connections.manifest import load_manifest
from oneway_connectors.rest import connect

manifest, url, state, count = sys.argv[1:]
connector = connect(
    load_manifest(Path(manifest).read_bytes(), manifest),
    Access({"base_url": url}, {}, Path(state) if state else None),
)
reader = connector.reader("people")
sys.stdin.readline()
with ThreadPoolExecutor(3) as pool:
    list(pool.map(lambda n: reader.get(str(n)), range(int(count))))
"""


class Counter:
    """A system that counts each request at some moment between its coming and its answer."""

    def __init__(self) -> None:
        self.counted: list[float] = []
        self.busy_until = 0.0
        self._dice = random.Random(4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._dice.random() / 20)
        self.counted.append(time.monotonic())
        wait = self.busy_until - time.monotonic()
        status, headers = (429, {"Retry-After": "1"}) if wait > 0 else (200, {})
        await asyncio.sleep(self._dice.random() / 20)
        id = Request(scope).path_params.get("id", scope["path"].rpartition("/")[2])
        await JSONResponse({"id": id}, status, headers)(scope, receive, send)

    @property
    def most(self) -> int:
        """How many requests the fullest window held."""
        times = sorted(self.counted)
        return max(
            sum(1 for each in times[at:] if each < first + SECONDS)
            for at, first in enumerate(times)
        )


@contextmanager
def workers(
    folder: Path, url: str, count: int, each: int, state: str
) -> Iterator[list[subprocess.Popen[str]]]:
    """Run processes that read so many records each, and begin together."""
    manifest = folder / "acme.yaml"
    manifest.write_text(MANIFEST)
    command = [sys.executable, "-c", WORKER, str(manifest), url, state, str(each)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env=environment)
        for _ in range(count)
    ]
    try:
        for one in running:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        yield running
    finally:
        for one in running:
            one.kill()
            one.communicate()


def wait_for(count: int, counter: Counter, started: list[subprocess.Popen[str]]) -> None:
    while len(counter.counted) < count:
        assert any(one.poll() is None for one in started)
        time.sleep(0.01)


def test_no_window_of_many_processes_holds_more_than_the_limit(tmp_path: Path) -> None:
    counter = Counter()
    with running(counter) as url, workers(tmp_path, url, 3, 10, str(tmp_path / "s")) as started:
        assert [one.wait(PATIENCE) for one in started] == [0, 0, 0]
    assert len(counter.counted) == 30
    assert counter.most <= LIMIT


def test_without_a_shared_folder_they_would_ask_too_much(tmp_path: Path) -> None:
    """The canary: the counter does see what the limit of each process alone lets through."""
    counter = Counter()
    with running(counter) as url, workers(tmp_path, url, 3, 10, "") as started:
        assert [one.wait(PATIENCE) for one in started] == [0, 0, 0]
    assert counter.most > LIMIT


def test_processes_that_are_killed_leave_the_limit_to_the_others(tmp_path: Path) -> None:
    counter = Counter()
    with running(counter) as url, workers(tmp_path, url, 3, 8, str(tmp_path / "s")) as started:
        wait_for(6, counter, started)
        started[0].send_signal(signal.SIGKILL)
        assert [one.wait(PATIENCE) for one in started] == [-signal.SIGKILL, 0, 0]
    assert len(counter.counted) >= 16
    assert counter.most <= LIMIT


def test_where_one_is_asked_to_wait_all_wait(tmp_path: Path) -> None:
    counter = Counter()
    with running(counter) as url, workers(tmp_path, url, 3, 4, str(tmp_path / "s")) as started:
        wait_for(1, counter, started)
        counter.busy_until = time.monotonic() + 0.5
        assert [one.wait(PATIENCE) for one in started] == [0, 0, 0]
    times = sorted(counter.counted)
    # Whoever was on the way may still come; then nobody does for the second that was asked for.
    assert max(later - first for first, later in pairwise(times)) > 0.8
    assert counter.most <= LIMIT
