"""Sends the notices of a run that was started by hand, once it has ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oneway.cli.console import Console
from oneway.cli.options import now, state_of
from oneway.connections import Connection
from oneway.core.connector import ConnectorError
from oneway.core.diagnostics import Diagnostic, Refused


@contextmanager
def delivering(console: Console, connection: Connection | None, state: Path) -> Iterator[None]:
    """Send what a connection has to tell after a block, unless that was interrupted.

    What does not arrive is noted, and neither ends the command nor changes its exit code.
    """
    try:
        yield
    except (Refused, ConnectorError):
        _deliver(console, connection, state)
        raise
    _deliver(console, connection, state)


def say_troubles(console: Console, troubles: tuple[Diagnostic, ...]) -> None:
    """Say which channels did not take a notice."""
    for each in troubles:
        console.note(f"{each.span}: {each.summary} [{each.code}]; the run is not touched by it")


def _deliver(console: Console, connection: Connection | None, state: Path) -> None:
    if connection is None or not connection.notify:
        return
    # Imported here: it brings an HTTP client.
    from oneway.history.journal import Journal
    from oneway.notices import deliver
    from oneway.render.report import pages

    try:
        with Journal.open(state_of(state).journal) as journal:
            troubles = deliver([connection], journal, now(), pages=pages(journal)).troubles
    except Refused as refused:
        troubles = refused.diagnostics
    say_troubles(console, troubles)
