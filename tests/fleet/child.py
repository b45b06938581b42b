"""`oneway` as a process of a machine, with short leases; it can stop itself at a point of its run.

    python -m fleet.child TERMS POINT NUMBER FENCED FREE ARGUMENTS...

At the N-th time that it comes to a point it stops its whole process (SIGSTOP), threads included,
and goes on when it is continued. With FREE it tries until no other run holds the lease.
"""

import io
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

import oneway_connectors.rest.system  # so that the first try is as quick as the next one
from oneway.applying.gates import Gates
from oneway.cli.entry import run
from oneway.history.journal import Journal
from oneway.history.journal.fence import Terms
from oneway_connectors.rest import origin, transport

from .machines import HELD, terms, without_fence

POINTS = ("before intended", "before sent", "before its commit", "before it leaves", "before ended")


def main() -> int:
    """Do what the command line says, and end as the run ended."""
    length, point, number, fenced, free, *arguments = sys.argv[1:]
    short = Terms(float(length), float(length) / 8, float(length) / 2)
    with ExitStack() as stack:
        stack.enter_context(terms(short, short.window / 2))
        # The systems of the cut machine are reached over a network of its own, without TLS.
        for each in (origin, transport):
            stack.enter_context(patch.object(each, "is_loopback", lambda _: True))
        if fenced == "no":
            stack.enter_context(without_fence())
        if point:
            _stop_at(stack, point, int(number))
        return _until_free(arguments) if free == "yes" else run(arguments)


def _stop_at(stack: ExitStack, point: str, number: int) -> None:
    seen = [0]

    def passed() -> None:
        seen[0] += 1
        if seen[0] == number:
            os.kill(os.getpid(), signal.SIGSTOP)

    where: dict[str, tuple[type, str]] = {
        "before intended": (Journal, "intended"),
        "before sent": (Journal, "sent"),
        "before its commit": (Journal, "sent"),
        "before it leaves": (Gates, "_written"),
        "before ended": (Journal, "ended"),
    }
    owner, name = where[point]
    original = getattr(owner, name)
    if point == "before its commit":
        sent = [False]

        def sending(*values: Any, **more: Any) -> Any:
            sent[0] = True
            return original(*values, **more)

        def committing(_: Any) -> None:
            if sent[0]:
                sent[0] = False
                passed()

        event.listen(Engine, "commit", committing)
        stack.enter_context(patch.object(owner, name, sending))
    else:
        stack.enter_context(patch.object(owner, name, _after(passed, original)))


def _after(first: Callable[[], None], original: Callable[..., Any]) -> Callable[..., Any]:
    def called(*values: Any, **more: Any) -> Any:
        first()
        return original(*values, **more)

    return called


def _until_free(arguments: list[str]) -> int:
    """Try until no other run holds the lease; print when the last try began that was refused."""
    sys.stdin.readline()
    refused = 0.0
    while True:
        began, out = time.monotonic(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            code = run(list(arguments))
        if HELD not in out.getvalue():
            print(f"refused {refused}\n{out.getvalue()}")
            return code
        refused = began
        time.sleep(0.05)


if __name__ == "__main__":
    _ = oneway_connectors.rest.system
    sys.exit(main())
