"""`oneway connectors`."""

import re
from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled, formatted
from oneway.cli.written import write_for_people
from oneway.connections.discovery import describe, known_connectors
from oneway.core.description import Description
from oneway.core.diagnostics import refusal
from oneway.render import connectors


@click.command("connectors")
@click.argument("name", required=False)
@click.option(
    "--copy", metavar="NEW", help="Copy its manifest to connectors/NEW.yaml, under that name."
)
@formatted("text", "json")
@consoled
def command(*, console: Console, name: str | None, copy: str | None, format: str) -> Exit:
    """List the systems that mappings can name, or show one.

    A connector is shown with its options, credentials, resources and their fields, and the
    assumptions about it. To change one, copy it under a new name, which has credentials of its
    own.

    \b
    Example:
      oneway connectors
      oneway connectors expensein
      oneway connectors expensein --copy acme-expenses
    """
    if name is None:
        if copy is not None:
            raise click.UsageError("--copy needs the NAME of a connector.")
        found = [describe(each, FOLDERS) for each in known_connectors(FOLDERS)]
    else:
        found = [describe(name, FOLDERS)]
    if copy is not None:
        return _copy(console, found[0], copy)
    console.report([each for one in found for each in one.warnings])
    if format == "json":
        console.json([connectors.as_data(each) for each in found])
    elif name is None:
        console.out(connectors.listed(found, console.style))
    else:
        console.out(connectors.text(found[0], console.style))
    return Exit.DONE


def _copy(console: Console, description: Description, name: str) -> Exit:
    target = FOLDERS[0] / f"{name}.yaml"
    if not _NAME.fullmatch(name) or target.exists() or name in known_connectors(FOLDERS):
        help = "choose a name that no connector has: small letters, digits and hyphens"
        raise refusal("U154", str(target), f"{name!r} cannot be the name of a copy", help)
    text = _SCHEMA.sub("", Path(description.file).read_text(encoding="utf-8"))
    write_for_people(target, _OWN_NAME.sub(f"name: {name}", text, count=1).encode())
    console.out(str(target))
    console.note(f"check it with: oneway validate {target}")
    return Exit.DONE


_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
_SCHEMA = re.compile(r"\A# yaml-language-server: .*\n")
"""Leads to a schema that only the program's own folders have."""
_OWN_NAME = re.compile(r"^name: .*$", re.MULTILINE)
