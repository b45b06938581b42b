"""Compiles the bytes of a mapping with its connectors; needs neither network nor credentials."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os.path import exists
from pathlib import Path
from typing import TYPE_CHECKING

from oneway.connections.discovery import describe
from oneway.connections.regular_files import read_regular
from oneway.core.dataclass import dataclass
from oneway.core.description import Description
from oneway.core.diagnostics import Diagnostic, Findings, Refused
from oneway.documents.yaml_source import LIMIT
from oneway.mapping import compiler
from oneway.mapping.compiler import Compiled, connectors_of
from oneway.mapping.load import Loaded, load_partly
from oneway.mapping.spec import Text
from oneway.runs.prepare.validate_options import option_mistakes

if TYPE_CHECKING:
    from oneway.connections.connection import Connection

START = (
    "`oneway new mapping.yaml --source people.csv --target users.json` writes a mapping for your "
    "own files; `oneway init` copies those that come with the program"
)
"""How to get a first mapping."""


def mapping_of(path: str, connection: "Connection | None") -> bytes:
    """Return the bytes of a mapping; raise `Refused` if it cannot be read.

    The place is then where the connection names it.
    """
    try:
        return read_file(path, LIMIT + 1)
    except Refused as refused:
        if connection is None:
            missing = not exists(path)
            found = (replace(each, help=f"{each.help}; {START}") for each in refused.diagnostics)
            raise (Refused(found) if missing else refused) from None
        raise Refused(
            connection.written.at(("mapping",), each.code, f"{each.span} {each.summary}", each.help)
            for each in refused.diagnostics
        ) from None


@dataclass(frozen=True, slots=True)
class Compilation:
    """A mapping compiled as far as possible, its connectors, and all mistakes and warnings."""

    mapping: Compiled
    catalogue: Mapping[str, Description]
    found: tuple[Diagnostic, ...]
    whole: bool
    """Whether the whole text fits the schema; otherwise invalid parts are left out."""

    def made(self) -> tuple[Compiled, Mapping[str, Description]]:
        """Return the mapping and its connectors; raise `Refused` with all if one is an error."""
        Findings(list(self.found)).refuse_errors()
        return self.mapping, self.catalogue


def compile_data(
    data: bytes,
    file: str,
    folders: Sequence[Path],
    manifests: Mapping[str, str] | None = None,
    known: Mapping[str, Description] | None = None,
) -> tuple[Compiled, Mapping[str, Description]]:
    """Return a mapping's bytes compiled, and its connectors; raise `Refused` with every mistake.

    `manifests` are those that a connection names, by side: they take precedence over manifests
    found by name. `known` are connectors that need not be looked up again.
    """
    return compile_partly(data, file, folders, manifests, known).made()


def compile_partly(
    data: bytes,
    file: str,
    folders: Sequence[Path],
    manifests: Mapping[str, str] | None = None,
    known: Mapping[str, Description] | None = None,
) -> Compilation:
    """Return the same as `compile_data`, with all mistakes; raise `Refused` if nothing compiles."""
    loaded = load_partly(data, file)
    named = {
        (loaded.spec.source if side == "source" else loaded.spec.target).connector.text: path
        for side, path in (manifests or {}).items()
    }
    found = Findings(list(loaded.mistakes))
    catalogue = {}
    for name in connectors_of(loaded.spec):
        try:
            is_path = "/" in name.text or name.text.endswith((".yaml", ".yml"))
            path = located(file, name.text) if is_path else name.text
            catalogue[name.text] = (known or {}).get(name.text) or describe(
                path, folders, named.get(name.text, "")
            )
        except Refused as refused:
            found.found.extend(_placed(loaded, name, each) for each in refused.diagnostics)
    found.found.extend(option_mistakes(loaded.document, loaded.spec, catalogue))
    result = compiler.compile_partly(loaded.spec, loaded.document.lines, catalogue)
    whole = not loaded.mistakes
    found.found.extend(each for each in result.warnings if whole or _is_of_a_part(each, loaded))
    return Compilation(result, catalogue, found.sorted(), whole)


def _is_of_a_part(found: Diagnostic, loaded: Loaded) -> bool:
    """Return whether a mistake stays one, whatever the parts are that are left out."""
    if found.code not in _OF_PARTS:
        return False
    line = loaded.document.lines[found.span.line - 1] if found.span.line else ""
    return line[found.span.column - 1 : found.span.end - 1].strip("'") not in loaded.lost


_OF_PARTS = frozenset(
    {
        "M101",
        "M102",
        "M103",
        "M106",
        "M107",
        "M108",
        "M114",
        "M118",
        "M123",
        "M152",
        "M155",
        "M157",
        "M158",
        "M161",
    }
)
"""Mistakes that lie in one part of a mapping, independent of the others."""


read_file = read_regular


def _placed(loaded: Loaded, name: Text, diagnostic: Diagnostic) -> Diagnostic:
    """Return a connector's diagnostic at the place where the mapping names the connector."""
    if diagnostic.span.line or diagnostic.code != "C101":
        return diagnostic
    report = loaded.document.report(name.span, diagnostic.code, diagnostic.summary)
    return replace(report, help=diagnostic.help)


def located(mapping: str, path: str) -> str:
    """Return a path that a mapping names: it is relative to the mapping's own folder."""
    return str(Path(mapping).parent / path)
