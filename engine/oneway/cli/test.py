"""`oneway test`."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled, formatted
from oneway.core.diagnostics import refusal
from oneway.documents.yaml_source import LIMIT, parse
from oneway.mapping.compiler import Compiled
from oneway.render import mapping_tests as render
from oneway.runs import read_file
from oneway.runs.mapping_tests import MappingTestResult, check_test, find_tests, load_test
from oneway.runs.mapping_tests.coverage import DecisionCoverage, coverage
from oneway.runs.prepare import compile_data
from oneway.runs.proving.mutate import EditResult, tried

_DEFAULT = "mappings/"


@dataclass(frozen=True, slots=True)
class Tested:
    """One mapping test: its results, and what was asked for beside them."""

    result: MappingTestResult
    covered: tuple[DecisionCoverage, ...]
    edited: tuple[EditResult, ...]


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--coverage", "shows", is_flag=True, help="Show which decisions no case has seen.")
@click.option(
    "--cover",
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="Fail where fewer of the ways that decisions go are seen.",
)
@click.option("--mutate", is_flag=True, help="Edit the mapping; name the edits no test notices.")
@formatted("text", "json", "junit", "github")
@consoled
def command(
    *,
    console: Console,
    paths: Sequence[str],
    shows: bool,
    cover: int | None,
    mutate: bool,
    format: str,
) -> Exit:
    """Run the tests of mappings, without network.

    A test stands beside its mapping: acme.yaml has acme.test.yaml. PATH is a test, a mapping,
    or a folder; without PATH, mappings/. Each case is planned by the engine that runs the
    mapping, and compared with what is expected of it.

    \b
    Example:
      oneway test
      oneway test mappings/acme.yaml --coverage
      oneway test mappings/acme.yaml --cover 90 --format junit
    """
    files = [file for path in paths or (_DEFAULT,) for file in find_tests(path)]
    if not files:
        help = "write one beside the mapping, as acme.test.yaml beside acme.yaml (docs/testing.md)"
        raise refusal("T106", " ".join(paths or (_DEFAULT,)), "there is no mapping test", help)
    found = [_tested(file, mutate=mutate) for file in files]
    _print(console, found, format, shows=shows or cover is not None, mutate=mutate)
    failed = any(each.result.failed for each in found)
    short = cover is not None and any(render.percent(each.covered) < cover for each in found)
    return Exit.UNPROVEN if failed or short else Exit.DONE


def _tested(file: str, *, mutate: bool) -> Tested:
    test = load_test(read_file(file, LIMIT + 1), file)
    data = read_file(test.mapping, LIMIT + 1)

    mapping, catalogue = compile_data(data, test.mapping, FOLDERS)

    def compiled(text: bytes) -> Compiled:
        return compile_data(text, test.mapping, FOLDERS, known=catalogue)[0]

    result = check_test(test, mapping)
    edited: tuple[EditResult, ...] = ()
    if mutate and not result.failed:
        edited = tuple(tried(test, parse(data, test.mapping), compiled))
    return Tested(result, coverage(result), edited)


def _print(
    console: Console, found: Sequence[Tested], format: str, *, shows: bool, mutate: bool
) -> None:
    results = [each.result for each in found]
    match format:
        case "json":
            data = [
                render.as_json(each.result, each.covered, each.edited if mutate else None)
                for each in found
            ]
            console.json(data)
        case "junit":
            console.out(render.junit(results))
        case "github":
            console.out(render.github(results))
        case _:
            for each in found:
                console.out(render.text(each.result, console.style))
                if shows:
                    console.out(render.coverage_text(each.covered, console.style, full=False))
                if mutate:
                    console.out(_edits(each, console))


def _edits(each: Tested, console: Console) -> str:
    if each.result.failed:
        return "no edit was tried: the tests must pass first\n"
    return render.edits_text(each.edited, console.style)
