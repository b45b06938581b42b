"""Records by id, in insertion order, changed by JSON merge patch."""

from collections.abc import Iterable, Iterator
from copy import deepcopy

from oneway_connectors.sandbox.matching_person import Json


def merge_patch(held: object, patch: object) -> object:
    """Apply a JSON merge patch to a value: null removes a key (RFC 7396)."""
    if not isinstance(patch, dict):
        return deepcopy(patch)
    merged = dict(held) if isinstance(held, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


class SandboxTable:
    """The records of one resource, by id as text, of whatever type the id is."""

    def __init__(self, records: Iterable[Json]) -> None:
        self._records = {str(record["id"]): deepcopy(record) for record in records}

    def __iter__(self) -> Iterator[Json]:
        return iter(tuple(self._records.values()))

    def get(self, id: str) -> Json | None:
        """Return the record with an id, or None."""
        return self._records.get(id)

    def put(self, record: Json) -> Json:
        """Add a record, or replace the one with its id."""
        self._records[str(record["id"])] = record
        return record

    def remove(self, id: str) -> bool:
        """Remove a record; return whether it existed."""
        return self._records.pop(id, None) is not None

    def next_id(self) -> int:
        """Return a number greater than every id."""
        return 1 + max((int(id) for id in self._records if id.isdecimal()), default=1000)
