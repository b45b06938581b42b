"""What is wrong with a connection, found without network and without a credential."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from oneway.connections import Connection
from oneway.connections.secret_files import unsafe_files
from oneway.core.connector import Description
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.mapping.compiler import Compiled
from oneway.runs.prepare import compile_data, mapping_of
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


def findings(connection: Connection, mappings: Mappings) -> tuple[Diagnostic, ...]:
    """Return every mistake of a connection that could be loaded, its mapping's included."""
    found = [*unsafe_files(connection)]
    try:
        data = mapping_of(connection.mapping, connection)
        compiled, catalogue = mappings.compiled(data, connection.mapping, connection.manifests)
    except Refused as refused:
        return (*found, *refused.diagnostics)
    return (*connection_mistakes(connection, compiled, catalogue), *found)
