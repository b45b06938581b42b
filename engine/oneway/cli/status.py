"""`oneway status`."""

from collections.abc import Sequence
from contextlib import nullcontext
from os.path import isdir
from pathlib import Path

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit, worst
from oneway.cli.options import consoled, formatted, remembering, state_of, user
from oneway.connections.folder import FOLDER, connections_in
from oneway.core.diagnostics import did_you_mean, refusal
from oneway.history.journal import Journal, RunState
from oneway.render import status
from oneway.runs.past.status import ConnectionStatus, Need, connection_statuses
from oneway.runs.session import Operator
from oneway.runs.unrecorded import record_dead_runs

_EXITS = {
    RunState.REFUSED: Exit.ERROR,
    RunState.HELD: Exit.BLOCKED,
    RunState.DONE_WITH_FAILURES: Exit.FAILED,
    RunState.INTERRUPTED: Exit.ERROR,
}

_FULL = 5
"""How many connections are shown in full by default."""


@click.command("status")
@click.argument("folder", default=FOLDER, type=click.Path(), metavar="[FOLDER]")
@click.option("--exit-code", is_flag=True, help="End with the worst of what is shown: 1, 4 or 5.")
@click.option("--verbose", is_flag=True, help="Name everyone who does not sync.")
@click.option("--all", "every", is_flag=True, help="Show each connection in full.")
@click.option(
    "--connection",
    "names",
    multiple=True,
    metavar="NAME",
    help="Only this connection, in full; may be given more than once.",
)
@click.option(
    "--only",
    "needs",
    multiple=True,
    metavar="TROUBLE",
    type=click.Choice([each.value for each in Need]),
    help="Only connections with this problem; may be given more than once: "
    f"{', '.join(e.value for e in Need)}.",
)
@remembering
@formatted("text", "json")
@consoled
def command(
    *,
    console: Console,
    folder: str,
    exit_code: bool,
    verbose: bool,
    every: bool,
    names: tuple[str, ...],
    needs: tuple[str, ...],
    state: Path,
    format: str,
) -> Exit:
    """Show the status of each connection, without network.

    The first line sums up all connections in FOLDER (connections by default), and those that
    ever ran. Then come the connections that need attention, the worst first. Up to five
    connections are shown with all details, or any number with --all, --verbose or --connection:
    the last run, the next one, who does not sync and why, what a guard holds back and since
    when, what the target refuses and when it is retried. With --exit-code it ends with 1 if a
    connection is broken or its last run was stopped by an error or interrupted, with 4 if a
    guard holds something back, with 5 if records failed, and with 1 if there is no connection
    and no run at all, as in a wrong folder. During a run, the one before it counts. `40 linked`
    are people whose target record is remembered. Times are in each connection's time zone.

    \b
    Example:
      oneway status
      oneway status --connection acme --verbose
      oneway status --only access --only held --all
      oneway status --exit-code --format json
    """
    given = click.get_current_context().get_parameter_source("folder")
    known = _known(folder, state, default=given is click.core.ParameterSource.DEFAULT)
    shown = _chosen(known, names, needs)
    if format == "json":
        console.json(status.as_json(shown))
    else:
        whole = every or verbose or bool(names) or len(shown) <= _FULL
        limit = None if verbose else 0
        console.out(status.text(shown, console.style, limit=limit, whole=whole, chosen=bool(known)))
    if exit_code and not known:
        return Exit.ERROR  # a monitor that runs in the wrong folder must notice
    return _worst(shown) if exit_code else Exit.DONE


def _known(folder: str, state: Path, *, default: bool) -> Sequence[ConnectionStatus]:
    """Return the status of the connections in a folder and of all that ever ran.

    The `default` folder may be missing: even without connections, there may be runs of mappings.
    """
    found = () if default and not isdir(folder) else connections_in(folder)
    where = state_of(state, make=False)
    record_dead_runs(Operator(user(), where, now))
    journal = Journal.look(where.journal)
    with journal or nullcontext():
        return connection_statuses(found, journal, now())


def _chosen(
    shown: Sequence[ConnectionStatus], names: Sequence[str], needs: Sequence[str]
) -> tuple[ConnectionStatus, ...]:
    known = [each.name for each in shown]
    for name in names:
        if name not in known:
            help = did_you_mean(name, known) or "`oneway status --all` lists the connections"
            raise refusal("F130", name, f"there is no connection {name!r}", help)
    return tuple(
        each
        for each in shown
        if (not names or each.name in names)
        and (not needs or any(need.value in needs for need in each.needs))
    )


def _worst(shown: Sequence[ConnectionStatus]) -> Exit:
    shown = [each for each in shown if not each.disconnected]
    broken = (Exit.ERROR for each in shown if each.broken or each.future)
    ended = (_EXITS.get(each.ended.state, Exit.DONE) for each in shown if each.ended is not None)
    return worst(*broken, *ended)
