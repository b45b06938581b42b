"""Handles Ctrl-C and SIGTERM: the first asks to stop, the second ends at once."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from oneway.core.dataclass import dataclass

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Interruption:
    """Records whether a stop was requested; its `stopping` is passed on."""

    asked: bool = False

    def stopping(self) -> bool:
        """Return whether to stop before the next write."""
        return self.asked


@contextmanager
def patient() -> Iterator[Interruption]:
    """Treat the first Ctrl-C or SIGTERM in the block as a request to stop.

    The second raises `KeyboardInterrupt` anywhere, even during a write, which a resumed run then
    looks up.
    """
    found = Interruption()

    def wished(_number: int, _frame: FrameType | None) -> None:
        if found.asked:
            raise KeyboardInterrupt
        found.asked = True
        with suppress(OSError):  # not sys.stderr, which may be in the middle of a write
            os.write(2, b"\nstopping after the writes in flight; once more ends at once\n")

    if threading.current_thread() is not threading.main_thread():
        yield found  # only the main thread can handle signals
        return
    with _handling(wished):
        yield found


@dataclass(slots=True)
class Signals:
    """Counts the requests to stop; each makes `waker` readable until `reset`."""

    waker: int
    asked: int = 0

    def reset(self) -> None:
        """Reset the waker until the next request."""
        with suppress(BlockingIOError):
            os.read(self.waker, 64)


@contextmanager
def signals() -> Iterator[Signals]:
    """Count the signals that ask to stop during the block."""
    waker, ringer = os.pipe()
    for each in (waker, ringer):
        os.set_blocking(each, False)
    found = Signals(waker)

    def wished(_number: int, _frame: FrameType | None) -> None:
        found.asked += 1
        with suppress(BlockingIOError):  # the pipe is full, so the reader is awake
            os.write(ringer, b"!")

    try:
        with _handling(wished):
            yield found
    finally:
        os.close(waker)
        os.close(ringer)


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle both signals in the block, then restore the former handlers."""
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
