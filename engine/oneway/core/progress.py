"""Progress of a long operation, reported while it runs."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Called with the name of the operation, the number done, and the total (None if unknown)."""


def silent(what: str, done: int, total: int | None) -> None:
    """Report no progress."""


def shown_while(progress: Progress, what: str, items: Iterable[T], total: int) -> Iterator[T]:
    """Yield items one by one, and report how many there were so far."""
    for done, each in enumerate(items, 1):
        progress(what, done, total)
        yield each
