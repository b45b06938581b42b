"""`oneway impact`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, formatted, limited, remembering, requesting, shared_folder
from oneway.cli.versions import from_git, version
from oneway.core.diagnostics import refusal
from oneway.planning.plan import Kind
from oneway.render import impact as render
from oneway.runs.compare.impact import EditImpact, edit_impact
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import RunRequest
from oneway.runs.systems import OpenSystems


@click.command("impact")
@requesting
@click.option("--old", metavar="OLD", help="The version before: a file, or git:REV:PATH.")
@click.option("--against", metavar="REV", help="The same file at a revision, as origin/main.")
@remembering
@click.option("--names", is_flag=True, help="Name people and show values in Markdown, too.")
@click.option("--max-leavers", type=int, metavar="N", help="Fail if more than N newly leave.")
@click.option(
    "--fail-on",
    multiple=True,
    metavar="OUTCOME",
    type=click.Choice([each.value for each in Kind]),
    help=f"Fail if any person newly has this outcome: {', '.join(e.value for e in Kind)}.",
)
@formatted("text", "json", "markdown")
@limited
@consoled
def command(
    *,
    console: Console,
    request: RunRequest,
    old: str | None,
    against: str | None,
    state: Path,
    names: bool,
    max_leavers: int | None,
    fail_on: Sequence[str],
    format: str,
    limit: int | None,
) -> Exit:
    """Show what an edit of a mapping changes, person by person; write nothing.

    Plans the version before and the version now over the same records (of both systems, or
    of files in their place), and compares: who is treated differently, and which fields get
    other values. Nothing is saved or applied.

    \b
    Example:
      oneway impact mapping.yaml --against origin/main
      oneway impact mapping.yaml --old old.yaml --source people.csv
    """
    new = prepare_run(request)
    before = prepare_run(replace(request, connection=None), _before(request, old, against))
    before = _same_settings(before, new)
    with OpenSystems(new, shared_folder(state)) as systems, console.progress() as progress:
        found = edit_impact(before, new, systems, progress)
    match format:
        case "json":
            console.json(render.as_json(found))
        case "markdown":
            console.out(render.as_markdown(found, names=names))
        case _:
            console.out(render.text(found, console.style, limit))
    return Exit.UNPROVEN if _too_much(found, max_leavers, fail_on) else Exit.DONE


def _same_settings(before: PreparedRun, new: PreparedRun) -> PreparedRun:
    """Return the old version with the connection and the settings that both versions have."""
    shared = {name: new.settings.get(name, value) for name, value in before.settings.items()}
    request = replace(before.request, connection=new.request.connection)
    return replace(before, request=request, settings=shared)


def _before(request: RunRequest, old: str | None, against: str | None) -> bytes:
    """Return the earlier version; raise `Refused` unless exactly one is named."""
    if (old is None) == (against is None):
        help = "give --against REV (as origin/main), or --old FILE"
        raise refusal("U121", "impact", "no version to compare with is named", help)
    if against is not None:
        return from_git(against, request.mapping)
    assert old is not None
    return version(old, request.mapping)


def _too_much(found: EditImpact, max_leavers: int | None, fail_on: Sequence[str]) -> bool:
    leavers = found.impact.counted(Kind.LEAVE.value)
    too_many = max_leavers is not None and leavers > max_leavers
    return too_many or any(found.impact.counted(each) for each in fail_on)
