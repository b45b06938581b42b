"""Finds the credential references in a connection's file, and mistakes in them."""

from collections.abc import Iterator
from typing import TypeAlias

from oneway.connections.provenance import FileProvenance
from oneway.connections.secrets.refs import SecretKind, secret_ref
from oneway.core.diagnostics import Diagnostic
from oneway.core.records import Value
from oneway.documents.lenient import Data, items, obj
from oneway.documents.yaml_source import Document, Path

Places: TypeAlias = set[tuple[int, int]]


def bad_credentials(document: Document) -> tuple[list[Diagnostic], Places]:
    """Return a finding for each credential not given by reference, and the places around them.

    Nothing else is to be reported for these places.
    """
    written = FileProvenance(document, document.file)
    found: list[Diagnostic] = []
    taken: Places = set()
    for path, value in references(obj(document.data)):
        try:
            secret_ref(value)
        except ValueError as error:
            found.append(written.at(path, "C130", str(error), _help(value), key=True))
            taken |= _around(document, path)
    return found, taken


def references(data: Data) -> Iterator[tuple[Path, Value]]:
    """Yield every value in the place of a credential reference, with its path."""
    for side in ("source", "target"):
        for name, value in obj(obj(data.get(side)).get("credentials")).items():
            yield (side, "credentials", name), value
    for index, entry in enumerate(items(data.get("notify"))):
        for kind, key in _CREDENTIALS:
            channel = obj(obj(entry).get(kind))
            if key in channel:
                yield ("notify", index, kind, key), channel[key]


_CREDENTIALS = (("webhook", "secret"), ("email", "password"), ("upload", "token"))
"""The keys of channels that are credentials."""


def _around(document: Document, path: Path) -> Places:
    return {
        (span.line, span.column)
        for places in (document.places, document.key_places)
        for each, span in places.items()
        if each[: len(path)] == path
    }


def _help(value: Value) -> str:
    """Return the remedy, which quotes at most a text's beginning that is a kind of reference."""
    kind = value.partition(":")[0] if isinstance(value, str) else ""
    if kind in {each.value for each in SecretKind}:
        return f"in a file it is written {{{kind}: ...}}; {kind}:... is for the command line"
    return "if this is a credential, remove it from the file, and have it replaced"
