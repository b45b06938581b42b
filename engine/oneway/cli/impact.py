"""`oneway impact`."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import which

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, formatted, limited, remembering, requesting, shared_folder
from oneway.core.diagnostics import refusal
from oneway.documents.yaml_source import LIMIT
from oneway.planning.plan import Kind
from oneway.render import impact as render
from oneway.runs import OpenSystems, PreparedRun, RunRequest, prepare_run, read_file
from oneway.runs.compare.impact import EditImpact, edit_impact

_GIT = "git:"


@click.command("impact")
@requesting
@click.option("--old", metavar="OLD", help="The version before: a file, or git:REV:PATH.")
@click.option("--against", metavar="REV", help="The same file at a revision, as origin/main.")
@remembering
@click.option("--names", is_flag=True, help="Name people and show values in Markdown, too.")
@click.option("--max-leavers", type=int, metavar="N", help="Fail where more than N newly leave.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice([each.value for each in Kind]),
    help="Fail where anybody newly has this outcome.",
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
    of files in their place), and compares: who is treated differently, and which fields are
    written otherwise. Nothing is saved or applied.

    \b
    Example:
      oneway impact mappings/acme.yaml --against origin/main
      oneway impact new.yaml --old old.yaml --source people.csv --target users.json
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
    """Return the bytes of the version before; raise `Refused` if there is none."""
    if (old is None) == (against is None):
        help = "give --against REV (as origin/main), or --old FILE"
        raise refusal("U121", "impact", "which version to compare with is not said", help)
    if against is not None:
        return _from_git(against, request.mapping)
    assert old is not None
    return version(old, request.mapping)


def version(text: str, mapping: str) -> bytes:
    """Return the bytes of a version of a mapping: a file, or git:REV:PATH."""
    if text.startswith(_GIT):
        revision, _, path = text.removeprefix(_GIT).partition(":")
        return _from_git(revision, path or mapping)
    return read_file(text, LIMIT + 1)


def _from_git(revision: str, path: str) -> bytes:
    """Return a file's bytes at a revision of the repository it is in."""
    place = Path(path)
    # The folder itself may have been moved since: git is asked from the nearest that is left.
    folder = next(each for each in place.absolute().parents if each.is_dir())
    inside = place.absolute().relative_to(folder).as_posix()
    git = which("git")
    if git is None:
        raise refusal(
            "U122",
            f"{revision}:{path}",
            "git is not installed",
            "install git, or name a file with --old",
        )
    # A revision that begins with a hyphen would be an option.
    ended = subprocess.run(
        [git, "show", "--end-of-options", f"{revision}:./{inside}"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        help = "check the revision and the path; a clone in CI may lack history (fetch-depth: 0)"
        summary = f"git does not have it: {said[-1] if said else 'no reason given'}"
        raise refusal("U122", f"{revision}:{path}", summary, help)
    return ended.stdout


def _too_much(found: EditImpact, max_leavers: int | None, fail_on: Sequence[str]) -> bool:
    leavers = found.impact.counted(Kind.LEAVE.value)
    too_many = max_leavers is not None and leavers > max_leavers
    return too_many or any(found.impact.counted(each) for each in fail_on)
