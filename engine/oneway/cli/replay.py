"""`oneway replay`."""

from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled, formatted, limited, remembering, state_of
from oneway.render import replays
from oneway.runs.compare.replay import replay
from oneway.runs.past.find_run import journal_to_read, run_named


@click.command("replay")
@click.argument("run", metavar="RUN")
@click.option(
    "--mapping",
    type=click.Path(),
    metavar="FILE",
    help="Derive it by this mapping instead, from the inputs of that run.",
)
@remembering
@formatted("text", "json")
@limited
@consoled
def command(
    *, console: Console, run: str, mapping: str | None, state: Path, format: str, limit: int | None
) -> Exit:
    """Derive a run's plan again from its snapshot, and show the differences.

    RUN is a run's number, `latest`, or a connection's name. Uses the mapping of that run, and
    today's engine and connectors. Contacts no system, and writes nothing. Ends with 0 if the
    plan is the same byte for byte, otherwise with 3.

    \b
    Example:
      oneway replay latest
      oneway replay 12 --mapping mapping.yaml
    """
    with journal_to_read(state_of(state, make=False)) as journal:
        shown = replay(journal, run_named(journal, run), FOLDERS, mapping)
    if format == "json":
        console.json(replays.as_json(shown))
    else:
        console.out(replays.text(shown, console.style, limit=limit))
    return Exit.DONE if shown.same else Exit.PENDING
