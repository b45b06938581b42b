"""`oneway compile`."""

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, requesting
from oneway.mapping.generated.functions import generated
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.lookup_table import LookupTable
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.request import RunRequest


@click.command("compile")
@requesting
@consoled
def command(*, console: Console, request: RunRequest) -> Exit:
    """Print the Python code generated from a mapping.

    For more than a few records, one function computes the rows of source records, and another
    those of target records. The interpreter evaluates records with a problem, and reports it.
    Lookup tables, settings and long constants appear as names.

    \b
    Example:
      oneway compile mapping.yaml
    """
    prepared = prepare_run(request)
    code = prepared.compiled.code
    tables = {each.name: LookupTable({}) for each in code.references}
    found = generated(Interpreted(code, prepared.context, tables))
    if not found.text:
        console.note("this mapping nests too deep for generated code: it is interpreted")
    console.out(found.text)
    return Exit.DONE
