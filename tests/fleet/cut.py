"""Cut a machine off from store and target with a network namespace, and let another run.

    python -m tests.fleet cut       (needs root)

The first machine's processes run in a network namespace of their own, with one link to the store
and to both systems. At a point of a write the link goes down: nothing is closed, nothing is
reset. Another machine takes over when the lease has ended, and runs to its end. Then the link
comes back, and with it whatever the first one's TCP still had to send.

A session to the store that hears nothing for 25 seconds ends itself, and its run with it. So
that it is the fence that keeps a run from writing, some runs have sessions that outlive the cut,
over so few people that the other machine is done before the server gives them up; the same
without the fence must be found to write. They are cut off before an action is intended: what was
intended the other machine has settled, and no statement finds it any more, fence or not.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from socket import SHUT_WR, create_connection, create_server, socket
from threading import Thread

from starlette.types import ASGIApp, Receive, Scope, Send

from crash.people import six, sixty
from oneway_connectors.sandbox.people import Population
from oneway_connectors.sandbox.server import running as serving
from postgres import Server, running

from .machines import fleet
from .paused import points
from .processes import (
    PATIENCE,
    Machines,
    Overtaken,
    Point,
    counted,
    go_on,
    not_reached,
    overtaken,
    report,
    stopped,
)

SPACE, OUTSIDE, INSIDE = "oneway-cut", "oneway-out", "oneway-in"
HERE = "10.77.31.1"
"""Where systems and store are, for all machines: this one reaches it without the link."""
GATE, THERE = "10.77.32.1", "10.77.32.2"
"""The two ends of the link."""
COUNT = 12


def why_not() -> str:
    """Return why no machine can be cut off here, or nothing."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "ip is not installed"
    tried = subprocess.run(["ip", "netns", "list"], capture_output=True, check=False)
    return "network namespaces are not permitted" if tried.returncode else ""


@contextmanager
def linked() -> Iterator[None]:
    """Make a network namespace with one link to this machine, for the length of a block."""
    _remove()
    try:
        _ip("netns", "add", SPACE)
        _ip("link", "add", OUTSIDE, "type", "veth", "peer", "name", INSIDE)
        _ip("link", "set", INSIDE, "netns", SPACE)
        _ip("addr", "add", f"{HERE}/32", "dev", "lo")
        _ip("addr", "add", f"{GATE}/24", "dev", OUTSIDE)
        _ip("link", "set", OUTSIDE, "up")
        _ip("-n", SPACE, "addr", "add", f"{THERE}/24", "dev", INSIDE)
        for each in ("lo", INSIDE):
            _ip("-n", SPACE, "link", "set", each, "up")
        _ip("-n", SPACE, "route", "add", HERE, "via", GATE)
        yield
    finally:
        _remove()


@contextmanager
def machines_apart(people: Callable[[], Population] = sixty) -> Iterator[Machines]:
    """Give machines, the first of which reaches store and systems over the link alone."""
    with ExitStack() as stack:
        stack.enter_context(linked())
        server = _reachable(stack.enter_context(running()))
        found = stack.enter_context(fleet(people, server))
        apps, urls = found.world.both.apps, {}
        reference = found.undisturbed()
        for name in apps:
            own = stack.enter_context(serving(_loopback(apps[name])))
            port = stack.enter_context(_forwarded(int(own.rsplit(":", 1)[1])))
            urls[name] = f"http://{HERE}:{port}"  # one for all: it is part of whose run it is
        store = found.store.replace("127.0.0.1", HERE)
        before = ("ip", "netns", "exec", SPACE)
        yield Machines(found, urls, reference, before, store)


def patient(machines: Machines) -> Machines:
    """Return the machines with sessions of the first one that wait for the store."""
    mark = "&" if "?" in machines.store else "?"
    return replace(machines, store=f"{machines.store}{mark}tcp_user_timeout=0&keepalives=0")


def cut(machines: Machines, point: Point, *, fenced: bool = True) -> Overtaken:
    """Cut a machine off at a point, and return what is not as it should be."""
    machines.fleet.fresh()
    second = machines.second()
    first, since = machines.first(point, fenced=fenced), time.monotonic()
    if not stopped(first):
        return not_reached(point, first, second)
    try:
        _ip("link", "set", OUTSIDE, "down")
        go_on(first)  # it works on, and reaches nobody
        out, _ = second.communicate("go\n", timeout=PATIENCE)
        writes = machines.fleet.writes()
        _ip("link", "set", OUTSIDE, "up")
        said, _ = first.communicate(timeout=PATIENCE)
    finally:
        first.kill()
        _ip("link", "set", OUTSIDE, "up")
    ended = ((first.returncode, said), (second.returncode, out))
    return overtaken(machines, point, ended, writes, since)


def main(most: int = 0) -> int:
    """Cut a machine off at so many points and print the counts."""
    if why := why_not():
        print(f"no machine was cut off: {why}")
        return 2
    with machines_apart() as machines:
        chosen = points(sum(machines.reference.writes.values()), most or COUNT)
        found = [cut(machines, each) for each in counted(chosen, "cuts")]
    with machines_apart(six) as machines:
        waiting = patient(machines)
        early = [Point("before intended", number) for number in (1, 2)]
        found += [cut(waiting, each) for each in counted(early, "cuts of runs that wait")]
        open = [cut(waiting, each, fenced=False) for each in early]
    return report(found, open, "times a machine was cut off, with a lease", "cut")


def _reachable(server: Server) -> Server:
    """Let a server answer over the link as well."""
    server.stop()
    with (server.folder / "data" / "pg_hba.conf").open("a", encoding="utf-8") as rules:
        rules.write(f"\nhost all all {THERE}/32 trust\n")
    server.addresses = f"127.0.0.1,{HERE}"
    server.start()
    return server


def _loopback(app: ASGIApp) -> ASGIApp:
    """Let a system answer under any name: a sandbox answers under those of its own machine."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        others = [each for each in scope.get("headers", ()) if each[0] != b"host"]
        await app({**scope, "headers": [*others, (b"host", b"127.0.0.1")]}, receive, send)

    return answered


@contextmanager
def _forwarded(port: int) -> Iterator[int]:
    """Answer over the link for what listens on this machine alone."""
    with create_server((HERE, 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    theirs, _ = listener.accept()
                    ours = create_connection(("127.0.0.1", port))
                    for ends in ((theirs, ours), (ours, theirs)):
                        Thread(target=_pass_on, args=ends, daemon=True).start()

        Thread(target=accept, daemon=True).start()
        yield int(listener.getsockname()[1])


def _pass_on(one: socket, other: socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(SHUT_WR)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _remove() -> None:
    address = ("addr", "del", f"{HERE}/32", "dev", "lo")
    for each in (("link", "del", OUTSIDE), ("netns", "del", SPACE), address):
        subprocess.run(["ip", *each], check=False, capture_output=True)
