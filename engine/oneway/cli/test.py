"""`oneway test`."""

from collections.abc import Sequence
from os.path import isdir
from typing import Any

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, Percent, consoled, formatted, reading
from oneway.cli.quoting import quoted
from oneway.cli.recording import print_recorded
from oneway.cli.versions import at_revision
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import refusal
from oneway.core.progress import shown_while
from oneway.documents.yaml_source import LIMIT, parse
from oneway.mapping.compiler import Compiled
from oneway.render import mapping_tests as render
from oneway.runs.mapping_tests.check import check_test
from oneway.runs.mapping_tests.coverage import DecisionCoverage, coverage, of_edit
from oneway.runs.mapping_tests.load import find_tests, load_test
from oneway.runs.mapping_tests.results import MappingTestResult
from oneway.runs.mapping_tests.unknown_names import warnings_of
from oneway.runs.prepare.compilation import START, compile_data, read_file
from oneway.runs.proving.mutate import EditResult, edits, enums_of, tried

_DEFAULT = "mappings/"
_MOST_EDITS = 10
"""How many unnoticed edits are shown without --all."""


@dataclass(frozen=True, slots=True)
class Tested:
    """One mapping test: its results, and whatever else was requested.

    `new` are the decisions that are new or changed since a revision.
    """

    result: MappingTestResult
    covered: tuple[DecisionCoverage, ...]
    new: tuple[DecisionCoverage, ...]
    edited: tuple[EditResult, ...] | None


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--coverage", "shows", is_flag=True, help="Show which decisions no case has seen.")
@click.option(
    "--cover",
    type=Percent(),
    metavar="PERCENT",
    help="Fail if the cases see fewer of the ways that decisions go.",
)
@click.option(
    "--cover-new",
    type=Percent(),
    metavar="PERCENT",
    help="The same, for decisions that are new or changed since --against.",
)
@click.option("--against", metavar="REV", help="The git revision that --cover-new compares with.")
@click.option("--mutate", is_flag=True, help="Edit the mapping; name the edits no test notices.")
@click.option("--all", "every", is_flag=True, help="With --mutate, show all of those edits.")
@click.option(
    "--record",
    metavar="KEY",
    help="Make a case from a real record, with invented values; the options below say what to "
    "read.",
)
@reading
@formatted("text", "json", "junit", "github")
@consoled
def command(
    *,
    console: Console,
    paths: Sequence[str],
    shows: bool,
    cover: int | None,
    cover_new: int | None,
    against: str | None,
    mutate: bool,
    every: bool,
    record: str | None,
    format: str,
    **asked: Any,
) -> Exit:
    """Run the tests of mappings, without network.

    A test stands beside its mapping: acme.yaml has acme.test.yaml. PATH is a test, a mapping,
    or a folder; without PATH, mappings/. The engine that runs the mapping plans
    each case, and the plan must meet the case's expectations.

    \b
    Example:
      oneway test mapping.yaml
      oneway test mapping.yaml --coverage
      oneway test mapping.yaml --cover 90% --format junit
      oneway test mapping.yaml --cover-new 100% --against origin/main
      oneway test mapping.yaml --record 01003
    """
    if record is not None:
        return print_recorded(console, paths, record, asked)
    _refuse_asked(asked)
    if (cover_new is None) != (against is None):
        raise click.UsageError("--cover-new and --against go together: since which revision?")
    found = [_tested(console, file, mutate, against) for file in _files(paths)]
    most = None if every else _MOST_EDITS
    wanted = _Wanted(shows or cover is not None, cover, cover_new, most)
    _print(console, found, format, wanted)
    failed = any(each.result.failed or wanted.is_short(each) for each in found)
    if format == "text" and len(found) == 1 and not (failed or mutate):
        named = quoted(found[0].result.test.mapping)
        console.advise("next:", f"oneway plan {named} --out plan.json")
    return Exit.UNPROVEN if failed else Exit.DONE


def _files(paths: Sequence[str]) -> Sequence[str]:
    """Return the tests at these paths, or in the default folder; raise `Refused` without any."""
    if not paths and not isdir(_DEFAULT):
        help = f"name a mapping, or: {START}"
        raise refusal("F120", _DEFAULT, "there is no such folder", help)
    files = list(dict.fromkeys(f for path in paths or (_DEFAULT,) for f in find_tests(path)))
    if not files:
        help = "write acme.test.yaml beside acme.yaml, say: `oneway docs testing` shows how"
        raise refusal("T106", " ".join(paths or (_DEFAULT,)), "there is no mapping test", help)
    return files


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The required coverage in percent, whether to show all of it, and how many edits to show."""

    shown: bool
    all: int | None
    new: int | None
    most: int | None

    def is_short(self, each: Tested) -> bool:
        """Return whether a test's coverage is too low."""
        short = self.all is not None and render.percent(each.covered) < self.all
        return short or (self.new is not None and render.percent(each.new) < self.new)


def _refuse_asked(asked: dict[str, Any]) -> None:
    """Reject options for reading systems, which tests do not do."""
    given = [name for name, value in asked.items() if value and name != "as_of"]
    if given:
        raise click.UsageError("files and options of systems are for --record; tests read none.")


def _tested(console: Console, file: str, mutate: bool, against: str | None) -> Tested:
    test = load_test(read_file(file, LIMIT + 1), file)
    data = read_file(test.mapping, LIMIT + 1)

    mapping, catalogue = compile_data(data, test.mapping, FOLDERS)

    def compiled(text: bytes) -> Compiled:
        return compile_data(text, test.mapping, FOLDERS, known=catalogue)[0]

    console.report(warnings_of(test, mapping))
    result = check_test(test, mapping)
    edited: tuple[EditResult, ...] | None = () if mutate else None
    if mutate and not result.failed:
        document = parse(data, test.mapping)
        with console.progress(lines=True) as progress:
            edited = tuple(
                shown_while(
                    progress,
                    f"edits of {test.mapping} tried",
                    tried(test, document, compiled),
                    sum(1 for _ in edits(document, enums_of(mapping))),
                )
            )
    covered = coverage(result)
    before = None if against is None else at_revision(against, test.mapping)
    new = of_edit(covered, None if before is None else compiled(before))
    return Tested(result, covered, new, edited)


def _print(console: Console, found: Sequence[Tested], format: str, wanted: _Wanted) -> None:
    results = [each.result for each in found]
    match format:
        case "json":
            data = [
                render.as_json(
                    each.result,
                    each.covered,
                    each.edited,
                    None if wanted.new is None else each.new,
                )
                for each in found
            ]
            console.json(data)
        case "junit":
            console.out(render.junit(results))
        case "github":
            short = [each.new for each in found if wanted.new is not None and wanted.is_short(each)]
            console.out(render.github(results, [one for each in short for one in each]))
        case _:
            for each in found:
                console.out(render.text(each.result, console.style))
                if wanted.shown:
                    console.out(render.coverage_text(each.covered, console.style))
                if wanted.new is not None:
                    said = "new or changed decision"
                    console.out(render.coverage_text(each.new, console.style, said))
                if each.edited is not None:
                    console.out(_edits(each.result, each.edited, console, wanted.most))


def _edits(
    result: MappingTestResult, edited: Sequence[EditResult], console: Console, most: int | None
) -> str:
    if result.failed:
        return "no edit was tried: the tests must pass first\n"
    return render.edits_text(edited, console.style, most)
