"""Parses the bytes of a connection's file, and reports every mistake in it.

    bytes ─yaml_source→ Document ─shape, meaning→ findings ─parts→ Connection

Other modules do the rest: `oneway.runs.prepare.validate_connection` checks it against the mapping
and connectors (settings, options, guards), `secret_files` checks the private files on disk, and
`default_notify` finds its folder's default channels.
"""

from oneway.connections.connection import Connection
from oneway.connections.document import checked_document
from oneway.connections.load import connection
from oneway.connections.provenance import FileProvenance
from oneway.connections.secret_scope import out_of_scope
from oneway.core.diagnostics import Findings
from oneway.mapping.load.part import DocumentPart


def load_connection(data: bytes, file: str) -> Connection:
    """Return the connection that a file's bytes hold; raise `Refused` with all mistakes.

    `file` is its path: relative paths in it are relative to the file.
    """
    document = checked_document(data, file, "connection", "oneway_connection")
    made = connection(DocumentPart(document, ()), FileProvenance(document, file))
    found = Findings(list(out_of_scope(made)))
    found.refuse_errors()
    return made
