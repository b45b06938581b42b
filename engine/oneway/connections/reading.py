"""Parses the bytes of a connection's file, and reports every mistake in it.

    bytes ─yaml_source→ Document ─shape, meaning→ findings ─parts→ Connection

What needs the mapping and the connectors (settings, options, guards) is for
`oneway.runs.connecting`; what needs the disk (private files) for `secret_files`, and whom its
folder tells by default for `default_notify`.
"""

from oneway.connections.connection import Connection
from oneway.connections.load import connection
from oneway.connections.provenance import FileProvenance
from oneway.connections.reach import strays
from oneway.connections.sound import sound_document
from oneway.core.diagnostics import Findings
from oneway.mapping.load.part import DocumentPart


def load_connection(data: bytes, file: str) -> Connection:
    """Return the connection that a file's bytes hold; raise `Refused` with all mistakes.

    `file` is its path: what is relative in it is relative to the file.
    """
    document = sound_document(data, file, "connection", "oneway_connection")
    made = connection(DocumentPart(document, ()), FileProvenance(document, file))
    found = Findings(list(strays(made)))
    found.refuse_errors()
    return made
