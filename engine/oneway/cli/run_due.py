"""`oneway run-due`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit, worst
from oneway.cli.log import is_json, write
from oneway.cli.options import FOLDERS, consoled, formatted, logged, pooled, remembering, user
from oneway.cli.signal_handling import signals
from oneway.connections.connection import Connection
from oneway.connections.folder import FOLDER, files_in
from oneway.connections.schedule import last_due, next_due
from oneway.connections.store_location import store_url
from oneway.core.diagnostics import Refused
from oneway.core.instants import moment
from oneway.history.journal import Journal, RunState
from oneway.history.journal.schedule_claims import (
    GIVEN_UP,
    ScheduleStatus,
    schedule_statuses,
    unseen,
)
from oneway.history.schedule_policy import Step, step, unspread
from oneway.render.layout import clip, pad
from oneway.render.sanitize import harmless
from oneway.runs.prepare.request import instant_text
from oneway.runs.telemetry.watchers import asked_for
from oneway.scheduling.folder import Folder
from oneway.scheduling.job import How, RunHost
from oneway.scheduling.log import EventLog, in_words
from oneway.scheduling.loop import Loop
from oneway.scheduling.notices import Post
from oneway.scheduling.process_pool import ProcessPool
from oneway.scheduling.register import Register
from oneway.scheduling.runner import Runner
from oneway.state.folder import StateFolder

_EXITS = {
    RunState.HELD.value: Exit.BLOCKED,
    RunState.DONE_WITH_FAILURES.value: Exit.FAILED,
    "failed": Exit.FAILED,  # earlier versions stored this
    RunState.REFUSED.value: Exit.ERROR,
    RunState.INTERRUPTED.value: Exit.ERROR,
    GIVEN_UP: Exit.ERROR,
    How.DIED.value: Exit.ERROR,
}
_WORDS = {
    Step.REST: "waits",
    Step.BEGIN: "due now",
    Step.TAKE_OVER: "begun, not ended",
}
_NAME, _STATE, _INSTANT = 18, 16, 20


@click.command("run-due")
@click.argument("folder", type=click.Path(), default=FOLDER, metavar="[FOLDER]")
@click.option(
    "--dry-run", is_flag=True, help="List due connections and their next dues; run nothing."
)
@pooled
@logged
@remembering
@formatted("text", "json")
@consoled
def command(
    *,
    console: Console,
    folder: str,
    dry_run: bool,
    jobs: int,
    max_run: timedelta,
    state: Path,
    format: str,
) -> Exit:
    """Run the connections of a folder that are due, once, and end.

    For cron, systemd timers and Kubernetes, every few minutes. It runs each connection that is
    due, and one that missed its due once, late. A new connection first runs at its next due.
    Ends with the worst exit code of the runs.

    \b
    Example:
      oneway run-due
      oneway run-due connections --dry-run
    """
    files_in(folder)
    place = RunHost(Path.cwd(), state, store_url(), FOLDERS, user(), now, asked_for(log=is_json()))
    if dry_run:
        return _listed(console, Folder(Path(folder)), place, format)
    log = EventLog(write, now, json=is_json(), quiet=console.quiet)
    pool = ProcessPool(jobs, max_run)
    loop = Loop(place, Folder(Path(folder)), pool, log, once=True)
    board = loop.board
    post = Post(Register(place).journal, loop.folder, state, log, now, lambda: board.problems)
    open_store(loop, post)
    with signals() as stop:
        Runner(loop, pool, stop).run()
    post.deliver()
    if format == "json":
        console.json([each.as_json for each in loop.results])
    else:
        console.note(_summed_up(loop))
    if stop.asked:
        return Exit.INTERRUPTED
    broken = loop.folder.broken or loop.board.trouble
    exits = (_EXITS.get(each.state, Exit.DONE) for each in loop.results)
    return worst(Exit.ERROR if broken else Exit.DONE, *exits)


def open_store(loop: Loop, post: Post) -> None:
    """Open the store; if that fails, alert the folder's channels and raise `Refused`."""
    try:
        loop.register.journal()
    except Refused as refused:
        loop.folder.look()
        post.alarmed(refused.diagnostics)
        raise


def _summed_up(loop: Loop) -> str:
    states = Counter(each.state for each in loop.results)
    ran = ", ".join(f"{number:,} {state}" for state, number in sorted(states.items()))
    if loop.board.trouble:
        return f"ran: {ran}; the rest could not" if ran else "nothing could run"
    return f"ran: {ran}" if ran else "nothing was due"


def _listed(console: Console, folder: Folder, place: RunHost, format: str) -> Exit:
    """Print the connections and their next dues, without creating a store."""
    state, at = StateFolder(place.state, place.store, make=False), place.now()
    folder.look()
    known: dict[str, ScheduleStatus] = {}
    journal = Journal.look(state.journal)
    if journal is not None:
        with journal:
            known |= schedule_statuses(journal)
            for name in journal.connections():  # including those that only run by hand
                known.setdefault(name, unseen(journal, name, instant_text(at)))
    rows = [_row(each, known, at) for _, each in sorted(folder.connections.items())]
    broken = {
        file: each.refused.diagnostics
        for file, each in folder.broken.items()
        if each.refused is not None
    }
    if format == "json":
        files = {file: list(map(in_words, found)) for file, found in broken.items()}
        console.json({"connections": rows, "broken": files})
    else:
        zones = {each.name: each.zone for each in folder.connections.values()}
        console.out(_table([_in_zone(each, zones) for each in rows]))
        for found in broken.values():
            console.report(found)
    return Exit.ERROR if broken else Exit.DONE


def _row(
    connection: Connection, known: Mapping[str, ScheduleStatus], at: datetime
) -> dict[str, str]:
    row = {"connection": connection.name, "state": "never", "due": "", "next": ""}
    if connection.schedule is None:
        return row
    schedule = unspread(connection.schedule)
    due = last_due(schedule, connection.name, at)
    following = next_due(schedule, connection.name, at)
    row["next"] = "" if following is None else instant_text(following.at)
    status = known.get(connection.name)
    if status is None:
        return {**row, "state": "not seen before"}
    row["state"] = _WORDS[asked := step(due, status)]
    if asked is not Step.REST and due is not None:
        row["due"] = instant_text(due.nominal)
    return row


def _in_zone(row: Mapping[str, str], zones: Mapping[str, str]) -> Mapping[str, str]:
    """Return a row with times in the connection's time zone."""
    zone = zones[row["connection"]]
    return {**row, **{key: moment(row[key], zone) for key in ("due", "next") if row[key]}}


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    head = {"connection": "CONNECTION", "state": "STATE", "due": "DUE", "next": "NEXT"}
    widths = {"connection": _NAME, "state": _STATE, "due": _INSTANT}
    lines = []
    for row in [head, *rows]:
        cells = [pad(clip(harmless(row[key]), width), width) for key, width in widths.items()]
        lines.append("  ".join([*cells, row["next"]]).rstrip())
    return "\n".join(lines)
