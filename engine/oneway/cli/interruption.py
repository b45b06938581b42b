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
        """Return whether to begin no further write."""
        return self.asked


@contextmanager
def patient() -> Iterator[Interruption]:
    """Take the first Ctrl-C or SIGTERM of a block as a wish; the second ends at once.

    The second one raises `KeyboardInterrupt`, wherever the program is: in the middle of a
    write as well, which is then looked up on resuming.
    """
    found = Interruption()

    def wished(_number: int, _frame: FrameType | None) -> None:
        if found.asked:
            raise KeyboardInterrupt
        found.asked = True
        with suppress(OSError):  # not through sys.stderr, which may be in the middle of a line
            os.write(2, b"\nstopping after the writes in flight; once more ends at once\n")

    if threading.current_thread() is not threading.main_thread():
        yield found  # only there can signals be handled
        return
    with handling(wished):
        yield found
