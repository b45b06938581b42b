"""Runs a command for every mapping in a folder."""

from collections.abc import Callable, Iterable
from functools import partial
from os.path import isdir

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit, worst
from oneway.cli.found_files import mappings_at
from oneway.cli.versions import edited_in
from oneway.core.diagnostics import Refused
from oneway.render.sanitize import harmless, markdown


def of_each(console: Console, path: str, format: str, run: Callable[[str], Exit]) -> Exit:
    """Run a command for a mapping, or for every mapping in a folder; return the worst exit."""
    if not isdir(path):
        return run(path)
    return _each(console, format, ((each, partial(run, each)) for each in mappings_at(path)))


def of_each_edited(
    console: Console, folder: str, revision: str, format: str, run: Callable[[str, str], Exit]
) -> Exit:
    """Run a command for every mapping and connection in a folder that differs from a git revision.

    `run` takes the path at the revision, and the path now.
    """
    edited = edited_in(folder, revision)
    ended = _each(console, format, ((now, partial(run, was, now)) for was, now in edited))
    if not edited:
        nothing = f"No mapping or connection in {harmless(folder)} differs"
        console.out(f"{nothing} from {harmless(revision)}.\n")
    return ended


def _each(console: Console, format: str, runs: Iterable[tuple[str, Callable[[], Exit]]]) -> Exit:
    """Run each under the mapping's name; an error in one mapping does not hide the others."""
    if format == "json":
        raise click.UsageError("--format json takes one mapping, not a folder.")
    ended = []
    for mapping, run in runs:
        title = f"## {markdown(mapping)}\n" if format == "markdown" else harmless(mapping)
        console.out(f"{title}\n")
        try:
            ended.append(run())
        except Refused as refused:
            console.report(refused.diagnostics)
            ended.append(Exit.ERROR)
        console.out("\n")
    return worst(*ended)
