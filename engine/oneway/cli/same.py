"""`oneway same`."""

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled, formatted
from oneway.cli.prove import present, test_of
from oneway.cli.versions import version
from oneway.documents.yaml_source import LIMIT
from oneway.render import proving as render
from oneway.runs import read_file
from oneway.runs.prepare import compile_data
from oneway.runs.proving import same
from oneway.runs.proving.prove import DEFAULT_SITUATIONS


@click.command("same")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW", type=click.Path())
@click.option(
    "--situations",
    type=click.IntRange(1, 1_000_000),
    default=DEFAULT_SITUATIONS,
    show_default=True,
    help="How many situations to try at most.",
)
@formatted("text", "json")
@consoled
def command(*, console: Console, old: str, new: str, situations: int, format: str) -> Exit:
    """Search for a record that two versions of a mapping treat differently.

    Tries the situations of `oneway prove`, made of what either version tells apart. OLD is a
    file or git:REV:PATH. Prints the first record that is treated differently, as a test case,
    or up to which bound there is none.

    \b
    Example:
      oneway same old.yaml new.yaml
      oneway same git:origin/main:mappings/acme.yaml mappings/acme.yaml
    """
    before = compile_data(version(old, new), new, FOLDERS)[0]
    after = compile_data(read_file(new, LIMIT + 1), new, FOLDERS)[0]
    test = test_of(new)
    with console.progress():
        found = same(before, after, present(test), test, situations)
    if format == "json":
        console.json(render.same_as_json(found))
    else:
        console.out(render.same_text(found, console.style))
    return Exit.DONE if found.situation is None else Exit.UNPROVEN
