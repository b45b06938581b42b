"""Parses and checks the bytes of a connection's file, or of a folder's default."""

from oneway.connections.provenance import FileProvenance, hushed, unquoted
from oneway.connections.secrets.places import bad_credentials
from oneway.connections.validate import mistakes_in
from oneway.core.diagnostics import Diagnostic, Findings, Refused
from oneway.documents.schema_check import check
from oneway.documents.yaml_source import LIMIT, Document, read_all

VERSION = 1
"""The newest supported version of these files."""


def checked_document(data: bytes, file: str, schema: str, key: str) -> Document:
    """Return the parsed document; raise `Refused` with all mistakes of shape and meaning.

    `key` is its top-level key, which names its kind and version.
    """
    reading = read_all(data, file, LIMIT)
    found = Findings([unquoted(each) for each in reading.found])
    document = reading.document
    if document is not None:
        # A value that could not be read cannot have a valid shape: one finding is enough.
        unread = {(each.span.line, each.span.column) for each in reading.found}
        for wrong in _newer(document, key) or _mistakes(document, schema):
            if (wrong.span.line, wrong.span.column) not in unread:
                found.add(wrong)
    if found.found or document is None:
        raise Refused(found.sorted())
    return document


def _newer(document: Document, key: str) -> list[Diagnostic]:
    data = document.data if isinstance(document.data, dict) else {}
    version = data.get(key)
    if isinstance(version, bool) or not isinstance(version, int) or version <= VERSION:
        return []
    kind = key.removeprefix("oneway_")
    summary = f"this {kind} is made for a newer version of oneway ({version})"
    help = f"this program understands version {VERSION}: install a newer one"
    return [FileProvenance(document).at((key,), "S111", summary, help)]


def _mistakes(document: Document, schema: str) -> list[Diagnostic]:
    credentials, taken = bad_credentials(document)
    shape = [
        each
        for each in hushed(document, check(document, schema))
        if (each.span.line, each.span.column) not in taken
    ]
    # One finding per place is enough: the meaning of a wrong shape cannot be checked.
    places = {(each.span.line, each.span.column) for each in (*shape, *credentials)}
    meaning = mistakes_in(document)
    return [
        *credentials,
        *shape,
        *(each for each in meaning if (each.span.line, each.span.column) not in places),
    ]
