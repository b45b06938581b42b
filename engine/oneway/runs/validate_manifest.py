"""Validates a manifest, and whether mappings on this machine find and open what it describes."""

from collections.abc import Iterator
from pathlib import Path

from oneway.connections.discovery import known_kinds
from oneway.connections.environment import variable
from oneway.connections.manifest import load_manifest
from oneway.core.description import Description
from oneway.core.diagnostics import Diagnostic, Severity, did_you_mean
from oneway.documents.yaml_source import Document, parse

_FOLDER = "connectors"
"""Where a manifest is found by the name of its file."""
_WHOLE = "manifest"
"""The name of a manifest whose folder has the connector's name."""


def manifest_mistakes(data: bytes, file: str) -> tuple[Diagnostic, ...]:
    """Return what is wrong with a manifest; raise `Refused` if it describes nothing."""
    found = load_manifest(data, file)
    document = parse(data, file)
    return (*found.warnings, *_kind(document, found), *_name(document, found))


def _kind(document: Document, found: Description) -> Iterator[Diagnostic]:
    known = known_kinds()
    if found.kind not in known:
        summary = f"there is no kind of connector called '{found.kind}'"
        near = did_you_mean(found.kind, known)
        help = near or f"known here are: {', '.join(known)}; or install the package that offers it"
        yield document.at(("kind",), "C114", summary, help)


def _name(document: Document, found: Description) -> Iterator[Diagnostic]:
    """Yield a warning if mappings name the file, and credentials another connector."""
    path = Path(found.file)
    folder, called = path.parent, path.stem
    if called == _WHOLE:
        folder, called = folder.parent, folder.name
    if folder.name == _FOLDER and called != found.name:
        summary = f"mappings find this by its file, as '{called}', and its name is '{found.name}'"
        help = (
            f"give both one name; as it is, its options are {variable(found.name, '')}..., "
            f"and mappings say connector: {called}"
        )
        yield document.at(("name",), "C156", summary, help, severity=Severity.WARNING)
