"""`oneway sandbox`."""

from collections.abc import Sequence
from contextlib import ExitStack
from threading import Event
from typing import Any

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled
from oneway.connections.environment import variable
from oneway.connections.installed import offers
from oneway.core.diagnostics import refusal

_SANDBOXES = {each.name: each for each in offers("oneway.sandboxes")}
"""Installed sandboxes: each entry point names a module whose `start` runs one."""

SYSTEMS = tuple(sorted(_SANDBOXES, reverse=True))


@click.command("sandbox")
@click.argument("system", type=click.Choice([*SYSTEMS, "all"]))
@click.option(
    "--port",
    type=click.IntRange(0, 65534),
    default=0,
    help="The port; the second system of `all` takes the next one. Without it, any.",
)
@consoled
def command(*, console: Console, system: str, port: int) -> Exit:
    """Run stand-ins of both systems on this machine.

    They behave like the real systems, as far as known, have 200 made-up people, and listen only
    on 127.0.0.1. Prints the variables to export, then runs until Ctrl-C.

    \b
    Example:
      oneway sandbox all --port 8100
    """
    systems = SYSTEMS if system == "all" else (system,)
    with ExitStack() as stack:
        running = [
            stack.enter_context(started(each, port + i if port else 0))
            for i, each in enumerate(systems)
        ]
        try:
            _introduce(console, running)
            Event().wait()
        except KeyboardInterrupt:
            console.note("\n# ended")
    return Exit.DONE


def _introduce(console: Console, running: Sequence[Any]) -> None:
    for each in running:
        console.note(f"# {each.system} listens at {each.url}")
    console.out("\n".join(f"export {k}={v}" for k, v in environment(running).items()))
    console.note("# export these in another terminal; Ctrl-C ends it")


def started(system: str, port: int = 0) -> Any:
    """Return a running sandbox; raise `Refused` if the extra is missing or the port taken."""
    try:
        sandboxes = _SANDBOXES[system].load()
    except ModuleNotFoundError as error:
        summary = f"sandboxes need a package that is not installed ({error.name})"
        raise refusal("U109", "sandbox", summary, "pip install 'oneway[sandbox]'") from None
    try:
        return sandboxes.start(system, now().date(), port)
    except OSError as error:
        summary = f"port {port} is not available: {error.strerror or error}"
        raise refusal("U110", "sandbox", summary, "choose another --port, or none") from None


def environment(running: Sequence[Any]) -> dict[str, str]:
    """Return the variables that point the connectors to running sandboxes."""
    found: dict[str, str] = {}
    for each in running:
        found |= {variable(each.system, name): text for name, text in each.options.items()}
    return found
