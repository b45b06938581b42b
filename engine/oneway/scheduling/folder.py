"""The connections of a folder, looked at again and again: what is new, changed, gone, broken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oneway.connections.connection import Connection
from oneway.connections.folder import Found, connections_in, files_in

Signature = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look found that the one before had not."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    broken: tuple[Found, ...] = ()
    mended: tuple[str, ...] = ()
    """Files that are broken no more, or gone."""


@dataclass(slots=True)
class Folder:
    """A folder of connection files; a file is read again only where it may have changed."""

    path: Path
    connections: Mapping[str, Connection] = field(default_factory=dict)
    """Those that can be run, by name."""
    broken: Mapping[str, Found] = field(default_factory=dict)
    """Those that cannot, by file."""
    _signature: Signature | None = None

    def look(self) -> Changes:
        """Read what has changed and return it; raise `Refused` where there is no folder."""
        signature = _signature(self.path)
        if signature == self._signature:
            return Changes()
        found = connections_in(self.path)
        now = {each.connection.name: each.connection for each in found if each.connection}
        broken = {each.file: each for each in found if each.refused is not None}
        before, broke = self.connections, self.broken
        self.connections, self.broken, self._signature = now, broken, signature
        return Changes(
            added=tuple(name for name in now if name not in before),
            changed=tuple(name for name in now if name in before and now[name] != before[name]),
            removed=tuple(name for name in before if name not in now),
            broken=tuple(each for file, each in broken.items() if _is_news(each, broke.get(file))),
            mended=tuple(file for file in broke if file not in broken),
        )


def _is_news(now: Found, before: Found | None) -> bool:
    return before is None or str(before.refused) != str(now.refused)


def _signature(folder: Path) -> Signature:
    found = []
    for path in files_in(folder):
        try:
            status = path.stat()
        except OSError:  # gone while we looked
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)
