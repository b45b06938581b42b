"""Loads a mapping's bytes into its spec: text, shape, and one object for each part.

Only the shape is checked here. Whether names and expressions mean anything is for the
compiler, which gets the document too, so that it can point at what it finds.
"""

from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Findings, Refused
from oneway.documents.pruning import without
from oneway.documents.schema_check import broken, check
from oneway.documents.yaml_source import Document, read_all
from oneway.mapping.load.mapping import mapping
from oneway.mapping.load.part import DocumentPart
from oneway.mapping.spec import MappingSpec

VERSION = 1
"""The newest version of the language that is understood."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A mapping as written, and the document that its places point into.

    `mistakes` are those of its text and shape. If there are any, the spec is built from the rest,
    and serves only to find mistakes of meaning. `lost` are the names that the others declare.
    """

    spec: MappingSpec
    document: Document
    mistakes: tuple[Diagnostic, ...] = ()
    lost: frozenset[str] = frozenset()


def load_partly(data: bytes, file: str) -> Loaded:
    """Return the mapping that a file's bytes hold, without the parts that have no right shape.

    `file` is the name for messages. Raises `Refused` if no mapping is left.
    """
    reading = read_all(data, file)
    document = reading.document
    found = Findings(list(reading.found))
    if document is not None:
        # A value that could not be read has no shape, and nor has its container: one mistake is
        # enough.
        unread = {(d.span.line, d.span.column) for d in reading.found}
        no_keys = {d.span.line for d in reading.found if d.code == "Y116"}
        for wrong in _wrong_shape(document):
            place = (wrong.span.line, wrong.span.column)
            if place not in unread and wrong.span.line not in no_keys:
                found.add(wrong)
    if document is None:
        raise Refused(found.sorted())
    left = _well_formed(document) if found.found else document
    if left is None:
        raise Refused(found.sorted())
    spec = mapping(DocumentPart(left, ()), data)
    return Loaded(spec, left, found.sorted(), _lost(document, left))


def _lost(document: Document, left: Document) -> frozenset[str]:
    """Return the names that a document declares for its other parts, and what is left does not."""
    return frozenset(name for part in _NAMED for name in _in(document, part) - _in(left, part))


_NAMED = ("settings", "let", "choices", "references", "fields")


def _in(document: Document, part: str) -> set[str]:
    data = document.data.get(part) if isinstance(document.data, dict) else None
    return set(data) if isinstance(data, dict) else set()


def _well_formed(document: Document) -> Document | None:
    """Return the rest of a document without its misshapen parts, if it is still a mapping."""
    if not isinstance(document.data, dict) or _is_newer(document):
        return None
    document = replace(document, data=document.data | {"oneway": VERSION})
    for _ in range(_MOST_ROUNDS):
        parts = broken(document, "mapping")
        if not parts:
            return document
        if () in parts:
            return None
        document = without(document, parts)
    return None


def _wrong_shape(document: Document) -> list[Diagnostic]:
    if _is_newer(document):
        version = document.data["oneway"] if isinstance(document.data, dict) else None
        # What else looks wrong may be right in that version.
        summary = f"this mapping is made for a newer version of the language ({version})"
        help = f"this program understands version {VERSION}: install a newer one"
        return [document.at(("oneway",), "S111", summary, help)]
    return check(document, "mapping")


def _is_newer(document: Document) -> bool:
    version = document.data.get("oneway") if isinstance(document.data, dict) else None
    return isinstance(version, int) and version > VERSION


_MOST_ROUNDS = 4
"""How often removing mistakes may cause new ones in the rest."""
