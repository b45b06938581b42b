"""Parses YAML text into plain data, with the place of every key and value.

    bytes ─source.read→ Source ─compose→ nodes ─document.expand→ Document

`parse` is the way in. What it reads is YAML's block and flow syntax with the scalars of
YAML 1.2's JSON form and nothing else: `NO`, `0123`, `12:30:45` and `2026-01-01` are text.
Tags, merge keys, keys that are not text, duplicate keys and a second document are refused.
Nothing that a file may hold leads to another exception than `Refused`, or to a long run.
"""

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.documents.yaml_source.composer import compose
from oneway.documents.yaml_source.document import Document, Path, expand
from oneway.documents.yaml_source.source import LIMIT, read, shown

__all__ = ["LIMIT", "Document", "ParseResult", "Path", "parse", "read_all", "shown"]


@dataclass(frozen=True, slots=True)
class ParseResult:
    """The readable part of a file, and every mistake in its text.

    With mistakes, `document` is the rest without them, for finding others; it is None if nothing
    could be read.
    """

    document: Document | None
    found: tuple[Diagnostic, ...]


def parse(data: bytes, file: str, limit: int = LIMIT) -> Document:
    """Return the document in a file's bytes; raise `Refused` with everything that is wrong.

    `file` is the name for messages; `limit` is the most bytes that are read. A syntax error ends
    the reading, so only mistakes before it are reported with it.
    """
    reading = read_all(data, file, limit)
    if reading.found or reading.document is None:
        raise Refused(reading.found)
    return reading.document


def read_all(data: bytes, file: str, limit: int = LIMIT) -> ParseResult:
    """Return the document of a file's bytes and the mistakes in their text; never raises."""
    found: tuple[Diagnostic, ...] = ()
    try:
        source = read(data, file, limit)
        composed = compose(source)
        found = composed.found
        document = expand(composed.root, source) if composed.root else None
    except Refused as refused:
        return ParseResult(None, (*found, *refused.diagnostics))
    return ParseResult(document, found)
