"""Versions of a mapping: files, and git revisions."""

import os
import subprocess
from pathlib import Path
from shutil import which

from oneway.cli.quoting import quoted
from oneway.core.diagnostics import Refused, refusal
from oneway.documents.yaml_source import LIMIT
from oneway.runs.prepare.compilation import read_file

_GIT = "git:"


def version(text: str, mapping: str) -> bytes:
    """Return the bytes of a version of a mapping: a file, or git:REV:PATH."""
    if text.startswith(_GIT):
        revision, _, path = text.removeprefix(_GIT).partition(":")
        return from_git(revision, path or mapping)
    return read_file(text, LIMIT + 1)


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
