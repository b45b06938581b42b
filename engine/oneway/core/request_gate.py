"""Asks right before each request whether it may still leave."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LEAVES_WITHIN = 30.0
"""A request leaves within this many seconds of `about_to_leave`, or never."""

_LEAVING: ContextVar[Callable[[], None] | None] = ContextVar("leaving", default=None)


@contextmanager
def asked_before_leaving(ask: Callable[[], None]) -> Iterator[None]:
    """Call `ask` before each request in the block; it raises if a request must not leave."""
    token = _LEAVING.set(ask)
    try:
        yield
    finally:
        _LEAVING.reset(token)


def about_to_leave() -> None:
    """Ask whether a request may leave; connectors call it right before they send one.

    It raises errors for `apply` that a connector must not catch: the run has lost its lease.
    """
    ask = _LEAVING.get()
    if ask is not None:
        ask()
