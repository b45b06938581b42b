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
    document, of_notices = document_for_a_run(data, file, schema, key)
    if of_notices:
        raise Refused(of_notices)
    return document


def document_for_a_run(
    data: bytes, file: str, schema: str, key: str
) -> tuple[Document, tuple[Diagnostic, ...]]:
    """Return the parsed document and the mistakes in its `notify`.

    Raises `Refused` with all mistakes if one of them is elsewhere. A run does not depend on who is
    notified of it: nobody may keep access because of a slip there.
    """
    reading = read_all(data, file, LIMIT)
    found = Findings([unquoted(each) for each in reading.found])
    document = reading.document
    if document is not None:
        # A value that could not be read cannot have a valid shape: one finding is enough.
        unread = {(each.span.line, each.span.column) for each in reading.found}
        for wrong in _newer(document, key) or mistakes_of(document, schema):
            if (wrong.span.line, wrong.span.column) not in unread:
                found.add(wrong)
    mistakes = found.sorted()
    if document is None or not all(_is_of_notices(document, each) for each in mistakes):
        raise Refused(mistakes)
    return document, mistakes


def _is_of_notices(document: Document, found: Diagnostic) -> bool:
    """Return whether a finding is about `notify` alone, also where an alias repeats its place."""
    at = (found.span.line, found.span.column)
    paths = [
        path
        for places in (document.places, document.key_places)
        for path, span in places.items()
        if (span.line, span.column) == at
    ]
    return bool(paths) and all(path[:1] == ("notify",) for path in paths)


def _newer(document: Document, key: str) -> list[Diagnostic]:
    data = document.data if isinstance(document.data, dict) else {}
    version = data.get(key)
    if isinstance(version, bool) or not isinstance(version, int) or version <= VERSION:
        return []
    kind = key.removeprefix("oneway_")
    summary = f"this {kind} is made for a newer version of oneway ({version})"
    help = f"this program understands version {VERSION}: install a newer one"
    return [FileProvenance(document).at((key,), "S111", summary, help)]


def mistakes_of(document: Document, schema: str) -> list[Diagnostic]:
    """Return every mistake of shape and meaning in a document, one for each place."""
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
