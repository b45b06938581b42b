"""Keyed digests of what an action writes, to recognise it again without storing it."""

from collections.abc import Mapping

from oneway.core.dataclass import dataclass
from oneway.core.records import Value, identity
from oneway.core.seal import Seal, Sealed
from oneway.planning.plan import Action, Change, Verb

RECORD = ""
"""Denotes the whole record, where otherwise a field's name stands."""


@dataclass(frozen=True, slots=True)
class ValueDigests:
    """The digests of an action's values.

    `values` is over everything that is written; `fields` over each field's before and after. A
    create has one of the record as a whole.
    """

    values: str
    fields: Mapping[str, str]


def digests_of(action: Action, seal: Seal) -> ValueDigests:
    """Return the digests of an action's values; the same values have the same in every run."""
    return ValueDigests(values_digest(action, seal), field_digests(action, seal))


def values_digest(action: Action, seal: Seal) -> str:
    """Return the digest of all that an action writes."""
    written: Value = [[each.field, _plain(each.after)] for each in action.changes]
    return seal.digest(action.id, "", [action.verb.value, written])


def field_digests(action: Action, seal: Seal) -> Mapping[str, str]:
    """Return the digest of each field's before and after, by field."""
    if action.verb is Verb.CREATE:
        # A record that is created again did not stick, whatever its values are by now.
        return {RECORD: seal.digest(action.id, RECORD, "create")}
    return {each.field: _field_digest(action, each, seal) for each in action.changes}


def _field_digest(action: Action, change: Change, seal: Seal) -> str:
    if action.verb.takes_access:
        # Tonight's `today()` is not last night's: what does not stick is the leave itself.
        return seal.digest(action.id, change.field, ["leave", _plain(change.before)])
    gained, lost = _items(change.after, change.before), _items(change.before, change.after)
    if gained or lost:
        # A list that others change, or of which the target makes another form, differs each night.
        return seal.digest(action.id, change.field, ["items", gained, lost])
    return seal.digest(action.id, change.field, [_plain(change.before), _plain(change.after)])


def _items(value: Value | Sealed, other: Value | Sealed) -> list[Value]:
    """Return the items of a list that another list lacks; none if either is no list."""
    held = [] if other is None else other
    if not isinstance(value, list) or not isinstance(held, list):
        return []
    known = set(map(identity, held))
    return [item for item in value if identity(item) not in known]


def _plain(value: Value | Sealed) -> Value:
    return {"sealed": value.digest} if isinstance(value, Sealed) else [value]
