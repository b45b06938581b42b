"""What an apply reports to while it runs, and who may stop it."""

from collections.abc import Callable

from oneway.core.dataclass import dataclass
from oneway.core.progress import Progress, silent


class Stopped(Exception):
    """An apply was asked to stop: started actions have ended, the rest were not started."""


def never() -> bool:
    """Return False: nothing asks this apply to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Watch:
    """The observers of an apply: its progress, and whether to stop before the next action."""

    progress: Progress = silent
    stopping: Callable[[], bool] = never


UNWATCHED = Watch()
"""Watches nothing, and never stops."""
