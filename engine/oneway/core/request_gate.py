"""Asks right before a request whether it may still leave, or be sent again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

LEAVES_WITHIN = 30.0
"""A request leaves within this many seconds of `about_to_leave`, or never."""

Ask: TypeAlias = Callable[[], None]

_LEAVING: ContextVar[Ask | None] = ContextVar("leaving", default=None)
_AGAIN: ContextVar[Ask | None] = ContextVar("again", default=None)


@contextmanager
def asked_before_leaving(ask: Ask, again: Ask | None = None) -> Iterator[None]:
    """Call `ask` before each request in the block; it raises if a request must not leave.

    `again` is called before a request is repeated that may do twice what it asks for.
    """
    leaving, repeated = _LEAVING.set(ask), _AGAIN.set(again)
    try:
        yield
    finally:
        _LEAVING.reset(leaving)
        _AGAIN.reset(repeated)


def about_to_leave() -> None:
    """Ask whether a request may leave; connectors call it right before they send one.

    It raises errors for `apply` that a connector must not catch: the run has lost its lease.
    """
    ask = _LEAVING.get()
    if ask is not None:
        ask()


def about_to_send_again() -> None:
    """Ask whether a request may be repeated that may do twice what it asks for.

    It raises `WriteError` if the request has perhaps been carried out, whatever its answer says.
    """
    ask = _AGAIN.get()
    if ask is not None:
        ask()
