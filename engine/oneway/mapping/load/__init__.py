"""A mapping's bytes to its spec: text, shape, and one object for each part, with its place.

Only the shape is checked here. Whether names and expressions mean anything is for the
compiler, which gets the document too, so that it can point at what it finds.
"""

import hashlib
from dataclasses import dataclass

from oneway.core.diagnostics import Diagnostic, Findings, Refused
from oneway.documents.schema_check import check
from oneway.documents.yaml_source import Document, read_all
from oneway.mapping.load.mapping import mapping
from oneway.mapping.load.part import DocumentPart
from oneway.mapping.spec import MappingSpec

VERSION = 1
"""The newest version of the language that is understood."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A mapping as written, and the document that its places point into."""

    spec: MappingSpec
    document: Document


def load_mapping(data: bytes, file: str) -> Loaded:
    """Return the mapping that a file's bytes hold; raise `Refused` with all that is wrong in
    its text and shape. `file` is the name for messages.
    """
    reading = read_all(data, file)
    document = reading.document
    found = Findings(list(reading.found))
    if document is not None:
        # A value that could not be read has no shape either: one mistake is enough.
        unread = {(d.span.line, d.span.column) for d in reading.found}
        for wrong in _wrong_shape(document):
            if (wrong.span.line, wrong.span.column) not in unread:
                found.add(wrong)
    if found.found or document is None:
        raise Refused(found.sorted())
    return Loaded(mapping(DocumentPart(document, ()), hashlib.sha256(data).hexdigest()), document)


def _wrong_shape(document: Document) -> list[Diagnostic]:
    version = document.data.get("oneway") if isinstance(document.data, dict) else None
    if isinstance(version, int) and version > VERSION:
        # What else looks wrong may be right in that version.
        summary = f"this mapping is made for a newer version of the language ({version})"
        help = f"this program understands version {VERSION}: install a newer one"
        return [document.at(("oneway",), "S111", summary, help)]
    return check(document, "mapping")
