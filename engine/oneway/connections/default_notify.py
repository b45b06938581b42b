"""Finds the default channels for connections without their own `notify`.

`notify.yaml` applies to the connections in its folder and below. The nearest one counts, but none
above the working folder, where nobody would expect it.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field, replace
from pathlib import Path

from oneway.connections.connection import Connection, Notify, notify_references
from oneway.connections.document import checked_document, document_for_a_run
from oneway.connections.file_kinds import NOTIFY, keys_of
from oneway.connections.load import notify_of
from oneway.connections.provenance import FileProvenance
from oneway.connections.regular_files import read_regular
from oneway.connections.secret_scope import reference_out_of_scope
from oneway.connections.secrets.refs import SecretRef
from oneway.connections.usable_channels import usable_channels
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.documents.lenient import obj
from oneway.documents.yaml_source import LIMIT
from oneway.documents.yaml_source import Path as KeyPath
from oneway.mapping.load.part import DocumentPart

FILE = "notify.yaml"
"""The file's name."""


@dataclass(frozen=True, slots=True)
class DefaultNotify:
    """The default channels of a folder, from `file`.

    If the file has mistakes, `refused` has them, and `notify` the channels that can be used.
    """

    file: str
    notify: tuple[Notify, ...] = ()
    refused: Refused | None = field(default=None, compare=False)
    written: FileProvenance = field(default=FileProvenance(), repr=False, compare=False)

    @property
    def references(self) -> tuple[tuple[KeyPath, SecretRef], ...]:
        """The reference of each credential, by the path of its key in the file."""
        return notify_references(self.notify)


def load_default(data: bytes, file: str) -> DefaultNotify:
    """Return the default in a file's bytes; raise `Refused` with all mistakes."""
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
    """Return the nearest default, even a broken one, for a connection's file, or None.

    `read` may cache.
    """
    for path in places_for(os.path.dirname(file)):
        found = (read or default_at)(path)
        if found is not None:
            return found
    return None


def default_at(path: str) -> DefaultNotify | None:
    """Return the default in a file, even a broken one, or None for a file of another kind."""
    if not os.path.isfile(path):
        return None
    try:
        data = read_regular(path, LIMIT + 1)
        return _for_a_run(data, path) if NOTIFY in keys_of(data, path) else None
    except Refused as refused:
        return DefaultNotify(path, refused=refused)


def _for_a_run(data: bytes, file: str) -> DefaultNotify:
    """Return the default in a file's bytes; if it is broken, its channels that can be used."""
    try:
        return load_default(data, file)
    except Refused as refused:
        document, _ = document_for_a_run(data, file, "notify", NOTIFY)
        channels = usable_channels(obj(document.data).get("notify"), file)
        return DefaultNotify(file, channels, refused)


def defaults_among(paths: Iterable[str]) -> dict[str, DefaultNotify]:
    """Return the defaults among these files, even broken ones, by path."""
    found = {path: default_at(path) for path in paths if os.path.basename(path) == FILE}
    return {path: each for path, each in found.items() if each is not None}


def readable_default_for(file: str) -> DefaultNotify | None:
    """Return the nearest readable default to notify of a file's problems, or None."""
    return default_for(file, lambda path: _sound(default_at(path)))


def _sound(default: DefaultNotify | None) -> DefaultNotify | None:
    return default if default is not None and default.refused is None else None


def with_default(connection: Connection, default: DefaultNotify | None) -> Connection:
    """Return the connection with these channels, unless it names its own."""
    if default is None or connection.notify_file == connection.file:
        return connection
    return replace(
        connection,
        notify=default.notify,
        notify_file=default.file,
        notify_broken=default.refused is not None or connection.notify_broken,
    )


def with_default_of_folder(connection: Connection) -> Connection:
    """Return the connection with its folder's default channels, unless it names its own."""
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
