"""`oneway impact`."""

from collections.abc import Sequence
from os.path import isdir
from pathlib import Path

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.each_mapping import of_each_edited
from oneway.cli.exits import Exit
from oneway.cli.options import (
    allowing,
    asked_of,
    consoled,
    formatted,
    limited,
    remembering,
    requesting,
    retrying,
    state_of,
    user,
)
from oneway.cli.printing import refuse_errors
from oneway.cli.versions import version, version_at
from oneway.core.diagnostics import refusal
from oneway.planning.plan import Kind
from oneway.render import impact as render
from oneway.runs.compare.impact import EditImpact, edit_impact
from oneway.runs.compare.version_files import VersionFiles
from oneway.runs.prepare.request import RunRequest
from oneway.runs.session import Operator

_GUARDS, _SYSTEMS, _KEEPS_ACCESS = "guards", "systems", "keeps-access"
"""What `--fail-on` takes beside outcomes."""


@click.command("impact")
@requesting
@allowing
@retrying
@click.option("--old", metavar="OLD", help="The version before: a file, or git:REV:PATH.")
@click.option("--against", metavar="REV", help="The same file at a revision, as origin/main.")
@remembering
@click.option("--names", is_flag=True, help="Name people and show values in Markdown, too.")
@click.option(
    "--max-leavers",
    type=int,
    metavar="N",
    help="Fail if more than N newly leave, or are no longer held back.",
)
@click.option(
    "--fail-on",
    multiple=True,
    metavar="OUTCOME",
    type=click.Choice([*(each.value for each in Kind), _GUARDS, _SYSTEMS, _KEEPS_ACCESS]),
    help="Fail if any person newly has this outcome, is no longer held back from it, or newly gets "
    "or loses access by it: "
    f"{', '.join(each.value for each in Kind)}. With {_GUARDS}: if a guard lets more through. With "
    f"{_SYSTEMS}: if another system or account is read or written. With {_KEEPS_ACCESS}: if the "
    "version before ends the access of a person, or lists them as having left, and the version "
    "now does not.",
)
@formatted("text", "json", "markdown")
@limited
@consoled
def command(
    *,
    console: Console,
    request: RunRequest,
    retry_now: bool,
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

    Makes the plans of the version before and the version now over the same records (of both
    systems, or of files in their place), with the links and earlier runs in the state folder,
    and compares them: who is treated differently, which fields get other values, what guards
    hold back, and who can still get in. It also names the edited parts of the mapping that may
    affect people on another night. Nothing is saved or applied. If nothing of the version
    now may be written, the command ends with 1, as plan does. A connection is compared with what
    its file said, and its mapping, over the systems that it names now. With --against, MAPPING may
    be a folder: for every mapping and connection in it that differs, also from a file with another
    name.

    \b
    Example:
      oneway impact mapping.yaml --against origin/main
      oneway impact mapping.yaml --old old.yaml --source people.csv
    """

    def run(edited: RunRequest, before: VersionFiles) -> Exit:
        operator = Operator(user(), state_of(state, make=False), now)
        with console.progress() as progress:
            found = edit_impact(edited, before, operator, progress, retry_now=retry_now)
        _print(console, found, format, names=names, limit=limit)
        return Exit.UNPROVEN if _too_much(found, max_leavers, fail_on) else Exit.DONE

    path = request.mapping
    if against is None or old is not None or not isdir(path):
        return run(request, _before(request, old, against))

    def each(was: str, now: str) -> Exit:
        return run(asked_of(request, now), version_at(against, was, was))

    return of_each_edited(console, path, against, format, each)


def _print(
    console: Console, found: EditImpact, format: str, *, names: bool, limit: int | None
) -> None:
    """Print the effect of an edit; raise `Refused` if nothing of it may be written."""
    match format:
        case "json":
            console.json(render.as_json(found))
        case "markdown":
            console.out(render.as_markdown(found, names=names))
        case _:
            console.out(render.text(found, console.style, limit))
    refuse_errors(console, found.after.errors or found.new_warnings)


def _before(request: RunRequest, old: str | None, against: str | None) -> VersionFiles:
    """Return the earlier version; raise `Refused` unless exactly one is named."""
    if (old is None) == (against is None):
        help = "give --against REV (as origin/main), or --old FILE"
        raise refusal("U121", "impact", "no version to compare with is named", help)
    if against is not None:
        return version_at(against, request.name, request.mapping)
    assert old is not None
    return version(old, request.name, request.mapping)


def _too_much(found: EditImpact, max_leavers: int | None, fail_on: Sequence[str]) -> bool:
    leavers = found.impact.counted(Kind.LEAVE.value)
    too_many = max_leavers is not None and leavers > max_leavers
    for_a_person = {
        _GUARDS: found.loosens_guards,
        _SYSTEMS: found.leads_elsewhere,
        _KEEPS_ACCESS: found.keeps_access,
    }
    return too_many or any(for_a_person.get(each) or found.impact.counted(each) for each in fail_on)
