"""Defers the signals that ask a process to end while a block lasts."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a wish to stop, and a terminal that is closed."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no signal break a block off; the first that came is handled at its end.

    Handlers, not a mask: where there are other threads, one of them takes what the main thread
    masks, and Python breaks the main thread off all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only there can signals be handled
        return
    came: list[int] = []

    def noted(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    handlers = {number: signal.getsignal(number) for number in ENDING}
    # One that was not set from Python could not be put back.
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
