"""Opens and closes a connection's incidents after each of its runs, while its lock is held."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from oneway.connections.connection import Connection
from oneway.core.diagnostics import Refused
from oneway.runs.session import RunSession


@contextmanager
def follow_run(session: RunSession) -> Iterator[None]:
    """Open and close incidents by the run of a block, however it ends, and queue the notices.

    Nothing is sent here. An interrupted run changes nothing: it can be resumed. Neither does one
    that does not read and write where the connection says.
    """
    try:
        yield
    finally:
        if session.prepared.request.connection is not None and session.prepared.as_connected:
            # The run itself reports a store that cannot be used.
            with suppress(Refused):
                _follow(session.prepared.request.connection, session)


def _follow(connection: Connection, session: RunSession) -> None:
    journal = session.past
    if journal is None:
        return
    # Imported here: it brings an HTTP client, which a mapping without a connection never needs.
    from oneway.notices.queueing import after_run

    run = next(iter(journal.runs(connection.name, limit=1)), None)
    # If the block began no run, this is the previous one, which changes nothing.
    if run is not None and run.ended is not None:
        after_run(connection, run, journal, session.now())
