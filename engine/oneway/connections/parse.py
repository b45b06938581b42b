"""Parses the bytes of a connection's file, and reports every mistake in it.

    bytes ─yaml_source→ Document ─shape, meaning→ findings ─parts→ Connection

Other modules do the rest: `oneway.runs.prepare.validate_connection` checks it against the mapping
and connectors (settings, options, guards), `secret_files` checks the private files on disk, and
`default_notify` finds its folder's default channels.
"""

from dataclasses import replace

from oneway.connections.connection import Connection
from oneway.connections.document import document_for_a_run
from oneway.connections.load import connection
from oneway.connections.provenance import FileProvenance
from oneway.connections.secret_scope import placed_out_of_scope
from oneway.connections.usable_channels import usable_channels
from oneway.core.diagnostics import Refused
from oneway.documents.lenient import obj
from oneway.mapping.load.part import DocumentPart


def load_connection(data: bytes, file: str) -> Connection:
    """Return the connection that a file's bytes hold; raise `Refused` with all mistakes.

    `file` is its path: relative paths in it are relative to the file.
    """
    made = load_for_a_run(data, file)
    if made.mistakes:
        raise Refused(made.mistakes)
    return made


def load_for_a_run(data: bytes, file: str) -> Connection:
    """Return the same, also if all mistakes are in `notify`; they are then its `mistakes`.

    It notifies by the channels that can be used or, if there are none, by its folder's default.
    """
    document, mistakes = document_for_a_run(data, file, "connection", "oneway_connection")
    part, written = DocumentPart(document, ()), FileProvenance(document, file)
    made = connection(part, written, with_channels=not mistakes)
    beyond = list(placed_out_of_scope(made))
    mistakes += tuple(found for _, found in beyond)
    if any(path[0] != "notify" for path, _ in beyond):
        raise Refused(mistakes)
    if not mistakes:
        return made
    found = usable_channels(obj(document.data).get("notify"), file, made.name)
    return replace(
        made,
        notify=found,
        notify_file=file if found else "",
        notify_broken=True,
        mistakes=mistakes,
    )
