"""Pauses Python's search for reference cycles while many rows are made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 20_000
"""The fewest new objects that are worth declaring old (CPython's threshold is 700)."""


@contextmanager
def not_collecting() -> Iterator[None]:
    """Pause the search for reference cycles: none of a million rows is part of one."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_count()[0] > MANY:
                # Declare all of them old, or they would be searched at once. For fewer, that would
                # be a leak: old objects are collected only when enough others become old.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
