"""Finds the id of a record in a file."""

from collections.abc import Sequence
from itertools import chain, islice
from operator import lt
from typing import Any

from oneway.core.packed import packer, unpacker
from oneway.core.paths import at, with_value
from oneway.core.records import Value, id_text
from oneway_connectors.file.layout import FileEntries, FileEntry
from oneway_connectors.file.options import FileOptions


def id_of(data: dict[str, Value], path: tuple[str, ...]) -> str | None:
    """Return the id, which is text or a whole number, as text; None without one."""
    found = id_text(at(data, path))
    return found if found.strip() else None


def with_id(values: dict[str, Value], path: tuple[str, ...], id: Value) -> dict[str, Value]:
    """Return the values of a new record, its id first."""
    first = with_value({}, path, id)
    return with_value(first | values, path, id)


class Ids:
    """Identifies the entries of one file, and detects shared ids."""

    def __init__(self, name: str, options: FileOptions) -> None:
        self._name = name
        self._id_path = options.id
        self.path = options.id_keys
        self._rising: list[bytes] = []
        """All ids so far, packed, while they are in rising order, as in many files."""
        self._last: Any = None
        """The last of them, as in the file."""
        self._apart: set[str] | None = None
        """All ids so far, once they are not in rising order."""
        self.shared: set[str] = set()
        """The ids of several entries."""
        self._counts: dict[str, int] = {}

    @property
    def _known(self) -> set[str]:
        if self._apart is None:
            self._apart = set(chain.from_iterable(map(unpacker(), self._rising)))
            self._rising.clear()
        return self._apart

    def name(self, entry: FileEntry) -> tuple[str, str] | None:
        """Return an entry's id and its problem, or None if an earlier entry has the id.

        An invalid entry is identified by its line, and the problem never quotes it.
        """
        id = self.own(entry)
        if id is None:
            problem = entry.problem or f"has no id at {self._id_path!r}"
            return self.by_line(entry.line), problem
        if id in self._known:
            self.shared.add(id)
            return None
        self._known.add(id)
        return id, entry.problem

    def own(self, entry: FileEntry) -> str | None:
        """Return the id that an entry certainly has, or None."""
        return None if entry.problem and not entry.lost else self._id_of(entry.data)

    def shared_by(self, entry: FileEntry) -> str | None:
        """Return the id that an entry shares with others, or None."""
        id = self.own(entry)
        return id if id in self.shared else None

    def name_all(self, entries: FileEntries) -> Sequence[str] | None:
        """Return the ids of several entries, or None if they must be identified one by one."""
        found = entries.shape.all_at(self.path, entries.items)
        if found is None:
            return None
        try:
            if not all(map(str.strip, found)):
                return None
            ids = found
        except TypeError:  # not all are text
            if {*map(type, found)} != {int}:
                return None
            ids = list(map(str, found))
        return ids if self._rise(found, ids) or self._are_new(ids) else None

    def _rise(self, found: Sequence[Any], ids: Sequence[str]) -> bool:
        """Record ids if they continue the rising order; return whether they do."""
        if self._apart is not None or not all(map(lt, found, islice(found, 1, None))):
            return False
        last = self._last
        if last is not None and not (last.__class__ is found[0].__class__ and last < found[0]):
            return False
        try:
            self._rising.append(packer()(ids))
        except UnicodeEncodeError:  # half of a character
            return False
        self._last = found[-1]
        return True

    def _are_new(self, ids: Sequence[str]) -> bool:
        """Record ids if they differ from each other and from all before; return whether they do."""
        known = self._known
        if not known.isdisjoint(ids):
            return False
        before = len(known)
        known.update(ids)
        if len(known) < before + len(ids):  # some are equal
            known.difference_update(ids)
            return False
        return True

    def _id_of(self, data: dict[str, Value]) -> str | None:
        if len(self.path) == 1:  # a fast path for nearly all files
            found = data.get(self.path[0])
            if found.__class__ is int:
                return str(found)
            if found.__class__ is str and found.strip():
                return found
        return id_of(data, self.path)

    def by_line(self, line: int) -> str:
        """Return a name for an entry without an id; several entries may share a line."""
        return self.by_place(f"line {line}")

    def by_place(self, place: str) -> str:
        """Return a name for an entry at a place, different from all others."""
        known = place
        while known in self._known:
            # Continue from the last match, as one line may have a hundred thousand entries.
            self._counts[place] = self._counts.get(place, 1) + 1
            known = f"{place}, item {self._counts[place]}"
        self._known.add(known)
        return known
