"""Loads all connections of a folder separately, so that a broken one does not affect others."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from os.path import isdir, isfile
from pathlib import Path

from oneway.connections.connection import Connection
from oneway.connections.default_notify import (
    DefaultNotify,
    default_at,
    default_for,
    load_default,
    places_for,
    with_default,
    with_default_of_folder,
)
from oneway.connections.file_kinds import NOTIFY, is_connection, keys_of
from oneway.connections.parse import load_for_a_run
from oneway.connections.regular_files import read_regular
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused, did_you_mean, refusal
from oneway.documents.yaml_source import LIMIT

FOLDER = "connections"
"""The folder searched for connections given by name."""

ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a folder: its connection, and its mistakes.

    With both, the connection runs: all mistakes are in its `notify`.
    """

    file: str
    connection: Connection | None = None
    refused: Refused | None = None


def found_at(path: str) -> Found | None:
    """Return the connection in a file and its mistakes, or the reason why it has none.

    None for a mapping, a manifest, or the folder's `notify.yaml` unless that is broken.
    """
    try:
        data = read_regular(path, LIMIT + 1)
        if not is_connection(data, path) and (keys := keys_of(data, path)):
            if NOTIFY in keys:
                load_default(data, path)
            return None
        made = load_for_a_run(data, path)
        return Found(path, made, Refused(made.mistakes) if made.mistakes else None)
    except Refused as refused:
        return Found(path, refused=refused)


def broken_around(file: str) -> tuple[Found, ...]:
    """Return the broken files that affect a connection.

    These are its own file, and each `notify.yaml` that is nearer than the first readable one. A
    file that does not exist is not broken.
    """
    around = [found_at(file)] if isfile(file) else []
    beside, *above = places_for(os.path.dirname(file))
    for path in (beside, *above):
        default = default_at(path)
        if default is not None:
            around.append(Found(path, refused=default.refused))
            if default.refused is None:
                break
        elif path == beside and path != os.path.normpath(file) and isfile(path):
            around.append(found_at(path))  # of any file by that name, even if it cannot be parsed
    return tuple(each for each in around if each is not None and each.refused is not None)


def connections_in(
    folder: str | Path, read: Callable[[str], Found | None] = found_at
) -> tuple[Found, ...]:
    """Return the connections of a folder and of the folders in it, sorted by path.

    Files of other kinds (a mapping, a manifest) are left out. Two connections with the same name
    are both refused, because it is unclear which one is meant. Each notifies the channels of its
    own file, or its folder's default. Raises `Refused` if the folder does not exist. `read` may
    cache.
    """
    defaults = cache(default_at)
    found = [
        _with_channels(each, defaults)
        for path in files_in(folder)
        if (each := read(str(path))) is not None
    ]
    twice = same_names(each.connection for each in found if each.connection is not None)
    return tuple(
        Found(each.file, refused=Refused([twice[each.file]])) if each.file in twice else each
        for each in found
    )


def _with_channels(found: Found, defaults: Callable[[str], DefaultNotify | None]) -> Found:
    if found.connection is None:
        return found
    default = default_for(found.file, defaults)
    return replace(found, connection=with_default(found.connection, default))


def same_names(connections: Iterable[Connection]) -> dict[str, Diagnostic]:
    """Return a finding for each connection with the same name as another, by file."""
    by_name = defaultdict(list)
    for each in connections:
        by_name[each.name].append(each)
    return {
        each.file: _same_name(each, [other.file for other in group if other is not each])
        for group in by_name.values()
        for each in group
        if len(group) > 1
    }


def files_in(folder: str | Path) -> list[Path]:
    """Return the YAML files of a folder, except hidden ones; raise `Refused` without a folder."""
    try:
        if not Path(folder).is_dir():
            missing = not Path(folder).exists()
            why = "there is no such folder" if missing else "it is a file"
            help = f"check the path{_FIRST if missing else ''}"
            raise refusal("F120", str(folder), f"cannot be read: {why}", help)
        paths = sorted(Path(folder).rglob("*"))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise refusal("F120", str(folder), f"cannot be read: {why}", "check the path") from None
    except ValueError:  # a NUL in the path
        raise refusal("F120", repr(str(folder)), "no path of a folder", "check the path") from None
    return [each for each in paths if _is_ours(each, Path(folder))]


def connection_at(path: str) -> Connection:
    """Return the connection in a file; raise `Refused` with all mistakes if it cannot run."""
    return with_default_of_folder(load_for_a_run(read_regular(path, LIMIT + 1), path))


def path_of(name: str, folder: str | Path = FOLDER) -> str:
    """Return the path of a named connection; raise `Refused` with suggestions.

    A file with that name is used, broken or not; without one, the names in the files decide.
    """
    for ending in ENDINGS:
        path = Path(folder) / f"{name}{ending}"
        if isfile(path):  # unlike Path's own, False for a name that is too long for any file
            return str(path)
    found = connections_in(folder) if isdir(folder) else ()
    names = {each.connection.name: each.file for each in found if each.connection is not None}
    if name in names:
        return names[name]
    known = sorted({*names, *(Path(each.file).stem for each in found)})
    few = ", ".join(known[:20]) + (" ..." if len(known) > 20 else "")
    help = did_you_mean(name, known) or (f"there are: {few}" if known else _NONE)
    raise refusal("C135", name, f"no connection of {folder}/ is called '{name}'", help)


def _same_name(each: Connection, others: list[str]) -> Diagnostic:
    summary = f"another connection is called '{each.name}' as well: {', '.join(others)}"
    help = "remove the file that is a copy, or give the one that was added last another `name`"
    return each.written.at(("name",), "C136", summary, help)


def _is_ours(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in ENDINGS and not hidden and path.is_file()


_FIRST = "; `oneway connect` makes the first connection, and the folder with it"
_NONE = "there is none yet: make one with `oneway connect`, or give the path of a file"
