"""Watches the connections of a folder: new, changed, removed and broken ones."""

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from oneway.connections.connection import Connection
from oneway.connections.default_notify import DefaultNotify, defaults_among, places_for
from oneway.connections.folder import Found, connections_in, files_in, found_at
from oneway.core.dataclass import dataclass

Signature = tuple[int, int, int]
"""A file's time of change, size and inode: while they stay the same, so does its content.

The time of change, not of the last write: it also shows new permissions.
"""


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """The changes that a scan found since the one before."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    broken: tuple[Found, ...] = ()
    mended: tuple[str, ...] = ()
    """Files that are no longer broken, or no longer there."""


@dataclass(slots=True)
class Folder:
    """A folder of connection files; a file is read again only if it may have changed."""

    path: Path
    connections: Mapping[str, Connection] = field(default_factory=dict)
    """The valid connections, by name."""
    broken: Mapping[str, Found] = field(default_factory=dict)
    """The mistakes of broken ones, by file."""
    defaults: Mapping[str, DefaultNotify] = field(default_factory=dict)
    """The default channels for connections and broken files without their own, by file."""
    _signatures: Mapping[str, Signature] | None = None
    _read: dict[str, tuple[Signature, Found | None]] = field(default_factory=dict)
    """The content of each file when it was read."""

    def look(self) -> FolderChanges:
        """Read what has changed and return it; raise `Refused` if the folder is missing."""
        signatures = _signatures(self.path)
        if signatures == self._signatures:
            return FolderChanges()
        found = connections_in(self.path, self._found)
        now = {each.connection.name: each.connection for each in found if each.connection}
        self.defaults = defaults_among(signatures)
        broken = {each.file: each for each in found if each.refused is not None}
        for file, default in self.defaults.items():  # also one above the folder
            if default.refused is not None:
                broken.setdefault(file, Found(file, refused=default.refused))
        before, broke = self.connections, self.broken
        self.connections, self.broken, self._signatures = now, broken, signatures
        self._read = {path: kept for path, kept in self._read.items() if path in signatures}
        return FolderChanges(
            added=tuple(name for name in now if name not in before),
            changed=tuple(name for name in now if name in before and now[name] != before[name]),
            removed=tuple(name for name in before if name not in now),
            broken=tuple(each for file, each in broken.items() if _is_news(each, broke.get(file))),
            mended=tuple(file for file in broke if file not in broken),
        )

    def _found(self, path: str) -> Found | None:
        signature = _signature(path)  # before it is read: what is written meanwhile is seen again
        if signature is None:
            return found_at(path)
        kept = self._read.get(path)
        if kept is None or kept[0] != signature:
            kept = self._read[path] = (signature, found_at(path))
        return kept[1]


def _is_news(now: Found, before: Found | None) -> bool:
    return before is None or str(before.refused) != str(now.refused)


def _signatures(folder: Path) -> dict[str, Signature]:
    above = places_for(str(folder))  # their default channels may come from a folder above
    seen = {path: _signature(path) for path in (*map(str, files_in(folder)), *above)}
    return {path: signature for path, signature in seen.items() if signature is not None}


def _signature(path: str) -> Signature | None:
    try:
        status = os.stat(path)
    except OSError:  # deleted during the scan
        return None
    return status.st_ctime_ns, status.st_size, status.st_ino
