"""`oneway same`."""

from dataclasses import replace
from importlib.util import find_spec
from os.path import isdir

import click

from oneway.cli.console import Console
from oneway.cli.each_mapping import of_each_edited
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled, formatted
from oneway.cli.prove import at_most, present, test_of
from oneway.cli.versions import GIT, from_git, version
from oneway.core.diagnostics import refusal, unplaced
from oneway.documents.yaml_source import LIMIT
from oneway.mapping.compiler import Compiled
from oneway.mapping.spec import GuardsSpec, MappingSpec
from oneway.planning.guard_kinds import looser_guards
from oneway.render import proving as render
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.prepare.compilation import compile_data, read_file
from oneway.runs.proving.prove import Sameness, VersionComparison, same

_EXTRA = "pip install 'oneway[solver]'"


@click.command("same")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW", type=click.Path())
@at_most
@formatted("text", "json")
@consoled
def command(*, console: Console, old: str, new: str, situations: int, format: str) -> Exit:
    """Find out whether two versions of a mapping treat every record the same.

    With the extra `solver` this is decided for all records, if expressions consist of paths,
    comparisons, ||, &&, !, iif, coalesce and lookups; it says what it cannot decide. Without
    it, and for the rest, it tries the situations of `oneway prove`, for everything that either
    version distinguishes. OLD is a file or git:REV:PATH. Prints a record that the versions treat
    differently, as a test case, or that it found none; and which guards let more through now.
    Ends with 0 if they are the same for every record, with 6 if they are not or a guard lets more
    through, and with 7 if it cannot decide. With git:REV, NEW may be a folder: for every mapping in
    it that differs.

    \b
    Example:
      oneway same old.yaml mapping.yaml
      oneway same git:origin/main:mapping.yaml mapping.yaml
    """

    def run(before: bytes, mapping: str) -> Exit:
        return _printed(console, before, mapping, situations, format)

    if isdir(new):
        revision = old.removeprefix(GIT)
        if revision == old:
            help = "name a revision, as git:origin/main, or two files"
            raise refusal("U121", "same", f"the folder {new} has no version to compare with", help)
        return of_each_edited(
            console, new, revision, format, lambda was, now: run(from_git(revision, was), now)
        )
    return run(version(old, new), new)


def _printed(console: Console, before: bytes, new: str, situations: int, format: str) -> Exit:
    earlier = compile_data(before, new, FOLDERS)[0]
    after = compile_data(read_file(new, LIMIT + 1), new, FOLDERS)[0]
    test = test_of(new)
    with console.progress():
        found = _compared(earlier, after, test, situations)
    looser = looser_guards(earlier.spec.guards, after.spec.guards)
    found = replace(found, looser=tuple(looser))
    if format == "json":
        console.json(render.same_as_json(found))
    else:
        console.out(render.same_text(found, console.style))
        if found.verdict is not Sameness.SAME and not _has_solver():
            console.note(f"note: to decide it for all records: {_EXTRA}")
    return Exit.UNPROVEN if found.looser else _EXITS[found.verdict]


_EXITS = {
    Sameness.SAME: Exit.DONE,
    Sameness.DIFFERENT: Exit.UNPROVEN,
    Sameness.UNDECIDED: Exit.UNDECIDED,
}


def _compared(
    old: Compiled, new: Compiled, test: MappingTest | None, situations: int
) -> VersionComparison:
    if _as_written(old.spec) == _as_written(new.spec):
        return VersionComparison(Sameness.SAME)
    if not _has_solver():
        treated = same(old, new, present(test), test, situations)
        differ = treated.situation is not None
        because = () if differ else ("no solver is installed",)
        return VersionComparison(
            Sameness.DIFFERENT if differ else Sameness.UNDECIDED, because, treated
        )
    from oneway.runs.proving.solver.decide import decide  # slow to import

    return decide(old, new, present(test), test, situations)


def _as_written(spec: MappingSpec) -> object:
    """Return a mapping without its places, comments and quotes, and without its guards.

    Guards hold back a plan, and change nothing that is planned for a record.
    """
    return unplaced(replace(spec, file="", text=b"", guards=GuardsSpec()))


def _has_solver() -> bool:
    return find_spec("z3") is not None
