"""`oneway connectors`."""

import shutil
from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled, formatted
from oneway.connections.discovery import describe, known_connectors
from oneway.core.connector import Description
from oneway.core.diagnostics import refusal
from oneway.render import connectors


@click.command("connectors")
@click.argument("name", required=False)
@click.option("--copy", is_flag=True, help="Copy its manifest into connectors/, to change it.")
@formatted("text", "json")
@consoled
def command(*, console: Console, name: str | None, copy: bool, format: str) -> Exit:
    """List the systems that mappings can name, or show one.

    One is shown with its options, credentials, resources and their fields, and with what is
    assumed of it. A manifest in connectors/ goes before one that comes with the program.

    \b
    Example:
      oneway connectors
      oneway connectors expensein
    """
    if name is None:
        if copy:
            raise click.UsageError("--copy needs the NAME of a connector.")
        found = [describe(each, FOLDERS) for each in known_connectors(FOLDERS)]
    else:
        found = [describe(name, FOLDERS)]
    if copy:
        return _copy(console, found[0])
    if format == "json":
        console.json([connectors.as_data(each) for each in found])
    elif name is None:
        console.out(connectors.listed(found, console.style))
    else:
        console.out(connectors.text(found[0], console.style))
    return Exit.DONE


def _copy(console: Console, description: Description) -> Exit:
    target = FOLDERS[0] / f"{description.name}.yaml"
    if target.exists():
        help = "take it away first, or change it where it is"
        raise refusal("F120", str(target), "the file is there already", help)
    try:
        Path(target).parent.mkdir(exist_ok=True)
        shutil.copyfile(description.file, target)
    except OSError as error:
        summary = f"cannot be written: {error.strerror}"
        raise refusal("F120", str(target), summary, "check the rights on the folder") from None
    console.out(str(target))
    console.note(f"it goes before the one that comes with the program: oneway validate {target}")
    return Exit.DONE
