"""Defers the signals that ask a process to end until a block is over."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a request to stop, and a closed terminal."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep signals from interrupting a block; the first one is handled at its end.

    By handlers, not a mask: another thread would receive a signal that the main thread masks, and
    Python would interrupt the main thread anyway.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # other threads cannot handle signals
        return
    came: list[int] = []

    def noted(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    handlers = {number: signal.getsignal(number) for number in ENDING}
    # A handler that Python did not set could not be restored.
    before = {number: each for number, each in handlers.items() if each is not None}
    try:
        for number in before:
            signal.signal(number, noted)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
