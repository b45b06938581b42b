"""Sends the notices of runs started by hand: why a run could not begin, and how it ended."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from os.path import exists
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import state_of, user
from oneway.connections.connection import Connection, Notify
from oneway.connections.folder import FOLDER
from oneway.core.connector_errors import ConnectorError
from oneway.core.diagnostics import Diagnostic, Refused

if TYPE_CHECKING:
    from oneway.runs.notices import PendingRun


@contextmanager
def delivering(console: Console, connection: Connection | None, state: Path) -> Iterator[None]:
    """Send a connection's notices after the block, unless it was interrupted.

    Delivery errors are printed, but neither end the command nor change its exit code. If the store
    cannot be used, sends an alarm instead.
    """
    try:
        yield
    except (Refused, ConnectorError) as error:
        found = error.diagnostics if isinstance(error, Refused) else ()
        _deliver(console, connection, state, found)
        raise
    _deliver(console, connection, state)


@contextmanager
def starting(
    console: Console, beginning: "PendingRun | None", state: Path, *, more: bool = False
) -> Iterator[None]:
    """Notify, as a scheduled run does, if the block fails to prepare a connection's run.

    Also notifies of broken files around a run that can begin. A run without a connection has no
    channels. With `more`, options of the command line may be the cause, so it sends no notice.
    """
    try:
        yield
    except (Refused, ConnectorError) as error:
        if beginning is not None and not more:
            _notify(console, beginning, state, error)
        raise
    if beginning is not None:
        _notify(console, beginning, state)


def notifying(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """Make a command notify if a broken connection file or an unusable store stops it early."""

    @wraps(command)
    def with_notices(*, state: Path, **rest: Any) -> Exit:
        try:
            return command(state=state, **rest)
        except Refused as refused:
            console = Console(color=not rest.get("no_color"), quiet=bool(rest.get("quiet")))
            with suppress(Refused):
                _notify_of_named(console, rest.get("mapping") or rest.get("name"), state, refused)
            with suppress(Refused):
                _notify_of_store(console, state, refused.diagnostics)
            raise

    return with_notices


def say_troubles(console: Console, troubles: Sequence[Diagnostic]) -> None:
    """Print the channels that did not accept a notice."""
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
    # Imported here because it imports an HTTP client.
    from oneway.history.journal import Journal
    from oneway.notices.alarm import alarm_recipients
    from oneway.notices.delivery import deliver
    from oneway.render.report import pages

    try:
        with Journal.open(state_of(state).journal) as journal:
            sent = deliver([connection], journal, now(), pages=pages(journal))
            say_troubles(console, sent.troubles)
    except Refused as refused:
        found = (*found, *refused.diagnostics)
    to = alarm_recipients((), [connection])
    _alarm(console, str(Path(connection.file).parent), to, state, found)


def _alarm(
    console: Console,
    folder: str,
    to: tuple[Notify, ...],
    state: Path,
    found: Sequence[Diagnostic],
) -> None:
    """Send an alarm if the store cannot be used, or if it can be used again."""
    from oneway.notices.alarm import STORE, Alarm, send_alarms

    # The run's own notice covers every other code.
    wrong = [each for each in found if each.code in STORE]
    say_troubles(console, send_alarms(Alarm(folder, state, to), wrong, now()))


def _notify(
    console: Console,
    beginning: "PendingRun",
    state: Path,
    error: Refused | ConnectorError | None = None,
) -> None:
    """Notify of a run that could not begin, or of broken files around one that can."""
    from oneway.connections.folder import broken_around

    broken = broken_around(beginning.file)
    if error is None:
        for each in broken:
            if each.connection is None and each.refused is not None:  # else the run says it
                console.report(each.refused.diagnostics)
        if not broken and not state_of(state).has_journal:
            return  # nothing to notify of, and no earlier notice to end
    from oneway.history.journal import Journal
    from oneway.notices.delivery import deliver
    from oneway.runs.notices import queue_for_files, queue_for_refused
    from oneway.runs.session import Operator
    from oneway.runs.sync import problems_of

    operator = Operator(user(), state_of(state), now)
    with suppress(Refused):  # the user must see the error that stopped the run, not this one
        with Journal.open(operator.state.journal) as journal:
            if error is None:
                recipients = queue_for_files(beginning, journal, operator.now())
            else:
                recipients = queue_for_refused(beginning, problems_of(error), journal, operator)
            sent = deliver(recipients.connections, journal, now(), folders=recipients.folders)
        say_troubles(console, sent.troubles)


def _notify_of_named(console: Console, named: str | None, state: Path, error: Refused) -> None:
    """Notify of a connection named on the command line, if its file or one around it is broken."""
    if not named:
        return
    from oneway.connections.folder import broken_around, path_of
    from oneway.runs.notices import PendingRun, is_broken

    is_path = "/" in named or exists(named)
    file = named if is_path else path_of(named)
    if is_broken(file):
        _notify(console, PendingRun(file), state, error)
    elif broken_around(file):  # its `notify` may be wrong, which stops `connect` alone
        _notify(console, PendingRun(file), state)


def _notify_of_store(console: Console, state: Path, found: Sequence[Diagnostic]) -> None:
    """Notify the default channels of a folder that the store cannot be used."""
    from oneway.notices.alarm import STORE

    if not Path(FOLDER).is_dir() or not any(each.code in STORE for each in found):
        return
    from oneway.notices.alarm import alarm_recipients
    from oneway.scheduling.folder import Folder

    folder = Folder(Path(FOLDER))
    folder.look()
    to = alarm_recipients(folder.defaults.values(), folder.connections.values())
    _alarm(console, FOLDER, to, state, found)
