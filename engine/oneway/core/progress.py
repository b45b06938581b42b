"""Progress of a long operation, reported while it runs."""

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Called with the name of the operation, the number done, and the total (None if unknown)."""


def silent(what: str, done: int, total: int | None) -> None:
    """Report no progress."""
