"""Finds the id of a record in a file."""

from collections.abc import Sequence

from oneway.core.records import Value, at, id_text, with_value
from oneway_connectors.file.layout import FileEntries, FileEntry
from oneway_connectors.file.options import FileOptions


def id_of(data: dict[str, Value], path: tuple[str, ...]) -> str | None:
    """Return the id as text, or None if there is none: it is text or a whole number."""
    found = id_text(at(data, path))
    return found if found.strip() else None


def with_id(values: dict[str, Value], path: tuple[str, ...], id: Value) -> dict[str, Value]:
    """Return the values of a new record, its id first."""
    first = with_value({}, path, id)
    return with_value(first | values, path, id)


class Ids:
    """Tells the entries of one file apart."""

    def __init__(self, name: str, options: FileOptions) -> None:
        self._name = name
        self._id_path = options.id
        self.path = options.id_keys
        self._known: set[str] = set()
        self.shared: set[str] = set()
        """The ids of several entries."""
        self._counts: dict[int, int] = {}

    def name(self, entry: FileEntry) -> tuple[str, str] | None:
        """Return an entry's id and its problem; None if an earlier entry has the id.

        An invalid entry is identified by its line; the problem never quotes it.
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
        """Return the id that an entry certainly has; None if it has none."""
        return None if entry.problem and not entry.lost else self._id_of(entry.data)

    def shared_by(self, entry: FileEntry) -> str | None:
        """Return the id that an entry shares with others; None if it shares none."""
        id = self.own(entry)
        return id if id in self.shared else None

    def name_all(self, entries: FileEntries) -> Sequence[str] | None:
        """Return the ids of several entries; None if each must be named by itself."""
        found = entries.shape.all_at(self.path, entries.items)
        if found is None:
            return None
        try:
            if not all(map(str.strip, found)):
                return None
        except TypeError:  # not all are text
            if {*map(type, found)} != {int}:
                return None
            found = list(map(str, found))
        known, before = self._known, len(self._known)
        if not known.isdisjoint(found):
            return None
        known.update(found)
        if len(known) < before + len(found):  # two of these have one id
            known.difference_update(found)
            return None
        return found

    def _id_of(self, data: dict[str, Value]) -> str | None:
        if len(self.path) == 1:  # and text or a whole number, as nearly all are
            found = data.get(self.path[0])
            if found.__class__ is int:
                return str(found)
            if found.__class__ is str and found.strip():
                return found
        return id_of(data, self.path)

    def by_line(self, line: int) -> str:
        """Return a name for an entry without an id; several entries may share a line."""
        known = f"line {line}"
        while known in self._known:
            # Continue from the last match: one line may hold a hundred thousand entries.
            self._counts[line] = self._counts.get(line, 1) + 1
            known = f"line {line}, item {self._counts[line]}"
        self._known.add(known)
        return known
