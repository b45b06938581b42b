"""Target records as they are now: one request for each if the system supports that.

Otherwise one list serves the checks of a whole batch of actions, or thirty updates would read all
records thirty times.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from threading import Condition, Lock, local

from oneway.core.abilities import finds_by, reads_by_id
from oneway.core.connector import Reader
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.records import Record, Value

BATCH = 50
"""How many actions one list serves, unless one of them must see another's write."""


class _LookedAt(local):
    """The records that one check has read; a thread checks one action at a time."""

    def __init__(self) -> None:
        self.records: dict[str, Record | None] = {}


@dataclass(slots=True)
class _List:
    """A whole list, and how many more checks it serves."""

    records: Mapping[str, Record] = field(default_factory=dict)
    looks: int = 0


class _Own(local):
    """What one thread is doing: how many writes it has under way, and whether it reads a list."""

    def __init__(self) -> None:
        self.writes = 0
        self.reads = False


class Turns:
    """Keeps writes and reads of a list apart.

    If a record joins or leaves a list while it is read, its pages state two totals, and it is not
    complete. A thread never waits for itself.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._writes = 0
        self._reads = False
        self._own = _Own()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Send a write within the block."""
        own = self._own
        with self._changed:
            self._changed.wait_for(lambda: own.reads or not self._reads)
            self._writes, own.writes = self._writes + 1, own.writes + 1
        try:
            yield
        finally:
            with self._changed:
                self._writes, own.writes = self._writes - 1, own.writes - 1
                self._changed.notify_all()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read a list within the block; only one thread at a time may."""
        own = self._own
        with self._changed:
            self._reads = own.reads = True
            self._changed.wait_for(lambda: self._writes == own.writes)
        try:
            yield
        finally:
            with self._changed:
                self._reads = own.reads = False
                self._changed.notify_all()


class LiveTarget:
    """Reads target records for checks, in several threads at once. Methods raise `ReadError`."""

    def __init__(self, target: Reader) -> None:
        self._target = target
        self._look = _LookedAt()
        self._list = _List()
        self._lock = Lock()
        self.turns = Turns()

    def begin_look(self, *, renew: bool) -> None:
        """Forget the records of this thread's last check; if asked, the list too."""
        self._look.records.clear()
        with self._lock:
            self._list.looks = 0 if renew else self._list.looks - 1

    def record(self, id: str) -> Record | None:
        """Return a record, or None if there is none; requested once in each check."""
        found = self._look.records
        if id not in found:
            by_id = reads_by_id(self._target)
            found[id] = self._target.get(id) if by_id else self._listed().get(id)
        return found[id]

    def listed(self, id: str) -> Record | None:
        """Return a record as the list shows it.

        None if records are taken from the list anyway, or if it cannot be read.
        """
        try:
            return self._listed().get(id) if reads_by_id(self._target) else None
        except ReadError:
            return None

    def answer(self, path: str, value: Value) -> tuple[Record, ...]:
        """Return the records that hold a value, and perhaps more."""
        if finds_by(self._target, path):
            return self._target.find(path, value)
        return self.everybody()

    def everybody(self) -> tuple[Record, ...]:
        """Return all records."""
        return tuple(self._listed().values())

    def _listed(self) -> Mapping[str, Record]:
        with self._lock:  # the others wait for one list, and share it
            if self._list.looks <= 0:
                with self.turns.reading():
                    whole = self._target.read()
                    if not whole.complete:  # it may have changed by what was written before
                        whole = self._target.read()
                if not whole.complete:
                    raise ReadError("R162", "the target was not read to the end", "run again")
                self._list = _List({each.id: each for each in whole.records}, BATCH)
            return self._list.records
