"""Incidents follow runs: whoever holds a connection's lock leaves them as its last run shows."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from oneway.connections import Connection
from oneway.core.diagnostics import Refused
from oneway.history.journal import Journal
from oneway.runs.apply import Operator


@contextmanager
def noticed(connection: Connection | None, operator: Operator) -> Iterator[None]:
    """Open and close incidents by the run of a block, however it ends, and queue the notices.

    Nothing is sent here. A run that was interrupted shows nothing: it can be gone on with.
    """
    try:
        yield
    finally:
        if connection is not None:
            # A store that cannot be used is the run's trouble, and is told as such.
            with suppress(Refused):
                _follow(connection, operator)


def _follow(connection: Connection, operator: Operator) -> None:
    if not operator.state.has_journal:
        return
    # Imported here: it brings an HTTP client, which a mapping without a connection never needs.
    from oneway.notices import after_run

    with Journal.open(operator.state.journal) as journal:
        run = next(iter(journal.runs(connection.name, limit=1)), None)
        # Where the block did not come to a run this is the one before, which changes nothing.
        if run is not None and run.ended is not None:
            after_run(connection, run, journal, operator.now())
