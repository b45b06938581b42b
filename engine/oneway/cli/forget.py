"""`oneway forget`."""

from contextlib import ExitStack
from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, formatted, now, remembering, state_of, user
from oneway.core.diagnostics import refusal
from oneway.history.journal import Journal
from oneway.render.layout import count
from oneway.render.sanitize import harmless
from oneway.runs import Operator, hold_lock
from oneway.runs.forget import find_person, forget_person

BEYOND = (
    "both systems: while they hold the person, the next run remembers them again",
    "plans, reports and pages that were saved to files, and mails and webhooks that were sent",
    "messages of errors that stopped runs, and logs",
    "backups of the store",
)
"""Places that no command can reach."""


@click.command("forget")
@click.argument("person")
@click.option("--connection", metavar="NAME", help="Only what this connection keeps.")
@remembering
@formatted("text", "json")
@consoled
def command(
    *, console: Console, person: str, connection: str | None, state: Path, format: str
) -> Exit:
    """Erase one person from the store, and say what cannot be reached.

    Links, entries, kept plans and inputs are erased. PERSON is a match value (a payroll code),
    an id in either system, or the whole name, as plans show them. Guards still count the
    actions, without the person. Runs that included the person can still be shown, but not
    replayed.

    \b
    Example:
      oneway forget PAY0042
    """
    kept = state_of(state)
    if not kept.has_journal:
        raise refusal("U107", str(state), "nothing has run here", "name another --state")
    operator = Operator(user(), kept, now)
    with Journal.open(kept.journal) as journal, ExitStack() as locks:
        found = find_person(journal, person, connection)
        if not found:
            help = "give a match value, an id, or the whole name, as plans show them"
            raise refusal("U107", str(state), f"no record is kept of {person!r}", help)
        for each in found:
            locks.enter_context(hold_lock(each.connection, operator))
        erased = [forget_person(journal, each) for each in found]
    if format == "json":
        data = [
            {
                "connection": each.connection,
                "links": each.links,
                "entries": each.entries,
                "plans": each.plans,
                "snapshots": each.snapshots,
            }
            for each in erased
        ]
        console.json({"forgotten": data, "beyond": list(BEYOND)})
        return Exit.DONE
    for gone in erased:
        parts = (
            count(gone.links, "link"),
            f"{gone.entries:,} entries of the journal",
            count(gone.plans, "plan"),
            count(gone.snapshots, "snapshot"),
        )
        console.out(f"Forgotten in {harmless(gone.connection)}: {', '.join(parts)}.")
    console.out("Not within reach:")
    for text in BEYOND:
        console.out(f"  {text}")
    return Exit.DONE
