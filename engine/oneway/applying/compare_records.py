"""Compares what two answers show of one target record.

A list, a request for one record and the answer to a write may each show different fields. A field
that is not shown proves nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from oneway.core.compare import same
from oneway.core.paths import at, keys_overlap, path_of, path_text, with_value
from oneway.core.records import MISSING, Missing, Record, Value, is_blank
from oneway.mapping.policy import Policy
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
    """Return the fields that a write does not send but could harm.

    They are fields of the mapping, and whatever else an object holds that the write writes into.
    """
    beside = (path_text(keys) for held in _objects(action, before) for keys in held)
    return tuple(dict.fromkeys((*_of_mapping(policy, action, before), *beside)))


def more_changed(
    policy: Policy, action: Action, before: Record, after: Record, *, alike: bool = False
) -> list[str]:
    """Return the fields that changed although they were not sent.

    With `alike`, both records come from the same kind of request, so that a field that the second
    one lacks has lost its value.
    """
    access = {rule.path for rule in policy.leaving}
    found: list[str] = []
    for path in _of_mapping(policy, action, before):
        old, new = at(before.data, path_of(path)), at(after.data, path_of(path))
        if (old is MISSING or new is MISSING) and not alike:
            continue
        if not same(old, new) if path in access else not has_value(new):
            found.append(path)
    return [*dict.fromkeys((*found, *_replaced(action, before, after, alike=alike)))]


def emptied(
    policy: Policy, action: Action, before: Record, after: Record, *, alike: bool = False
) -> list[str]:
    """Return the fields that a leave emptied unsent, if it left none of several with a value.

    A system may clear some fields of people who leave, but one that clears all of them has put what
    was sent in place of the record. With `alike`, a field that `after` lacks counts as emptied.
    """
    paths = _unsent(policy, action, before)
    new = [at(after.data, keys) for keys in paths]
    whole = not any(has_value(each) or (each is MISSING and not alike) for each in new)
    return [*paths.values()] if whole and len(paths) > 1 else []


def lacks_unsent(policy: Policy, action: Action, before: Record, after: Record) -> bool:
    """Return whether a record lacks the keys of all fields that `emptied` asks for."""
    return all(at(after.data, keys) is MISSING for keys in _unsent(policy, action, before))


def _unsent(policy: Policy, action: Action, before: Record) -> dict[tuple[str, ...], str]:
    """Return the fields of the mapping with a value that a leave did not send, by their keys."""
    written = [path_of(each.field) for each in action.changes]
    return {
        rule.keys: rule.path
        for rule in policy.fields
        if has_value(at(before.data, rule.keys))
        and not any(keys_overlap(rule.keys, each) for each in written)
    }


def _of_mapping(policy: Policy, action: Action, before: Record) -> Iterator[str]:
    """Yield the fields of the mapping that a write does not send but could harm.

    Fields that a leave writes must not change at all, except by a return. Other fields may change,
    as the target may derive them from what it was sent, but must not lose their value.
    """
    written = [path_of(each.field) for each in action.changes]
    access = {rule.path for rule in policy.leaving}
    for path in dict.fromkeys(rule.path for rule in (*policy.leaving, *policy.fields)):
        keys = path_of(path)
        if any(keys_overlap(keys, each) for each in written):
            continue
        if action.verb is Verb.UPDATE if path in access else has_value(at(before.data, keys)):
            yield path


def _objects(action: Action, before: Record) -> Iterator[dict[tuple[str, ...], Value]]:
    """Yield the unsent values of each object that a write writes into: `zip` for `address.city`.

    Coordinates are left out: a system clears those of an address that it has just been given.
    """
    written = [path_of(each.field) for each in action.changes]
    objects = dict.fromkeys(keys[:depth] for keys in written for depth in range(1, len(keys)))
    for held, keys in ((at(before.data, keys), keys) for keys in objects):
        inside = held.items() if isinstance(held, dict) else ()
        yield {
            (*keys, name): value
            for name, value in inside
            if has_value(value)
            and name.lower() not in _OF_A_PLACE
            and not any(keys_overlap((*keys, name), each) for each in written)
        }


def _replaced(action: Action, before: Record, after: Record, *, alike: bool) -> Iterator[str]:
    """Yield what was lost in an object that the target replaced, also outside the mapping.

    It replaced the object only if all unsent values differ: it may derive single ones.
    """
    for beside in _objects(action, before):
        shown = {keys: at(after.data, keys) for keys in beside}
        if any(same(shown[keys], value) for keys, value in beside.items()):
            continue
        for keys, value in shown.items():
            if not has_value(value) and (alike or value is not MISSING):
                yield path_text(keys)


_OF_A_PLACE = frozenset(
    (
        "coordinates",
        "geo",
        "geocode",
        "geohash",
        "geometry",
        "lat",
        "latitude",
        "lng",
        "lon",
        "long",
        "longitude",
    )
)


def has_value(value: Value | Missing) -> bool:
    """Return whether a record shows a field with a value."""
    return value is not MISSING and not is_blank(value)
