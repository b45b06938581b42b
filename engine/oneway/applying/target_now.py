"""Target records as they are now: each by a request of its own where the system has that.

Where it has not, one list serves the looks of a whole batch of actions: without that, thirty
updates would read all records thirty times.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock, local

from oneway.core.connector import Reader, ReadError, finds_by, reads_by_id
from oneway.core.records import Record, Value

BATCH = 50
"""Actions that one list serves, unless one of them must see what another has written."""


class _LookedAt(local):
    """What one look has read: one thread looks at one action at a time."""

    def __init__(self) -> None:
        self.records: dict[str, Record | None] = {}


@dataclass(slots=True)
class _List:
    """A whole list, and how many looks it still serves."""

    records: Mapping[str, Record] = field(default_factory=dict)
    looks: int = 0


class TargetNow:
    """Reads target records for looks, in several threads at once. Methods raise `ReadError`."""

    def __init__(self, target: Reader) -> None:
        self._target = target
        self._look = _LookedAt()
        self._list = _List()
        self._lock = Lock()

    def begin_look(self, *, renew: bool) -> None:
        """Forget what the last look of this thread has read; where asked for, the list too."""
        self._look.records.clear()
        with self._lock:
            self._list.looks = 0 if renew else self._list.looks - 1

    def record(self, id: str) -> Record | None:
        """Return a record, or None if there is none with that id; a look asks once for each."""
        found = self._look.records
        if id not in found:
            by_id = reads_by_id(self._target)
            found[id] = self._target.get(id) if by_id else self._listed().get(id)
        return found[id]

    def answer(self, path: str, value: Value) -> tuple[Record, ...]:
        """Return at least the records that hold a value, and perhaps others."""
        if finds_by(self._target, path):
            return self._target.find(path, value)
        return self.everybody()

    def everybody(self) -> tuple[Record, ...]:
        """Return all records."""
        return tuple(self._listed().values())

    def _listed(self) -> Mapping[str, Record]:
        with self._lock:  # the others wait for one list, and share it
            if self._list.looks <= 0:
                whole = self._target.read()
                if not whole.complete:
                    raise ReadError("R162", "the target was not read to the end", "run again")
                self._list = _List({each.id: each for each in whole.records}, BATCH)
            return self._list.records
