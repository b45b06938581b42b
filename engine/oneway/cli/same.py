"""`oneway same`."""

from dataclasses import replace
from importlib.util import find_spec

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled, formatted
from oneway.cli.prove import at_most, present, test_of
from oneway.cli.versions import version
from oneway.core.diagnostics import unplaced
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
    through, and with 7 if it cannot decide.

    \b
    Example:
      oneway same old.yaml mapping.yaml
      oneway same git:origin/main:mapping.yaml mapping.yaml
    """
    before = compile_data(version(old, new), new, FOLDERS)[0]
    after = compile_data(read_file(new, LIMIT + 1), new, FOLDERS)[0]
    test = test_of(new)
    with console.progress():
        found = _compared(before, after, test, situations)
    looser = looser_guards(before.spec.guards, after.spec.guards)
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
