"""Versions of a mapping or a connection: files, and git revisions."""

import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from shutil import which

from oneway.cli.found_files import is_comparable, is_ours, kind_of
from oneway.cli.quoting import quoted
from oneway.core.diagnostics import Refused, refusal
from oneway.documents.yaml_source import LIMIT
from oneway.runs.compare.version_files import VersionFiles
from oneway.runs.prepare.compilation import read_file

GIT = "git:"


def version(text: str, path: str, mapping: str) -> VersionFiles:
    """Return a version of a mapping or a connection: a file, git:REV:PATH, or git:REV of `path`.

    `mapping` is the file itself or, of a connection, its mapping.
    """
    if not text.startswith(GIT):
        return _files(text, lambda file: read_file(file, LIMIT + 1))
    revision, _, named = text.removeprefix(GIT).partition(":")
    return version_at(revision, named or path, named or mapping)


def version_at(revision: str, path: str, mapping: str) -> VersionFiles:
    """Return a version at a revision; that of a new connection is its mapping alone."""
    is_new = path != mapping and at_revision(revision, path) is None
    return _files(mapping if is_new else path, partial(from_git, revision))


def _files(path: str, read: Callable[[str], bytes]) -> VersionFiles:
    """Return the version in a file, with the mapping of a connection as it was then."""
    data = read(path)
    if kind_of(data, path) != "connection":
        return VersionFiles(data)
    from oneway.connections.parse import load_for_a_run

    try:
        connection = load_for_a_run(data, path)
    except Refused as refused:
        return VersionFiles(b"", mistakes=refused.diagnostics)
    return VersionFiles(read(connection.mapping), connection)


def from_git(revision: str, path: str) -> bytes:
    """Return a file's bytes at a revision of its repository."""
    folder, name = _placed(path)
    # git takes a revision that begins with a hyphen for an option.
    ended = _git(folder, revision, "show", "--end-of-options", f"{revision}:./{name}")
    if ended.returncode:
        raise _lacking(revision, path, ended)
    return ended.stdout


def at_revision(revision: str, path: str) -> bytes | None:
    """Return a file's bytes at a revision, or None if it did not exist there.

    Raises `Refused` for an unknown revision.
    """
    folder, _ = _placed(path)
    commit = f"{revision}^{{commit}}"
    ended = _git(folder, revision, "rev-parse", "--verify", "--end-of-options", commit)
    if ended.returncode:
        raise _lacking(revision, path, ended)
    try:
        return from_git(revision, path)
    except Refused:
        return None


def edited_in(folder: str, revision: str) -> list[tuple[str, str]]:
    """Return the mappings and connections in a folder that differ from a revision.

    Each is the path then and the path now, which are two if git takes one file for the other's old
    one. The path then is absolute if it is outside the folder. What has no old file is not among
    them: there is nothing to compare it with.
    """
    place = Path(os.path.realpath(folder))
    top = _git(place, revision, "rev-parse", "--show-toplevel")
    options = ("-z", "-M", "--no-relative", "--name-status", "--diff-filter=MRT")
    ended = _git(place, revision, "diff", *options, "--end-of-options", revision, "--")
    for each in (top, ended):
        if each.returncode:
            raise _lacking(revision, folder, each)
    root = Path(os.fsdecode(top.stdout.removesuffix(b"\n")))
    parts = iter(os.fsdecode(ended.stdout).split("\0")[:-1])

    def named(path: Path) -> str:
        return str(Path(folder, path.relative_to(place)) if path.is_relative_to(place) else path)

    found = []
    for how in parts:
        was = root / next(parts)
        now = root / next(parts) if how.startswith("R") else was
        if now.is_relative_to(place):
            found.append((named(was), named(now)))
    return sorted(each for each in found if is_ours(each[1]) and is_comparable(each[1]))


def _placed(path: str) -> tuple[Path, str]:
    """Return a folder in which to run git, and the file's path from there.

    This is the nearest existing folder above the file.
    """
    place = Path(os.path.abspath(path))
    folder = next(each for each in place.parents if each.is_dir())
    return folder, place.relative_to(folder).as_posix()


def _git(folder: Path, revision: str, *command: str) -> subprocess.CompletedProcess[bytes]:
    git = which("git")
    if git is None:
        help = "install git, or name a file with --old"
        raise refusal("U122", revision, "git is not installed", help)
    return subprocess.run([git, *command], cwd=folder, capture_output=True, check=False)


def _lacking(revision: str, path: str, ended: subprocess.CompletedProcess[bytes]) -> Refused:
    said = ended.stderr.decode(errors="replace").strip().splitlines()
    help = "check the revision and the path; a clone in CI may lack history (fetch-depth: 0)"
    if os.path.isfile(revision):
        help = f"--against names a revision; to compare with a file, give --old {quoted(revision)}"
    summary = f"git does not have it: {said[-1] if said else 'no reason given'}"
    return refusal("U122", f"{revision}:{path}", summary, help)
