"""Compares what two answers show of one target record.

A list, a request for one record and the answer to a write may each show other fields. A field that
is not shown says nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from oneway.core.records import (
    MISSING,
    Record,
    at,
    is_blank,
    keys_overlap,
    path_of,
    same,
    with_value,
)
from oneway.mapping.program import Policy
from oneway.planning.plan import Change


def shows(record: Record, fields: Iterable[tuple[str, ...]]) -> bool:
    """Return whether a record shows all of some fields."""
    return not any(at(record.data, keys) is MISSING for keys in fields)


def filled_in(record: Record, listed: Record, changes: Iterable[Change]) -> Record:
    """Return a record with the changed fields that it does not show as the list shows them."""
    data = record.data
    for keys in (path_of(each.field) for each in changes):
        value = at(listed.data, keys)
        if value is not MISSING and at(data, keys) is MISSING:
            data = with_value(data, keys, value)
    return replace(record, data=data)


def more_changed(
    policy: Policy, sent: Sequence[Change], before: Record, after: Record
) -> list[str]:
    """Return the fields of the mapping that have changed though they were not sent.

    Those that a leave writes may not change at all. Others may, as what a target derives from what
    it was sent does; but they may not lose their value.
    """
    written = [path_of(each.field) for each in sent]
    access = {rule.path for rule in policy.leaving}
    found: list[str] = []
    for path in dict.fromkeys(rule.path for rule in (*policy.leaving, *policy.fields)):
        keys = path_of(path)
        old, new = at(before.data, keys), at(after.data, keys)
        if old is MISSING or new is MISSING or any(keys_overlap(keys, each) for each in written):
            continue
        lost = is_blank(new) and not is_blank(old)
        if lost or (path in access and not same(old, new)):
            found.append(path)
    return found
