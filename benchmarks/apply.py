"""How fast `oneway apply` writes, beside bare asyncio streams that send the same requests.

    python benchmarks/apply.py                          400 updates, 8 and 32 in flight
    python benchmarks/apply.py --actions 1000 --runs 5 --in-flight 8

A server of its own on this machine takes 20 ms for each request. Of each person one field
changes: two requests an action, a look and the write. Oneway goes through the REST connector
and journals each step on the disk; the bare client has as many connections as there are
requests in flight, and does nothing else. Both are run in turn; before anything is timed, what
the server holds afterwards is compared.
"""

import argparse
import asyncio
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from oneway.planning.plan_file import fingerprint
from oneway.runs.apply import apply_plan
from oneway.runs.approval import Approval
from oneway.runs.judge import judge_plan
from oneway.runs.plan import plan_run
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.request import RunRequest, instant_text
from oneway.runs.resume import exclusive_run
from oneway.runs.session import Operator, RunSession
from oneway.state.folder import StateFolder

TAKES = 0.02
"""Seconds that the server takes for a request."""
MAPPING = """\
oneway: 1
name: bench
title: People become users
source: {connector: file, resource: people.jsonl}
target: {connector: desk, resource: users}
match: [{source: code, target: code}]
fields: {name: name}
joiners: {create: false}
guards:
  updates: {share: 99%, floor: 1000000}
  field_changes: {share: 99%, floor: 1000000}
"""
MANIFEST = """\
oneway_connector: 1
name: desk
title: Desk
kind: rest
concurrency: IN_FLIGHT
options: {base_url: {description: Where., default: URL}}
secrets: {key: {description: The key.}}
base_url: "{base_url}"
auth: {type: header, header: X-Key, value: "{key}"}
resources:
  users:
    id: id
    list: {path: /users}
    get: {path: "/users/{id}"}
    update: {method: PATCH, path: "/users/{id}"}
    record:
      type: object
      properties:
        id: {type: integer, readOnly: true}
        code: {type: string}
        name: {type: string}
"""


class Desk:
    """A target in memory, as little of an HTTP server as there can be."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.users: dict[str, dict[str, object]] = {}
        self.reset()

    def reset(self) -> None:
        """Hold again what was held at the start."""
        self.users = {
            str(n): {"id": n, "code": f"C{n}", "name": f"Old {n}"} for n in range(self.count)
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(length_in(head))
                await asyncio.sleep(TAKES)
                method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
                answer = json.dumps(self.answer(method, path, body)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer)
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def answer(self, method: str, path: str, body: bytes) -> object:
        """Return what is answered, having done what was asked."""
        if path == "/reset":
            self.reset()
        elif path == "/digest":
            return hashlib.sha256(json.dumps(self.users).encode()).hexdigest()
        elif path == "/users":
            return list(self.users.values())
        elif method == "PATCH":
            self.users[path.rpartition("/")[2]].update(json.loads(body))
        return self.users.get(path.rpartition("/")[2], {})


def length_in(head: bytes) -> int:
    """Return the length of the body that follows a head."""
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


@contextmanager
def serving(count: int) -> Iterator[str]:
    """Give the address of a server in a process of its own."""
    command = [sys.executable, __file__, "--serve", str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


async def serve(count: int) -> None:
    """Serve until killed."""
    server = await asyncio.start_server(Desk(count).serve, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def asked(url: str) -> object:
    """Return what the server answers to a GET."""
    with urllib.request.urlopen(url) as answer:
        return json.loads(answer.read())


async def bare(url: str, count: int, in_flight: int) -> float:
    """Return the seconds that bare streams take for the same requests."""
    host, port = url.removeprefix("http://").split(":")
    left = iter(range(count))

    async def one(lines: tuple[asyncio.StreamReader, asyncio.StreamWriter], text: bytes) -> bytes:
        reader, writer = lines
        writer.write(text)
        head = await reader.readuntil(b"\r\n\r\n")
        return await reader.readexactly(length_in(head))

    async def work() -> None:
        lines = await asyncio.open_connection(host, port)
        ask = f"Host: {host}\r\nX-Key: key\r\nAccept: application/json\r\n"
        for n in left:
            json.loads(await one(lines, f"GET /users/{n} HTTP/1.1\r\n{ask}\r\n".encode()))
            body = json.dumps({"name": f"New {n}"})
            head = f"PATCH /users/{n} HTTP/1.1\r\n{ask}Content-Length: {len(body)}\r\n\r\n"
            json.loads(await one(lines, (head + body).encode()))
        lines[1].close()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return time.perf_counter() - began


def ours(url: str, count: int, in_flight: int, folder: Path) -> tuple[float, float]:
    """Return the seconds by the clock and of the processor that an apply takes."""
    manifest = MANIFEST.replace("URL", json.dumps(url)).replace("IN_FLIGHT", str(in_flight))
    (folder / "desk.yaml").write_text(manifest)
    (folder / "bench.yaml").write_text(MAPPING.replace("people", str(folder / "people")))
    people = ({"id": f"p{n}", "code": f"C{n}", "name": f"New {n}"} for n in range(count))
    (folder / "people.jsonl").write_text("".join(json.dumps(each) + "\n" for each in people))
    now = datetime(2026, 11, 28, 4, tzinfo=UTC)
    request = RunRequest(
        str(folder / "bench.yaml"),
        now,
        lambda _, option: {"key": "key", "base_url": url}.get(option),
        folders=(folder,),
    )
    prepared = prepare_run(request)
    operator = Operator("bench", StateFolder(folder / f"state-{time.time_ns()}"), lambda: now)
    with (
        RunSession(prepared, operator) as session,
        exclusive_run(session),
        session.systems,
    ):
        begin = instant_text(session.now())  # as of a sync: a saved plan asks both sides once more
        plan, found = plan_run(session)
        assert len(plan.actions) == count
        approval = Approval(fingerprint(plan), judge_plan(session, plan), began=begin)
        began, used = time.perf_counter(), time.process_time()
        results = list(apply_plan(session, plan, approval, found.program))
        took = time.perf_counter() - began, time.process_time() - used
    assert all(each.ending.value == "done" for each in results)
    return took


def compared(url: str, actions: int, in_flight: int, runs: int) -> str:
    """Return a line of the table."""
    pairs, used = [], []
    with tempfile.TemporaryDirectory(prefix="oneway-bench-", dir=".") as name:
        for run in range(runs + 1):
            asked(f"{url}/reset")
            took, processor = ours(url, actions, in_flight, Path(name).resolve())
            held = asked(f"{url}/digest")
            asked(f"{url}/reset")
            floor = asyncio.run(bare(url, actions, in_flight))
            assert asked(f"{url}/digest") == held, "the two have not written the same"
            if run:  # the first warms up, and compares
                pairs.append((took, floor))
                used.append(processor)
    took, floor = (statistics.median(each) for each in zip(*pairs, strict=True))
    ratio = statistics.median(floor / took for took, floor in pairs)
    processor = statistics.median(used) / actions * 1000
    return (
        f"{in_flight:>9} | {actions / floor:>14.0f} | {actions / took:>14.0f} | {ratio:>5.2f} | "
        f"{processor:>10.2f}"
    )


def main() -> None:
    """Run both in turn and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--actions", type=int, default=400)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--in-flight", type=int, nargs="*", default=[8, 32])
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        asyncio.run(serve(given.serve))
        return
    print("in flight | bare, a second | ours, a second | ratio | ms of CPU an action")
    with serving(given.actions) as url:
        for in_flight in given.in_flight:
            print(compared(url, given.actions, in_flight, given.runs), flush=True)


if __name__ == "__main__":
    main()
