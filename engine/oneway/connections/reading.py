"""Parses the bytes of a connection's file, and reports every mistake in it.

    bytes ─yaml_source→ Document ─shape, meaning→ findings ─parts→ Connection

What needs the mapping and the connectors (settings, options, guards) is for
`oneway.runs.connecting`; what needs the disk (private files) for `secret_files`.
"""

from oneway.connections.connection import Connection
from oneway.connections.load import connection
from oneway.connections.provenance import FileProvenance, hushed, unquoted
from oneway.connections.reach import strays
from oneway.connections.secret_places import bad_credentials
from oneway.connections.validate import mistakes_in
from oneway.core.diagnostics import Diagnostic, Findings, Refused
from oneway.documents.schema_check import check
from oneway.documents.yaml_source import LIMIT, Document, read_all
from oneway.mapping.load.part import DocumentPart

VERSION = 1
"""The newest version of connection files that is understood."""


def load_connection(data: bytes, file: str) -> Connection:
    """Return the connection that a file's bytes hold; raise `Refused` with all mistakes.

    `file` is its path: what is relative in it is relative to the file.
    """
    reading = read_all(data, file, LIMIT)
    found = Findings([unquoted(each) for each in reading.found])
    document = reading.document
    if document is not None:
        # A value that could not be parsed is reported once, not also for its shape.
        unread = {(each.span.line, each.span.column) for each in reading.found}
        for wrong in _newer(document) or _mistakes(document):
            if (wrong.span.line, wrong.span.column) not in unread:
                found.add(wrong)
    if found.found or document is None:
        raise Refused(found.sorted())
    made = connection(DocumentPart(document, ()), FileProvenance(document, file))
    found.found.extend(strays(made))
    found.refuse_errors()
    return made


def _newer(document: Document) -> list[Diagnostic]:
    data = document.data if isinstance(document.data, dict) else {}
    version = data.get("oneway_connection")
    if isinstance(version, bool) or not isinstance(version, int) or version <= VERSION:
        return []
    summary = f"this connection is made for a newer version of oneway ({version})"
    help = f"this program understands version {VERSION}: install a newer one"
    return [FileProvenance(document).at(("oneway_connection",), "S111", summary, help)]


def _mistakes(document: Document) -> list[Diagnostic]:
    credentials, taken = bad_credentials(document)
    shape = [
        each
        for each in hushed(document, check(document, "connection"))
        if (each.span.line, each.span.column) not in taken
    ]
    # One mistake a place is enough: what has the wrong shape has no meaning either.
    places = {(each.span.line, each.span.column) for each in (*shape, *credentials)}
    meaning = mistakes_in(document)
    return [
        *credentials,
        *shape,
        *(each for each in meaning if (each.span.line, each.span.column) not in places),
    ]
