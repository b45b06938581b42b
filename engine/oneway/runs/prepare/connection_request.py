"""Makes the run request of a connection."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from oneway.connections.connection import Connection
from oneway.connections.environment import from_environment
from oneway.runs.prepare.request import RunRequest


def request_for(
    connection: Connection,
    as_of: datetime,
    *,
    folders: tuple[Path, ...],
    settings: Mapping[str, str] | None = None,
) -> RunRequest:
    """Return the request that runs a connection at an instant.

    The environment gives what the connection does not name; `settings` are texts that override
    the connection's. `folders` are searched for manifests.
    """
    return RunRequest(
        mapping=connection.mapping,
        as_of=as_of,
        lookup=from_environment,
        settings=settings or {},
        folders=folders,
        connection=connection,
    )
