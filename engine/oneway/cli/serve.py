"""`oneway serve`."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import click

from oneway import __version__
from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.log import is_json, write
from oneway.cli.options import FOLDERS, consoled, logged, pooled, remembering, user
from oneway.cli.run_due import open_store
from oneway.cli.signal_handling import signals
from oneway.connections.folder import FOLDER, files_in
from oneway.connections.secrets.open import opened
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.connections.store_location import store_url
from oneway.runs.telemetry.watchers import asked_for
from oneway.scheduling.folder import Folder
from oneway.scheduling.health_state import HealthState
from oneway.scheduling.http_server import Address, Metrics, address, listening, token_of
from oneway.scheduling.job import RunHost
from oneway.scheduling.log import EventLog
from oneway.scheduling.loop import Loop
from oneway.scheduling.notices import Post
from oneway.scheduling.process_pool import ProcessPool
from oneway.scheduling.register import Register
from oneway.scheduling.runner import Runner

LISTEN = "127.0.0.1:9108"
OFF = "off"


@click.command("serve")
@click.argument("folder", type=click.Path(), default=FOLDER, metavar="[FOLDER]")
@pooled
@click.option(
    "--listen",
    default=LISTEN,
    show_default=True,
    metavar="ADDRESS",
    help="Where /healthz and /metrics answer, on this machine alone unless there is a token; "
    "`off` for nowhere.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A private file with the token that requests for /metrics must carry.",
)
@logged
@remembering
@consoled
def command(
    *,
    console: Console,
    folder: str,
    jobs: int,
    max_run: timedelta,
    listen: str,
    token_file: Path | None,
    state: Path,
) -> Exit:
    """Run all connections of a folder on their schedules, until stopped.

    It runs each connection that is due, and one that missed its due while no server ran once,
    late. Files may be added, changed and removed meanwhile. The first Ctrl-C or SIGTERM lets
    the writes in flight end; the second ends at once.

    \b
    Example:
      oneway serve
      oneway serve connections --jobs 8 --log json
    """
    token = "" if token_file is None else token_of(_read(token_file), str(token_file))
    at = None if listen == OFF else address(listen, token=token)
    files_in(folder)
    place = RunHost(Path.cwd(), state, store_url(), FOLDERS, user(), now, asked_for(log=is_json()))
    log = EventLog(write, now, json=is_json(), quiet=console.quiet)
    pool = ProcessPool(jobs, max_run)
    loop = Loop(place, Folder(Path(folder)), pool, log)
    board = loop.board
    post = Post(Register(place).journal, loop.folder, state, log, now, lambda: board.problems)
    open_store(loop, post)  # an unusable store is an error before the schedule starts
    with ExitStack() as stack:
        stop = stack.enter_context(signals())
        if at is not None:
            at = stack.enter_context(_answering(at, board, place, log, token))
        stack.enter_context(post.beside())
        _introduce(log, at, Path(folder))
        well = Runner(loop, pool, stop).run()
    log.say("stopped", "all runs have ended" if well else "ended at once")
    return Exit.DONE if well else Exit.INTERRUPTED


def _read(path: Path) -> str:
    """Return the text of a private file, checked like any credential's file."""
    return opened(SecretRef(SecretKind.FILE, str(path))).open()


def _introduce(log: EventLog, at: Address | None, folder: Path) -> None:
    where = f", http://{at.shown}/healthz and /metrics" if at is not None else ""
    log.say("serving", f"oneway {__version__} keeps the schedules of {folder}{where}")
    log.say("shared", "dues are shared: of all servers over this state, one runs each due")


@contextmanager
def _answering(
    at: Address, board: HealthState, place: RunHost, log: EventLog, token: str
) -> Iterator[Address]:
    metrics = _metrics(board, place)
    if metrics is None:
        log.say("metrics", "/metrics needs one more package: pip install 'oneway[serve]'")
    with listening(at, board, metrics, token) as found:
        yield found


def _metrics(board: HealthState, place: RunHost) -> Metrics | None:
    """Return the source of the metrics, or None if their package is not installed."""
    try:
        from oneway.scheduling import metrics
    except ModuleNotFoundError:
        return None
    return metrics.metrics(Register(place).journal, board)
