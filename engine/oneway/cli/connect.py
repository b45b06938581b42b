"""`oneway connect`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from oneway.cli.connecting.first_sync import first_sync
from oneway.cli.connecting.naming import asked_name, existing
from oneway.cli.connecting.output import as_data, print_saved
from oneway.cli.connecting.request import ConnectOptions, references, wishes_of
from oneway.cli.connecting.setup import connected, renewed
from oneway.cli.console import Console, StderrConsole
from oneway.cli.exits import Exit
from oneway.cli.notices import notifying
from oneway.cli.options import consoled, formatted, limited, pairs, remembering, shared_folder
from oneway.cli.prompts import Asking, is_terminal
from oneway.connections.connection import Connection
from oneway.runs.commit_connection import in_order


@click.command("connect")
@notifying
@click.argument("name", required=False, default="")
@click.option("--mapping", metavar="PATH", default="", help="The mapping.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    callback=pairs,
    help="Set one of the mapping's settings.",
)
@click.option(
    "--source-option",
    "source_options",
    multiple=True,
    metavar="NAME=VALUE",
    callback=pairs,
    help="An option of the source, such as the employer.",
)
@click.option(
    "--target-option",
    "target_options",
    multiple=True,
    metavar="NAME=VALUE",
    callback=pairs,
    help="An option of the target.",
)
@click.option(
    "--source-credential",
    "source_refs",
    multiple=True,
    metavar="NAME=env:VARIABLE",
    callback=references("source"),
    help="Where a credential of the source is kept: env:VARIABLE, file:PATH, keyring:SERVICE/NAME.",
)
@click.option(
    "--target-credential",
    "target_refs",
    multiple=True,
    metavar="NAME=env:VARIABLE",
    callback=references("target"),
    help="The same for the target.",
)
@click.option(
    "--credentials-stdin",
    is_flag=True,
    help="Read credentials from standard input and keep them: a line source.NAME=VALUE each.",
)
@click.option(
    "--keep-secrets",
    type=click.Choice(["keyring", "file"]),
    help="Where typed credentials are kept; without it, in a keyring where one works.",
)
@click.option("--schedule", metavar="CRON", default="", help="When it runs by itself, or never.")
@click.option("--time-zone", metavar="ZONE", default="", help="The time zone of the schedule.")
@click.option(
    "--notify",
    "tell",
    metavar="ADDRESS",
    default="",
    help="Who is notified of failures: an address, or nobody; by default the folder's channels.",
)
@click.option("--mail-server", metavar="HOST[:PORT]", default="", help="What sends that mail.")
@click.option("-y", "--yes", is_flag=True, help="Take all defaults, and apply the first plan.")
@click.option("--no-sync", is_flag=True, help="Leave the first sync to the schedule, or to you.")
@remembering
@formatted("text", "json")
@limited
@consoled
def command(
    *,
    console: Console,
    yes: bool,
    state: Path,
    format: str,
    limit: int | None,
    **given: Any,
) -> Exit:
    """Connect two systems: credentials, employer, schedule, first sync.

    Asks what is missing, tests both credentials at once, lists employers to choose from, and
    checks the set-up. Then it keeps the credentials and writes connections/NAME.yaml, shows
    what the first sync would change, and asks before it writes.

    With the NAME of an existing connection, it asks for new credentials, tests them before
    they replace the old ones, and syncs again.

    Credentials never go on the command line, where others could see them: type them unseen,
    send them to standard input, or name the place where they are kept.

    \b
    Example:
      oneway connect
      oneway connect acme
      oneway connect acme --yes --mapping mappings/staffology-to-expensein.yaml \\
        --source-credential api_key=env:ONEWAY_ACME_PAYROLL_KEY \\
        --source-option employer=5a9df0c1-0d1e-4f6a-9c57-0e1f2a3b4c5d \\
        --target-credential api_key=file:connections/secrets/expenses
    """
    shown = console if format == "text" else StderrConsole(console.color, console.quiet)
    asking = Asking(shown) if is_terminal() else None
    wishes = wishes_of(yes=yes, shared=shared_folder(state), **given)
    try:
        connection = _connection(shown, asking, wishes, state)
    except (KeyboardInterrupt, click.Abort):
        console.tell("\nended; nothing was kept and nothing was changed\n")
        return Exit.INTERRUPTED
    print_saved(shown, connection)
    synced = None
    if wishes.sync:
        synced = first_sync(shown, asking, connection, state, yes=yes, limit=limit)
    if format == "json":
        console.json(as_data(connection, synced))
    return synced.exit if synced else Exit.DONE


def _connection(
    console: Console, asking: Asking | None, wishes: ConnectOptions, state: Path
) -> Connection:
    """Return the connection once it is written, or has new credentials."""
    with in_order():
        if asking is not None and not wishes.name:
            wishes = replace(wishes, name=asked_name(asking))
        former = existing(wishes.name)
        if former is None:
            return connected(console, asking, wishes)
        return renewed(console, asking, wishes, former, state)
