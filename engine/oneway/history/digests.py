"""Keyed digests of the values an action writes, to recognise them later without storing them."""

from collections.abc import Mapping

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.core.seal import Seal, Sealed
from oneway.planning.plan import Action, Change, Verb

RECORD = ""
"""Stands for the whole record in place of a field name."""


@dataclass(frozen=True, slots=True)
class ValueDigests:
    """The digests of an action's values.

    `values` covers everything the action writes; `fields` has one digest per field, of its values
    before and after. A create has a single one, for the whole record.
    """

    values: str
    fields: Mapping[str, str]


def digests_of(action: Action, seal: Seal) -> ValueDigests:
    """Return the digests of an action's values; equal values have equal digests in every run."""
    return ValueDigests(values_digest(action, seal), field_digests(action, seal))


def values_digest(action: Action, seal: Seal) -> str:
    """Return the digest of all that an action writes."""
    written: Value = [[each.field, _plain(each.after)] for each in action.changes]
    return seal.digest(action.id, "", [action.verb.value, written])


def field_digests(action: Action, seal: Seal) -> Mapping[str, str]:
    """Return the digest of each field's before and after, by field."""
    if action.verb is Verb.CREATE:
        # A record created again did not stick, even if its values have changed since.
        return {RECORD: seal.digest(action.id, RECORD, "create")}
    return {each.field: _field_digest(action, each, seal) for each in action.changes}


def _field_digest(action: Action, change: Change, seal: Seal) -> str:
    if action.verb.takes_access:
        # The leave itself does not stick; its date, from `today()`, differs each night.
        return seal.digest(action.id, change.field, ["leave", _plain(change.before)])
    gained, lost = _items(change.after, change.before), _items(change.before, change.after)
    if gained or lost:
        # The rest of the list may differ each night: others change it, or the target reformats it.
        return seal.digest(action.id, change.field, ["items", gained, lost])
    return seal.digest(action.id, change.field, [_plain(change.before), _plain(change.after)])


def _items(value: Value | Sealed, other: Value | Sealed) -> list[Value]:
    """Return the items of a list that are missing from another; [] unless both are lists."""
    held = [] if other is None else other
    if not isinstance(value, list) or not isinstance(held, list):
        return []
    known = set(map(identity, held))
    return [item for item in value if identity(item) not in known]


def _plain(value: Value | Sealed) -> Value:
    return {"sealed": value.digest} if isinstance(value, Sealed) else [value]
