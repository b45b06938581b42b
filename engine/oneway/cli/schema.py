"""`oneway schema`."""

import json

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled
from oneway.documents.schema_check import schema_names, schema_text


@click.command("schema")
@click.argument("name", required=False)
@consoled
def command(*, console: Console, name: str | None) -> Exit:
    """Print the JSON Schema of a kind of file, or list them.

    \b
    Example:
      oneway schema mapping > mapping.schema.json
    """
    if name is not None:
        console.out(schema_text(name))
        return Exit.DONE
    for each in schema_names():
        console.out(f"{each:<14}{json.loads(schema_text(each)).get('title', '')}")
    return Exit.DONE
