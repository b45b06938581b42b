"""Compares what two answers show of one target record.

A list, a request for one record and the answer to a write may each show different fields. A field
that is not shown proves nothing.
"""

from collections.abc import Iterable
from dataclasses import replace

from oneway.core.records import (
    MISSING,
    Missing,
    Record,
    Value,
    at,
    is_blank,
    keys_overlap,
    path_of,
    same,
    with_value,
)
from oneway.mapping.program import Policy
from oneway.planning.plan import Action, Change, Verb


def shows(record: Record, fields: Iterable[tuple[str, ...]]) -> bool:
    """Return whether a record shows all of some fields."""
    return not any(at(record.data, keys) is MISSING for keys in fields)


def filled_in(record: Record, listed: Record, changes: Iterable[Change]) -> Record:
    """Fill in the changed fields that a record does not show, from what the list shows."""
    data = record.data
    for keys in (path_of(each.field) for each in changes):
        value = at(listed.data, keys)
        if value is not MISSING and at(data, keys) is MISSING:
            data = with_value(data, keys, value)
    return replace(record, data=data)


def at_stake(policy: Policy, action: Action, before: Record) -> tuple[str, ...]:
    """Return the fields of the mapping that a write does not send but could harm.

    Fields that a leave writes must not change at all, except by a return. Other fields may change,
    as the target may derive them from what it was sent, but must not lose their value.
    """
    written = [path_of(each.field) for each in action.changes]
    access = {rule.path for rule in policy.leaving}
    found: list[str] = []
    for path in dict.fromkeys(rule.path for rule in (*policy.leaving, *policy.fields)):
        keys = path_of(path)
        if any(keys_overlap(keys, each) for each in written):
            continue
        if action.verb is Verb.UPDATE if path in access else has_value(at(before.data, keys)):
            found.append(path)
    return tuple(found)


def more_changed(
    policy: Policy, action: Action, before: Record, after: Record, *, alike: bool = False
) -> list[str]:
    """Return the fields of the mapping that changed although they were not sent.

    With `alike`, both records come from the same kind of request, so that a field that the second
    one lacks has lost its value.
    """
    access = {rule.path for rule in policy.leaving}
    found: list[str] = []
    for path in at_stake(policy, action, before):
        old, new = at(before.data, path_of(path)), at(after.data, path_of(path))
        if (old is MISSING or new is MISSING) and not alike:
            continue
        if not same(old, new) if path in access else not has_value(new):
            found.append(path)
    return found


def has_value(value: Value | Missing) -> bool:
    """Return whether a record shows a field with a value."""
    return value is not MISSING and not is_blank(value)
