"""`oneway functions`."""

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, formatted
from oneway.core.diagnostics import did_you_mean, refusal
from oneway.mapping.functions import BY_NAME, LIBRARY, Function
from oneway.mapping.functions.built_in import BUILT_IN
from oneway.render import functions
from oneway.render.layout import wrap


@click.command("functions")
@click.argument("name", required=False)
@formatted("text", "json")
@consoled
def command(*, console: Console, name: str | None, format: str) -> Exit:
    """List the functions that expressions may use, or show one.

    A function is shown with its parameters and examples.

    \b
    Example:
      oneway functions
      oneway functions pad_left
    """
    found = LIBRARY if name is None else (_found(name),)
    if format == "json":
        console.json(functions.as_json(found))
        return Exit.DONE
    console.out(functions.text(found, console.style))
    if name is None:
        own = f"and JMESPath's own: {', '.join(sorted(BUILT_IN))}"
        console.note("\n".join(wrap(own, console.style, 0, 2)))
    return Exit.DONE


def _found(name: str) -> Function:
    if name in BY_NAME:
        return BY_NAME[name]
    if name in BUILT_IN:
        summary = f"'{name}' is one of JMESPath's own functions"
        help = "https://jmespath.org/specification.html#built-in-functions describes it"
    else:
        summary = f"there is no function '{name}'"
        help = did_you_mean(name, [*BY_NAME, *BUILT_IN]) or "`oneway functions` lists them"
    raise refusal("U108", "functions", summary, help)
