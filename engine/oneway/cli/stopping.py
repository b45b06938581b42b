"""Handles Ctrl-C and SIGTERM in long-running commands: the first asks, the second stops at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from oneway.cli.signal_handling import handling


@dataclass(slots=True)
class Signals:
    """Counts the requests to stop; each makes `waker` readable, until `heard`."""

    waker: int
    asked: int = 0

    def heard(self) -> None:
        """Reset the waker until the next request."""
        with suppress(BlockingIOError):
            os.read(self.waker, 64)


@contextmanager
def signals() -> Iterator[Signals]:
    """Count the signals that ask to stop, while the block lasts."""
    waker, ringer = os.pipe()
    for each in (waker, ringer):
        os.set_blocking(each, False)
    found = Signals(waker)

    def wished(_number: int, _frame: FrameType | None) -> None:
        found.asked += 1
        with suppress(BlockingIOError):  # the pipe is full, so the reader is awake
            os.write(ringer, b"!")

    try:
        with handling(wished):
            yield found
    finally:
        os.close(waker)
        os.close(ringer)
