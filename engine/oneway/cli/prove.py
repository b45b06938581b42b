"""`oneway prove`."""

from datetime import datetime

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.each_mapping import of_each
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled, formatted, named_connection
from oneway.cli.quoting import quoted
from oneway.core.diagnostics import Findings
from oneway.documents.yaml_source import LIMIT
from oneway.render import proving as render
from oneway.runs.mapping_tests.load import find_tests, load_test
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.prepare.compilation import compile_partly, mapping_of, read_file
from oneway.runs.prepare.request import parse_instant
from oneway.runs.proving.prove import DEFAULT_SITUATIONS, prove
from oneway.runs.validation import found_in

at_most = click.option(
    "--situations",
    type=click.IntRange(1, 1_000_000),
    default=DEFAULT_SITUATIONS,
    show_default=True,
    help="How many situations to try at most.",
)
"""The option that limits the search of `oneway prove` and `oneway same`."""


@click.command("prove")
@click.argument("mapping", metavar="MAPPING", type=click.Path())
@at_most
@formatted("text", "json")
@consoled
def command(*, console: Console, mapping: str, situations: int, format: str) -> Exit:
    """Search for records on which a mapping breaks its laws, without network.

    Tries records of all classes that the mapping distinguishes (words it compares with, values
    that a lookup has, lacks and has twice, days before and after, blank, absent), alone and in
    pairs, with no target record, one that agrees and one that has left. The engine plans each.
    If there are too many pairs, those that decide about a person come first. The laws: leavers
    (by `leavers.when`, right or wrong) leave, are seen to have left, and are not created, a gap
    in the data takes no access away, expressions have values, the second run has nothing to do;
    and the claims of the mapping's test. A situation that breaks a law is printed as a test
    case. The findings of `oneway validate` are printed first.

    MAPPING may also be a connection: its file, or its name; or a folder, for every mapping in it.

    \b
    Example:
      oneway prove mapping.yaml
      oneway prove acme
    """
    return of_each(console, mapping, format, lambda one: _proved(console, one, situations, format))


def _proved(console: Console, mapping: str, situations: int, format: str) -> Exit:
    connection = named_connection(mapping)
    manifests = {} if connection is None else connection.manifests
    mapping = mapping if connection is None else connection.mapping
    made = compile_partly(mapping_of(mapping, connection), mapping, FOLDERS, manifests)
    # A misspelt field breaks no law, because it is merely blank in every record tried here.
    console.report(Findings(list(found_in(made))).refuse_errors())
    compiled, test = made.mapping, test_of(mapping)
    with console.progress():
        proof = prove(compiled, present(test), test, situations)
    if format == "json":
        console.json(render.as_json(proof))
    else:
        console.out(render.text(proof, console.style))
        if not proof.broken:
            command = "plan {} --out plan.json" if test is None else "test {}"
            console.advise("next:", f"oneway {command.format(quoted(mapping))}")
    return Exit.UNPROVEN if proof.broken else Exit.DONE


def test_of(mapping: str) -> MappingTest | None:
    """Return the test beside a mapping, which contains its usual record, or None."""
    (file,) = find_tests(mapping)
    return load_test(read_file(file, LIMIT + 1), file) if file != mapping else None


def present(test: MappingTest | None) -> datetime:
    """Return the as-of instant of all situations: the test's, or today."""
    return now() if test is None else parse_instant(test.as_of)
