"""Sends the notices of a run that was started by hand, once it has ended."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from os.path import exists
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import now, state_of, user
from oneway.connections import Connection
from oneway.core.connector_errors import ConnectorError
from oneway.core.diagnostics import Diagnostic, Refused

if TYPE_CHECKING:
    from oneway.runs.request import RunRequest


@contextmanager
def delivering(console: Console, connection: Connection | None, state: Path) -> Iterator[None]:
    """Send what a connection has to tell after a block, unless that was interrupted.

    What does not arrive is noted, and neither ends the command nor changes its exit code. Where
    the store cannot be used, an alarm is sent instead.
    """
    try:
        yield
    except (Refused, ConnectorError) as error:
        found = error.diagnostics if isinstance(error, Refused) else ()
        _deliver(console, connection, state, found)
        raise
    _deliver(console, connection, state)


@contextmanager
def starting(console: Console, request: "RunRequest", state: Path) -> Iterator[None]:
    """Write down, and tell, that a connection's run cannot even be prepared.

    Nothing is where the command line says more than the connection: then that may be what is wrong.
    """
    try:
        yield
    except (Refused, ConnectorError) as error:
        given = request.source or request.target or request.references
        if request.connection is None or given or request.settings or request.options:
            raise
        with delivering(console, request.connection, state):
            with suppress(Refused):  # what stopped the run is what a person must see
                _write_down(request.connection, state, error)
            raise


def telling_of_broken_files(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """Make a command tell whom the folder tells where its connection's file is broken."""

    @wraps(command)
    def with_telling(*, mapping: str, state: Path, **rest: Any) -> Exit:
        try:
            return command(mapping=mapping, state=state, **rest)
        except Refused:
            console = Console(color=not rest.get("no_color"), quiet=bool(rest.get("quiet")))
            with suppress(Refused):
                _tell_if_broken(console, mapping, state)
            raise

    return with_telling


def say_troubles(console: Console, troubles: Sequence[Diagnostic]) -> None:
    """Say which channels did not take a notice."""
    for each in troubles:
        console.note(f"{each.span}: {each.summary} [{each.code}]; the run is not touched by it")


def _deliver(
    console: Console,
    connection: Connection | None,
    state: Path,
    found: Sequence[Diagnostic] = (),
) -> None:
    if connection is None or not connection.notify:
        return
    # Imported here: it brings an HTTP client.
    from oneway.history.journal import Journal
    from oneway.notices import deliver
    from oneway.notices.alarm import STORE, Alarm, sound_alarm
    from oneway.render.report import pages

    troubles: Sequence[Diagnostic] = ()
    try:
        with Journal.open(state_of(state).journal) as journal:
            troubles = deliver([connection], journal, now(), pages=pages(journal)).troubles
    except Refused as refused:
        found = (*found, *refused.diagnostics)
    # Of the run itself only what keeps the store from being used: the rest was told as the run.
    found = [each for each in found if each.code in STORE]
    alarm = Alarm(str(Path(connection.file).parent), state, connection.notify)
    say_troubles(console, (*troubles, *sound_alarm(alarm, found, now())))


def _write_down(connection: Connection, state: Path, error: Refused | ConnectorError) -> None:
    from oneway.history.journal import Journal
    from oneway.notices import after_run
    from oneway.runs import Operator
    from oneway.runs.apply import start_of_none
    from oneway.runs.sync import problems_of

    operator = Operator(user(), state_of(state), now)
    start = start_of_none(operator, connection.mapping, connection.name)
    with Journal.open(operator.state.journal) as journal:
        run = journal.refused(start, problems_of(error), start.started)
        after_run(connection, run, journal, now())


def _tell_if_broken(console: Console, named: str, state: Path) -> None:
    from oneway.connections import path_of
    from oneway.connections.default_notify import readable_default_for
    from oneway.connections.folder import found_at

    is_path = "/" in named or exists(named)
    found = found_at(named if is_path else path_of(named))
    default = readable_default_for(found.file) if found is not None else None
    if found is None or found.refused is None or default is None:
        return
    from oneway.history.journal import Journal
    from oneway.notices import deliver
    from oneway.notices.folders import FolderTrouble, after_look, teller

    codes = {each.code for each in found.refused.diagnostics}
    troubles = [FolderTrouble(code, found.file) for code in codes]
    with Journal.open(state_of(state).journal) as journal:
        after_look(default, troubles, journal, now(), whole=False)
        delivery = deliver((), journal, now(), folders=[teller(default)])
    say_troubles(console, delivery.troubles)
