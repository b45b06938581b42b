"""The files of one version of what runs: a mapping, and the connection that runs it."""

from dataclasses import replace

from oneway.connections.connection import Connection
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic
from oneway.runs.prepare.request import RunRequest


@dataclass(frozen=True, slots=True)
class VersionFiles:
    """The bytes of a mapping and, if a connection runs it, the connection of that version.

    With `mistakes`, the connection cannot be read, so its mapping is not known either.
    """

    mapping: bytes
    connection: Connection | None = None
    mistakes: tuple[Diagnostic, ...] = ()

    def asked_in_place_of(self, request: RunRequest) -> RunRequest:
        """Return the request of this version, over the systems that the given request reads."""
        was, now = self.connection, request.connection
        if was is None or now is None:
            return request
        connection = replace(
            now,
            mapping=was.mapping,
            settings=was.settings,
            guards=was.guards,
            reviewed_by=was.reviewed_by,
        )
        return replace(request, mapping=was.mapping, connection=connection)
