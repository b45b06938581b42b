"""Finds the default channels for connections of a folder that have no `notify` of their own.

`notify.yaml` applies to the connections of its own folder and of the folders in it. The nearest
one counts, no further up than the working folder: nobody would expect a file above that.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field, replace
from pathlib import Path

from oneway.connections.connection import Connection, Notify, notify_references
from oneway.connections.document import checked_document
from oneway.connections.file_kinds import NOTIFY, keys_of
from oneway.connections.load import notify_of
from oneway.connections.provenance import FileProvenance
from oneway.connections.regular_files import read_regular
from oneway.connections.secret_scope import reference_out_of_scope
from oneway.connections.secrets.refs import SecretRef
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.documents.yaml_source import LIMIT
from oneway.documents.yaml_source import Path as KeyPath
from oneway.mapping.load.part import DocumentPart

FILE = "notify.yaml"
"""The file's name."""


@dataclass(frozen=True, slots=True)
class DefaultNotify:
    """The default channels of a folder, from `file`; `refused` if that cannot be read."""

    file: str
    notify: tuple[Notify, ...] = ()
    refused: Refused | None = field(default=None, compare=False)
    written: FileProvenance = field(default=FileProvenance(), repr=False, compare=False)

    @property
    def references(self) -> tuple[tuple[KeyPath, SecretRef], ...]:
        """Where each credential is kept, by the path of its key in the file."""
        return notify_references(self.notify)


def load_default(data: bytes, file: str) -> DefaultNotify:
    """Return the default that a file's bytes hold; raise `Refused` with all mistakes."""
    document = checked_document(data, file, "notify", NOTIFY)
    written = FileProvenance(document, file)
    if Path(file).name != FILE:
        summary = f"a folder's default is looked for in {FILE} only"
        raise Refused(
            [written.at((NOTIFY,), "C154", summary, f"rename the file: {FILE}", key=True)]
        )
    root = DocumentPart(document, ())
    found = DefaultNotify(
        file, tuple(notify_of(item, file) for item in root.items("notify")), written=written
    )
    beyond = list(_strays(found))
    if beyond:
        raise Refused(beyond)
    return found


def default_for(
    file: str, read: Callable[[str], DefaultNotify | None] | None = None
) -> DefaultNotify | None:
    """Return the nearest default for a connection's file, which may be broken; None without one.

    `read` may remember what it has read.
    """
    for path in places_for(os.path.dirname(file)):
        found = (read or default_at)(path)
        if found is not None:
            return found
    return None


def default_at(path: str) -> DefaultNotify | None:
    """Return the default in a file, which may be broken; None if the file is of another kind."""
    if not os.path.isfile(path):
        return None
    try:
        data = read_regular(path, LIMIT + 1)
        return load_default(data, path) if NOTIFY in keys_of(data, path) else None
    except Refused as refused:
        return DefaultNotify(path, refused=refused)


def defaults_among(paths: Iterable[str]) -> dict[str, DefaultNotify]:
    """Return the defaults among these files, by path; broken ones too."""
    found = {path: default_at(path) for path in paths if os.path.basename(path) == FILE}
    return {path: each for path, each in found.items() if each is not None}


def readable_default_for(file: str) -> DefaultNotify | None:
    """Return the nearest readable default for problems of a file; None without one."""
    return default_for(file, lambda path: _sound(default_at(path)))


def _sound(default: DefaultNotify | None) -> DefaultNotify | None:
    return default if default is not None and default.refused is None else None


def with_default(connection: Connection, default: DefaultNotify | None) -> Connection:
    """Return a connection that notifies its folder's channels, unless it names its own."""
    if default is None or connection.notify_file == connection.file:
        return connection
    return replace(
        connection,
        notify=default.notify,
        notify_file=default.file,
        notify_broken=default.refused is not None,
    )


def with_default_of_folder(connection: Connection) -> Connection:
    """Return a connection with its folder's default, unless it names its own channels."""
    return with_default(connection, default_for(connection.file))


def places_for(folder: str) -> Iterator[str]:
    """Yield the paths where the default of a folder may be, the nearest first."""
    here, at = os.getcwd(), os.path.abspath(folder)
    while True:
        shown = at if os.path.isabs(folder) else os.path.relpath(at, here)
        yield os.path.normpath(os.path.join(shown, FILE))
        above = os.path.dirname(at)
        if at == here or not at.startswith(os.path.join(here, "")):
            return
        at = above


def _strays(found: DefaultNotify) -> Iterator[Diagnostic]:
    for path, ref in found.references:
        wrong = reference_out_of_scope(ref, "", found.file)
        if wrong:
            yield found.written.at(path, "C152", *wrong)
