"""Incidents follow runs: whoever holds a connection's lock leaves them as its last run shows."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from oneway.connections import Connection
from oneway.diagnostics import Refused
from oneway.journal import Journal, Run, RunState
from oneway.runs.applying import Operator


@contextmanager
def noticed(connection: Connection | None, operator: Operator) -> Iterator[None]:
    """Open and close incidents by the run of a block, however it ends, and queue the notices.

    Nothing is sent here. A run that was interrupted shows nothing: it can be gone on with.
    """
    if connection is None:
        yield
        return
    before = _last(connection, operator)
    try:
        yield
    finally:
        # A store that cannot be used is the run's trouble, and is told as such.
        with suppress(Refused):
            run = _last(connection, operator)
            if run is not None and run.state is not RunState.OPEN and run != before:
                _follow(connection, run, operator)


def _last(connection: Connection, operator: Operator) -> Run | None:
    if not operator.state.has_journal:
        return None
    with Journal.open(operator.state.journal) as journal:
        return next(iter(journal.runs(connection.name, limit=1)), None)


def _follow(connection: Connection, run: Run, operator: Operator) -> None:
    # Imported here: it brings an HTTP client, which a mapping without a connection never needs.
    from oneway.notices import after_run

    with Journal.open(operator.state.journal) as journal:
        after_run(connection, run, journal, operator.now())
