"""`oneway keys`."""

from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, remembering, state_of
from oneway.runs.proof import public_key, trust, trusted


@click.command("keys")
@click.option("--trust", "key", metavar="KEY", help="Apply plans that were signed with this key.")
@remembering
@consoled
def command(*, console: Console, key: str | None, state: Path) -> Exit:
    """Show this machine's key for signing plans, or trust another machine's.

    If one machine makes plans and another applies them, the first signs them: this command
    creates its key pair and prints the public key, which the second one must trust. A single
    machine needs no key.

    \b
    Example:
      oneway keys
      oneway keys --trust 4b1f0c...
    """
    folder = state_of(state)
    if key is not None:
        trust(folder, key)
        console.out(f"Trusted here: {', '.join(sorted(trusted(folder)))}\n")
        return Exit.DONE
    console.out(f"{public_key(folder)}\n")
    return Exit.DONE
