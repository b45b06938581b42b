"""Caches results that depend on one text of a record.

There are few distinct leave dates and few distinct codes: nearly all records hold a text that an
earlier record had.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from oneway.core.batches import Batch
from oneway.mapping.code import FieldCode
from oneway.mapping.generated.source import CodeText

MOST = 1_000
"""The most texts of a key that are cached."""


def key_of_all(codes: Sequence[FieldCode]) -> tuple[str, ...] | None:
    """Return the only key that these cells depend on, () if they depend on none.

    Returns None if this is uncertain, or if they depend on several keys.
    """
    expressions = [each for code in codes for each in code.expressions]
    # a miss is noted for each record
    if any(code.lookup for code in codes) or any(each.facts.whole for each in expressions):
        return None
    found = {use.keys for each in expressions for use in each.paths}
    return next(iter(found), ()) if len(found) <= 1 else None


def repeats(sample: Batch | None, keys: tuple[str, ...]) -> bool:
    """Return whether records hold only a few different texts, or nothing, under a key."""
    values = sample.values(keys) if sample is not None else None
    if not values or not {*map(type, values)} <= {str, type(None)}:
        return False
    return len({*values}) <= max(len(values) // 2, 1)


@contextmanager
def once_for_each(source: CodeText, found: str, by: str) -> Iterator[None]:
    """Write code that computes a name's value, never None, once for each text of `by`."""
    known = source.bind("known", {})
    source.line(f"{found} = {known}.get({by})")
    with source.block(f"if {found} is None:"):
        yield
        # values other than texts may be equal and yet of different types
        with source.block(f"if ({by} is None or {by}.__class__ is str) and len({known}) < {MOST}:"):
            source.line(f"{known}[{by}] = {found}")
