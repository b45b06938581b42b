"""Handles Ctrl-C while records are written: finishes and journals the writes in flight first."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from oneway.cli.signal_handling import handling


@dataclass(slots=True)
class Interruption:
    """Whether a stop was requested; passed on as `stopping`."""

    asked: bool = False

    def stopping(self) -> bool:
        """Return whether to stop before the next write."""
        return self.asked


@contextmanager
def patient() -> Iterator[Interruption]:
    """Take the first Ctrl-C or SIGTERM within a block as a request; the second ends at once.

    The second raises `KeyboardInterrupt` anywhere, even during a write, which resuming then
    looks up.
    """
    found = Interruption()

    def wished(_number: int, _frame: FrameType | None) -> None:
        if found.asked:
            raise KeyboardInterrupt
        found.asked = True
        with suppress(OSError):  # not through sys.stderr, which may be in the middle of a line
            os.write(2, b"\nstopping after the writes in flight; once more ends at once\n")

    if threading.current_thread() is not threading.main_thread():
        yield found  # other threads cannot handle signals
        return
    with handling(wished):
        yield found
