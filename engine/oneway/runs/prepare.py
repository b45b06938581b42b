"""Compiles the mapping of a request; needs neither network nor credentials."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os.path import exists
from pathlib import Path
from typing import TYPE_CHECKING

from oneway.connections.discovery import describe
from oneway.connections.regular_files import read_regular
from oneway.core.connector import Description
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Findings, Refused, Severity, Span, did_you_mean
from oneway.core.records import Value
from oneway.documents.yaml_source import LIMIT
from oneway.mapping import compiler
from oneway.mapping.compiler import Compiled, connectors_of
from oneway.mapping.load import Loaded, load_partly
from oneway.mapping.read_keys import tallies_of
from oneway.mapping.spec import GuardKind, MappingSpec, Text
from oneway.runs.prepared import PreparedRun, located
from oneway.runs.request import RunRequest
from oneway.runs.settings import resolve_settings
from oneway.runs.validate_connection import connection_mistakes
from oneway.runs.validate_options import option_mistakes

if TYPE_CHECKING:
    from oneway.connections import Connection


def prepare_run(request: RunRequest, data: bytes | None = None) -> PreparedRun:
    """Compile the mapping of a request; raise `Refused` with every mistake.

    `data` are the mapping's bytes where they are not those of its file: another version's.
    """
    if data is None:
        data = mapping_of(request.mapping, request.connection)
    connection = request.connection
    manifests = connection.manifests if connection else None
    compiled_mapping, catalogue = compile_data(data, request.mapping, request.folders, manifests)
    spec = compiled_mapping.spec
    found = Findings()
    for diagnostic in (*_unknown_names(request, spec), *_unknown_fields(request, compiled_mapping)):
        found.add(diagnostic)
    if connection is not None:
        found.found.extend(connection_mistakes(connection, compiled_mapping, catalogue))
    settings: Mapping[str, Value] = {}
    try:
        own = connection.settings if connection else None
        settings = resolve_settings(spec.settings, request.settings, own)
    except Refused as refused:
        found.found.extend(refused.diagnostics)
    found.refuse_errors()
    return PreparedRun(request, compiled_mapping, catalogue, settings)


_START = (
    "; `oneway new` writes a mapping for your own files, and `oneway init` copies those that "
    "come with the program"
)


def mapping_of(path: str, connection: "Connection | None") -> bytes:
    """Return the bytes of a mapping; raise `Refused` if it cannot be read.

    The place is then where the connection names it.
    """
    try:
        return read_file(path, LIMIT + 1)
    except Refused as refused:
        if connection is None:
            missing = not exists(path)
            found = (replace(each, help=f"{each.help}{_START}") for each in refused.diagnostics)
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
    found.found.extend(each for each in result.warnings if whole or each.code in _OF_PARTS)
    return Compilation(result, catalogue, found.sorted(), whole)


_OF_PARTS = frozenset({"M101", "M102", "M103", "M106", "M108", "M118", "M123", "M152"})
"""Mistakes that lie in one part of a mapping, independent of the others."""


read_file = read_regular


def _placed(loaded: Loaded, name: Text, diagnostic: Diagnostic) -> Diagnostic:
    """Return a connector's diagnostic at the place where the mapping names the connector."""
    if diagnostic.span.line or diagnostic.code != "C101":
        return diagnostic
    report = loaded.document.report(name.span, diagnostic.code, diagnostic.summary)
    return replace(report, help=diagnostic.help)


def _unknown_names(request: RunRequest, spec: MappingSpec) -> list[Diagnostic]:
    references = [each.name for each in spec.references]
    connectors = [each.text for each in connectors_of(spec)]
    wrong = [
        _error("U103", f"--reference {name}", f"the mapping has no reference '{name}'", references)
        for name in request.references
        if name not in references
    ]
    for key in request.options:
        connector = key.partition(".")[0]
        if connector not in connectors:
            summary = f"the mapping does not use a connector '{connector}'"
            wrong.append(_error("U104", f"--option {key}", summary, connectors))
    return wrong


def _unknown_fields(request: RunRequest, mapping: Compiled) -> list[Diagnostic]:
    if not request.allowed:
        return []
    policy = mapping.code.policy
    fields = [each.path for each in (*policy.fields, *policy.leaving)]
    tallies = tallies_of(mapping.code).items()
    keys = [f"{role}.{key}" for role, tally in tallies for key in tally.counts()]
    valued = [f"{role}.{key}" for role, tally in tallies for key in tally.valued()]
    known = {GuardKind.FIELD_CHANGES: ("has no field", fields)}
    known[GuardKind.KEYS_GONE] = ("reads no key", keys)
    known[GuardKind.VALUES_GONE] = ("counts no values of", valued)
    return [
        _error("U106", f"--allow {each.guard}", f"the mapping {what} '{word}'", names)
        for each in request.allowed
        for kind, (what, names) in known.items()
        if (word := each.guard.removeprefix(f"{kind.value}.")) != each.guard and word not in names
    ]


def _error(code: str, where: str, summary: str, known: Sequence[str]) -> Diagnostic:
    name = where.split(" ", 1)[1].partition(".")
    word = name[2] if code == "U106" else name[0]
    help = did_you_mean(word, known) or f"it has: {', '.join(known) or 'none'}"
    return Diagnostic(Span(where), Severity.ERROR, code, summary, help)
