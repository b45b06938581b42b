"""Validates a connection without network or credentials."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from os.path import isfile
from pathlib import Path
from typing import TypeAlias

from oneway.connections import Connection
from oneway.connections.discovery import open_connector
from oneway.connections.secret_files import unsafe_files
from oneway.core.connector import Access, ConnectorError, Description
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.core.near_files import near_name
from oneway.core.records import Record
from oneway.mapping.compiler import Compiled
from oneway.mapping.read_keys import KeyTally, tallies_of
from oneway.mapping.spec import EndpointSpec
from oneway.runs.prepare import compile_data, mapping_of
from oneway.runs.prepared import located
from oneway.runs.validate_connection import connection_mistakes

Made: TypeAlias = tuple[Compiled, Mapping[str, Description]]


@dataclass(slots=True)
class Mappings:
    """Mappings, each compiled once, however many connections name it."""

    folders: tuple[Path, ...] = ()
    _made: dict[tuple[object, ...], Made | Refused] = field(default_factory=dict)

    def compiled(self, data: bytes, file: str, manifests: Mapping[str, str] | None = None) -> Made:
        """Return a mapping compiled, and its connectors; raise `Refused` with every mistake."""
        key = (file, data, *sorted((manifests or {}).items()))
        if key not in self._made:
            try:
                self._made[key] = compile_data(data, file, self.folders, manifests)
            except Refused as refused:
                self._made[key] = refused
        made = self._made[key]
        if isinstance(made, Refused):
            raise Refused(made.diagnostics)
        return made


FileRecords: TypeAlias = Callable[[Description, str, Mapping[str, str]], Iterable[Record]]
"""Reads a file's records, by its path and the options of the mapping."""


def records_of_file(
    description: Description, path: str, options: Mapping[str, str]
) -> Iterable[Record]:
    """Return a file's records; raise `Refused` or `ConnectorError` if it cannot be read."""
    return open_connector(description, Access(options, {})).reader(path).read().records


def unheld_in_files(
    compiled: Compiled,
    catalogue: Mapping[str, Description],
    records_of: FileRecords = records_of_file,
) -> list[Diagnostic]:
    """Return the conflicts of a mapping with its files: missing fields, wrong options.

    A missing file has no conflicts except wrong options.
    """
    spec, tallies = compiled.spec, tallies_of(compiled.code, compiled.spec)
    ends = {"source": spec.source, "target": spec.target}
    for each in spec.references:
        if each.endpoint is not None:
            ends[f"references.{each.name}"] = each.endpoint
    found: list[Diagnostic] = []
    for role, end in ends.items():
        description = catalogue[end.connector.text]
        if description.kind == "file":
            path = located(spec.file, end.resource.text)
            found += _against_file(description, path, end, tallies[role], records_of)
    return found


def _against_file(
    description: Description,
    path: str,
    end: EndpointSpec,
    tally: KeyTally,
    records_of: FileRecords,
) -> list[Diagnostic]:
    options = {name: str(option.value) for name, option in end.options}
    is_there = isfile(path)
    if not (is_there or _PARSED & options.keys()):
        return _nearly_called(path, end)
    try:
        connector = open_connector(description, Access(options, {}))
        if not is_there:
            return _nearly_called(path, end)
        tally.in_file = True
        tally.ask(connector.reader(path))
        for record in records_of(description, path, options):
            tally.note(record)
    except Refused:
        return []  # wrong options as such are reported elsewhere
    except ConnectorError as error:
        place = _place_of(end, error)
        return [Diagnostic(place, Severity.ERROR, error.code, error.summary, error.help)]
    return list(tally.findings())


def _nearly_called(path: str, end: EndpointSpec) -> list[Diagnostic]:
    """Return a warning about a missing file if a file of a similar name exists.

    Otherwise the files may be elsewhere: a mapping is checked without them.
    """
    near = near_name(path)
    if not near:
        return []
    summary = f"no file is called {end.resource.text!r}"
    help = f"did you mean {near!r}?"
    return [Diagnostic(end.resource.span, Severity.WARNING, "R150", summary, help)]


def _place_of(end: EndpointSpec, error: ConnectorError) -> Span:
    """Return the option that an error names, or the place of the file's name."""
    named = [option.span for name, option in end.options if f"option {name}" in error.summary]
    encodings = [option.span for name, option in end.options if name == "encoding"]
    if error.code == _ENCODING and encodings:
        return encodings[0]
    return named[0] if named else end.resource.span


_PARSED = {"encoding", "types"}
"""Options whose values only the connector itself can check."""

_ENCODING = "R151"
"""The code of a file whose encoding is not the one of its options."""


def findings(connection: Connection, mappings: Mappings) -> tuple[Diagnostic, ...]:
    """Return every mistake of a loaded connection, including its mapping's."""
    found = [*unsafe_files(connection)]
    try:
        data = mapping_of(connection.mapping, connection)
        compiled, catalogue = mappings.compiled(data, connection.mapping, connection.manifests)
    except Refused as refused:
        return (*found, *refused.diagnostics)
    unheld = unheld_in_files(compiled, catalogue)
    return (*connection_mistakes(connection, compiled, catalogue), *unheld, *found)
