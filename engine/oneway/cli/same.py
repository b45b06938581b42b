"""`oneway same`."""

from dataclasses import replace
from importlib.util import find_spec
from os.path import isdir

import click

from oneway.cli.console import Console
from oneway.cli.each_mapping import of_each_edited
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled, formatted, named_connection
from oneway.cli.prove import at_most, present, test_of
from oneway.cli.versions import GIT, version, version_at
from oneway.connections.connection import Connection
from oneway.core.diagnostics import Findings, Refused, refusal, unplaced
from oneway.documents.lenient import obj
from oneway.mapping.compiler import Compiled
from oneway.mapping.spec import GuardsSpec, MappingSpec
from oneway.planning.guard_kinds import looser_guards
from oneway.render import proving as render
from oneway.runs.compare.connection_edits import redirected
from oneway.runs.compare.version_files import VersionFiles
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.prepare.as_run import as_run_by
from oneway.runs.prepare.compilation import compile_data, mapping_of
from oneway.runs.prepare.validate_connection import connection_mistakes
from oneway.runs.proving.prove import DifferentTreatment, Sameness, VersionComparison, same

_EXTRA = "pip install 'oneway[solver]'"


@click.command("same")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW", type=click.Path())
@at_most
@formatted("text", "json")
@consoled
def command(*, console: Console, old: str, new: str, situations: int, format: str) -> Exit:
    """Find out whether two versions of a mapping or a connection treat every record the same.

    With the extra `solver` this is decided for all records, if expressions consist of paths,
    comparisons, ||, &&, !, iif, coalesce and lookups; it says what it cannot decide. Without
    it, and for the rest, it tries the situations of `oneway prove`, for everything that either
    version distinguishes. OLD is a file or git:REV:PATH. Prints a record that the versions treat
    differently, as a test case, or that it found none; which guards let more through now; and what
    leads to another system or account. Ends with 0 if they are the same for every record, with 6 if
    they are not, a guard lets more through, or another system is read or written, and with 7 if it
    cannot decide. With git:REV, NEW may be a folder: for every mapping and connection in it that
    differs.

    \b
    Example:
      oneway same old.yaml mapping.yaml
      oneway same git:origin/main:mapping.yaml mapping.yaml
    """

    if not isdir(new):
        now = named_connection(new)
        file, mapping = (new, new) if now is None else (now.file, now.mapping)
        return _printed(console, version(old, file, mapping), new, situations, format)
    revision = old.removeprefix(GIT)
    if revision == old:
        help = "name a revision, as git:origin/main, or two files"
        raise refusal("U121", "same", f"the folder {new} has no version to compare with", help)

    def each(was: str, now: str) -> Exit:
        return _printed(console, version_at(revision, was, was), now, situations, format)

    return of_each_edited(console, new, revision, format, each)


def _printed(
    console: Console, before: VersionFiles, new: str, situations: int, format: str
) -> Exit:
    if before.mistakes:
        raise Refused(before.mistakes)
    now = named_connection(new)
    mapping = new if now is None else now.mapping
    was = now if before.connection is None else before.connection
    after = _compiled(mapping_of(mapping, now), mapping, now)
    earlier = _compiled(before.mapping, mapping if was is None else was.mapping, was)
    with console.progress():
        found = _compared(earlier, after, _test_of(mapping, now), situations)
    if was is not None and found.treated is not None:
        found = replace(found, treated=_with_settings(found.treated, earlier))
    found = replace(
        found,
        looser=tuple(looser_guards(earlier.spec.guards, after.spec.guards)),
        redirected=redirected(earlier.spec, after.spec, was, now),
    )
    if format == "json":
        console.json(render.same_as_json(found))
    else:
        console.out(render.same_text(found, console.style))
        if found.verdict is not Sameness.SAME and not _has_solver():
            console.note(f"note: to decide it for all records: {_EXTRA}")
    return Exit.UNPROVEN if found.looser or found.redirected else _EXITS[found.verdict]


def _compiled(data: bytes, file: str, connection: Connection | None) -> Compiled:
    """Return a version as it runs: with the connection's settings and guards."""
    manifests = connection.manifests if connection is not None else None
    compiled, catalogue = compile_data(data, file, FOLDERS, manifests)
    if connection is not None:
        Findings(list(connection_mistakes(connection, compiled, catalogue))).refuse_errors()
    return as_run_by(compiled, connection)


def _with_settings(treated: DifferentTreatment, earlier: Compiled) -> DifferentTreatment:
    """Return a difference whose case has the settings under which it passes: the old ones."""
    if treated.case is None or not earlier.spec.settings:
        return treated
    case, own = dict(treated.case), {each.name: each.default for each in earlier.spec.settings}
    return replace(treated, case={**case, "settings": {**own, **obj(case.get("settings"))}})


def _test_of(mapping: str, connection: Connection | None) -> MappingTest | None:
    """Return the test beside a mapping; a connection decides about settings, not the test."""
    test = test_of(mapping)
    return test if test is None or connection is None else replace(test, settings={})


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
