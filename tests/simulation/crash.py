"""The death of the process, at any step: before or after a request, before or after a write
of the journal.

What dies here is a call, not a process: the interpreter unwinds it. So that nothing more is
done on the way out than a dead process would do, every step after the death fails too. (What
a real SIGKILL leaves on the disk is shown by the crash matrix.)
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from oneway.history.journal import Journal


class Crash(BaseException):
    """The process is dead; a `BaseException`, like Ctrl-C, so that nobody handles it."""


class Steps:
    """Counts steps, and dies at one of them; `from_writing` counts from the first journal write."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.from_writing = False
        self.dead = False
        self.crashes = 0
        self.last = ""

    def arm(self, steps: int | None, *, from_writing: bool = False) -> None:
        """Let the process die at a step to come, or not at all; it is alive from here on."""
        self.left, self.from_writing, self.dead = steps, from_writing, False

    def step(self, what: str) -> None:
        """Take a step, or die."""
        if self.dead:
            raise Crash
        if self.from_writing and not what.startswith("journal"):
            return
        self.from_writing = False
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.dead = True
            self.crashes += 1
            self.last = what
            raise Crash


WRITES = ("begin", "intended", "sent", "ended", "finish")
"""The methods of a journal that write."""


@contextmanager
def journal_steps(steps: Steps) -> Iterator[None]:
    """Make a step of everything before and after each write of the journal."""
    with ExitStack() as stack:
        for name in WRITES:
            stack.enter_context(patch.object(Journal, name, _stepping(steps, name)))
        yield


def _stepping(steps: Steps, name: str) -> Callable[..., Any]:
    original = getattr(Journal, name)

    def stepping(*values: Any, **more: Any) -> Any:
        steps.step(f"journal {name}, before")
        result = original(*values, **more)
        steps.step(f"journal {name}, after")
        return result

    return stepping
