"""Results that depend on one text of a record, computed once for each text.

Few days stand under a date of leaving, and few codes under a code: nearly all records hold what
another one held before.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from oneway.core.batches import Batch
from oneway.mapping.code import FieldCode
from oneway.mapping.generated.source import CodeText

MOST = 1_000
"""The most texts of a key that are remembered."""


def key_of_all(codes: Sequence[FieldCode]) -> tuple[str, ...] | None:
    """Return the one key that all of these cells depend on, () if they depend on none.

    None if that is not certain, or if they depend on several.
    """
    expressions = [each for code in codes for each in code.expressions]
    # What a table lacks is noted for each record.
    if any(code.lookup for code in codes) or any(each.facts.whole for each in expressions):
        return None
    found = {use.keys for each in expressions for use in each.paths}
    return next(iter(found), ()) if len(found) <= 1 else None


def repeats(sample: Batch | None, keys: tuple[str, ...]) -> bool:
    """Return whether records hold few different texts under a key, or nothing, as some do."""
    values = sample.values(keys) if sample is not None else None
    if not values or not {*map(type, values)} <= {str, type(None)}:
        return False
    return len({*values}) <= max(len(values) // 2, 1)


@contextmanager
def once_for_each(source: CodeText, found: str, by: str) -> Iterator[None]:
    """Write a name's value, which is never None, to be computed once for each text of `by`."""
    known = source.bind("known", {})
    source.line(f"{found} = {known}.get({by})")
    with source.block(f"if {found} is None:"):
        yield
        # Of values that are no text, two may be equal and of different types.
        with source.block(f"if ({by} is None or {by}.__class__ is str) and len({known}) < {MOST}:"):
            source.line(f"{known}[{by}] = {found}")
