"""`oneway schema`."""

import json

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled
from oneway.documents.schema_check import schema_names, schema_text
from oneway.documents.yaml_source import LIMIT
from oneway.runs.editor.facts import facts_of
from oneway.runs.editor.schema import schema_for
from oneway.runs.prepare.compilation import read_file


@click.command("schema")
@click.argument("name", required=False)
@click.option(
    "--for",
    "mapping",
    type=click.Path(),
    metavar="MAPPING",
    help="Fill in the fields, references and functions of this mapping.",
)
@consoled
def command(*, console: Console, name: str | None, mapping: str | None) -> Exit:
    """Print the JSON Schema of a kind of file, or list them.

    With --for, an editor that knows YAML completes and explains the fields of the mapping's own
    source and target.

    \b
    Example:
      oneway schema mapping > mapping.schema.json
      oneway schema mapping --for mapping.yaml > mapping.schema.json
    """
    if mapping is not None:
        if name != "mapping":
            raise click.UsageError("--for goes with the schema of mappings: oneway schema mapping.")
        facts = facts_of(read_file(mapping, LIMIT + 1), mapping, FOLDERS)
        console.out(json.dumps(schema_for(facts), indent=2, ensure_ascii=False))
        return Exit.DONE
    if name is not None:
        console.out(schema_text(name))
        return Exit.DONE
    for each in schema_names():
        console.out(f"{each:<14}{json.loads(schema_text(each)).get('title', '')}")
    return Exit.DONE
