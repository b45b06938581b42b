"""`oneway compile`."""

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, requesting
from oneway.mapping.generated.program import generated
from oneway.mapping.interpreter import Interpreted, LookupTable
from oneway.runs import RunRequest, prepare_run


@click.command("compile")
@requesting
@consoled
def command(*, console: Console, request: RunRequest) -> Exit:
    """Print the Python that a mapping runs as.

    One function makes a row of each source record, and one of each target record, once there are
    enough of them. A record that anything is wrong with is evaluated by the interpreter, which
    says what. Lookup tables, settings and long constants stand as names.

    \b
    Example:
      oneway compile mapping.yaml
      oneway compile mappings/staffology-to-expensein.yaml --set include_bank_details=true
    """
    prepared = prepare_run(request)
    code = prepared.compiled.code
    tables = {each.name: LookupTable({}) for each in code.references}
    found = generated(Interpreted(code, prepared.context, tables))
    if not found.text:
        console.note("this mapping nests too deep for generated code: it is interpreted")
    console.out(found.text)
    return Exit.DONE
