"""Finds the files of ours in a folder, and tells their kinds."""

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from os.path import isdir
from pathlib import Path

from oneway.core.diagnostics import Diagnostic, Refused, refusal
from oneway.documents.yaml_source import LIMIT, read_all
from oneway.runs.prepare.compilation import START, read_file

_ENDINGS = (".yaml", ".yml", ".json")
_RIGHTS = "check the rights on the folder, or name the files to be checked"
_PLAN = rb'[{,\n][ \t\r]*"oneway_plan"\s*:'


def mappings_at(path: str) -> list[str]:
    """Return the mappings in a folder, or the path itself if it is no folder.

    These are the files that `oneway validate` reads as mappings. Raises `Refused` if there is none,
    or if a folder cannot be read.
    """
    if not isdir(path):
        return [path]
    closed: list[OSError] = []
    found = [each for each in sorted(files_in(path, closed.append)) if is_mapping(each)]
    problems = unreadable(closed)
    if problems:
        raise Refused(problems)
    if not found:
        raise refusal("F121", path, "it contains no mapping", START)
    return found


def is_mapping(path: str) -> bool:
    """Return whether a file is a mapping, by its top-level keys; True if it cannot be read."""
    return _is_of(path, ("mapping",))


def is_comparable(path: str) -> bool:
    """Return whether a file is a mapping or a connection; True if it cannot be read."""
    return _is_of(path, ("mapping", "connection"))


def _is_of(path: str, kinds: Collection[str]) -> bool:
    if path.endswith(".json"):
        return False
    try:
        return kind_of(read_file(path, LIMIT + 1), path) in kinds
    except Refused:
        return True  # reading it as a mapping tells why


def unreadable(closed: Sequence[OSError]) -> list[Diagnostic]:
    """Return the folders that may not be read; any other error means that one has vanished."""
    summary = "cannot be read: permission denied"
    return [
        one
        for each in closed
        if isinstance(each, PermissionError)
        for one in refusal("F120", str(each.filename), summary, _RIGHTS).diagnostics
    ]


def files_in(path: str, failed: Callable[[OSError], None]) -> Iterator[str]:
    """Yield the files in a folder that may be ours, except hidden ones."""
    for folder, folders, names in os.walk(path, onerror=failed):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            file = str(Path(folder, name))
            if is_ours(name) and os.path.isfile(file):
                yield file


def is_ours(path: str) -> bool:
    """Return whether a file in a folder may be ours, by its name."""
    return path.lower().endswith(_ENDINGS) and not Path(path).name.startswith(".")


def kind_of(data: bytes, path: str) -> str:
    """Return the kind of a file by its top-level keys, even if the rest is invalid."""
    if b"oneway_plan" in data and re.search(_PLAN, data):
        return "plan"
    if path.endswith(".json"):
        return ""
    plainly = {each.decode() for each in _PLAINLY.findall(data)} & KINDS.keys()
    if len(plainly) == 1:
        return KINDS[plainly.pop()]
    from oneway.connections.file_kinds import is_connection

    document = read_all(data, path).document
    keys = document.data if document is not None and isinstance(document.data, dict) else {}
    if not keys and is_connection(data, path):
        return "connection"
    return next((kind for key, kind in KINDS.items() if key in (keys or plainly)), "")


KINDS = {
    "oneway_connector": "manifest",
    "oneway_connection": "connection",
    "oneway_notify": "default",
    "oneway_test": "test",
    "oneway": "mapping",
}
"""The key at the top of each kind of YAML file."""
_PLAINLY = re.compile(rb"^(oneway(?:_[a-z]+)?) *:", re.MULTILINE)
"""Matches this key in nearly all files, which are then not parsed for it."""
