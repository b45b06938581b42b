"""Validates a connection without network or credentials."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from oneway.connections import Connection
from oneway.connections.discovery import open_connector
from oneway.connections.secret_files import unsafe_files
from oneway.core.connector import Access, ConnectorError, Description
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.core.records import Record
from oneway.mapping.compiler import Compiled
from oneway.mapping.read_keys import tallies_of
from oneway.runs.prepare import compile_data, mapping_of
from oneway.runs.prepared import located
from oneway.runs.validate_connection import connection_mistakes

Made: TypeAlias = tuple[Compiled, Mapping[str, Description]]


@dataclass(slots=True)
class Mappings:
    """Mappings, each compiled once however many connections name it."""

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
    """Return a file's records; raises `Refused` or `ConnectorError` where it cannot be read."""
    return open_connector(description, Access(options, {})).reader(path).read().records


def unheld_in_files(
    compiled: Compiled,
    catalogue: Mapping[str, Description],
    records_of: FileRecords = records_of_file,
) -> list[Diagnostic]:
    """Return the keys that a mapping reads and no record of its files has.

    Files that are not there, or cannot be read, say nothing: that is for `check`.
    """
    spec, tallies = compiled.spec, tallies_of(compiled.code)
    ends = {"source": spec.source, "target": spec.target}
    for each in spec.references:
        if each.endpoint is not None:
            ends[f"references.{each.name}"] = each.endpoint
    found: list[Diagnostic] = []
    for role, end in ends.items():
        description = catalogue[end.connector.text]
        path = located(spec.file, end.resource.text)
        if description.kind == "file" and Path(path).is_file():
            options = {name: str(option.value) for name, option in end.options}
            with suppress(Refused, ConnectorError):
                for record in records_of(description, path, options):
                    tallies[role].note(record)
                found += tallies[role].unheld()
    return found


def findings(connection: Connection, mappings: Mappings) -> tuple[Diagnostic, ...]:
    """Return every mistake of a connection that could be loaded, its mapping's included."""
    found = [*unsafe_files(connection)]
    try:
        data = mapping_of(connection.mapping, connection)
        compiled, catalogue = mappings.compiled(data, connection.mapping, connection.manifests)
    except Refused as refused:
        return (*found, *refused.diagnostics)
    unheld = unheld_in_files(compiled, catalogue)
    return (*connection_mistakes(connection, compiled, catalogue), *unheld, *found)
