"""`oneway status`."""

from collections.abc import Sequence
from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit, worst
from oneway.cli.options import consoled, formatted, now, remembering, state_of
from oneway.connections import FOLDER, connections_in
from oneway.history.journal import Journal, RunState
from oneway.render import status
from oneway.runs.status import ConnectionStatus, connection_statuses

_EXITS = {
    RunState.REFUSED: Exit.ERROR,
    RunState.HELD: Exit.BLOCKED,
    RunState.DONE_WITH_FAILURES: Exit.FAILED,
    RunState.INTERRUPTED: Exit.ERROR,
}


@click.command("status")
@click.argument("folder", default=FOLDER, type=click.Path(), metavar="[FOLDER]")
@click.option("--exit-code", is_flag=True, help="End with the worst of what is shown: 1, 4 or 5.")
@click.option("--verbose", is_flag=True, help="Name everybody who does not sync.")
@remembering
@formatted("text", "json")
@consoled
def command(
    *,
    console: Console,
    folder: str,
    exit_code: bool,
    verbose: bool,
    state: Path,
    format: str,
) -> Exit:
    """Show how each connection stands, without network.

    For each connection in FOLDER (connections by default), and for each that ever ran: its
    last run, its next one (UTC), who does not sync and why, what a guard holds back and since
    when, what the target refuses and when that is tried again. With --exit-code it ends with
    1 where a connection is broken or its last run was stopped by an error or interrupted, with
    4 where a guard holds something back, with 5 where records failed. A run that goes on
    counts as the one before it.

    \b
    Example:
      oneway status
      oneway status --verbose
      oneway status --exit-code --format json
    """
    given = click.get_current_context().get_parameter_source("folder")
    default = given is click.core.ParameterSource.DEFAULT
    # Without connections there may be runs of mappings all the same.
    found = () if default and not Path(folder).is_dir() else connections_in(folder)
    where = state_of(state, make=False)
    if where.has_journal:
        with Journal.open(where.journal) as journal:
            shown = connection_statuses(found, journal, now())
    else:
        shown = connection_statuses(found, None, now())
    if format == "json":
        console.json(status.as_json(shown))
    else:
        console.out(status.text(shown, console.style, limit=None if verbose else 0))
    return _worst(shown) if exit_code else Exit.DONE


def _worst(shown: Sequence[ConnectionStatus]) -> Exit:
    broken = (Exit.ERROR for each in shown if each.broken or each.future)
    ended = (_EXITS.get(each.ended.state, Exit.DONE) for each in shown if each.ended is not None)
    return worst(*broken, *ended)
