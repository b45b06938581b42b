"""Opens a file for reading, and detects whether it has changed since."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from typing import BinaryIO, TypeAlias

from oneway.core.connector_errors import ReadError
from oneway.core.similar_files import near_name

_BUFFER = 1 << 18
Stamp: TypeAlias = tuple[int, int, int, int]
"""Inode, size, and times of change, which differ if a file was replaced or edited."""


@contextmanager
def opened(path: str, buffer: int = _BUFFER) -> "Iterator[BufferedReader[FileIO]]":
    """Yield the open file, as bytes; raise `ReadError` if it cannot be opened or read.

    Reads `buffer` bytes at a time.
    """
    if "\0" in path:  # which system calls reject
        raise ReadError("R150", f"{path!r}: no path of a file", "check the path")
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):  # opening a pipe would wait forever
            what = "it is a folder" if stat.S_ISDIR(mode) else "not a file"
            raise ReadError("R150", f"{path}: {what}", "name a file of records")
        with BufferedReader(FileIO(path), buffer) as file:
            yield file
    except OSError as error:
        help = _HELP.get(type(error), "check the disk and the path")
        if isinstance(error, FileNotFoundError) and (near := near_name(path)):
            help = f"did you mean {near!r}? {help}"
        raise ReadError("R150", f"{path}: cannot be read: {error.strerror}", help) from None


def stamp_of(file: BinaryIO) -> Stamp:
    """Return the stamp of an open file."""
    return _stamp(os.fstat(file.fileno()))


def stamp_at(path: str) -> Stamp | None:
    """Return the stamp of the file now at a path, or None if it does not exist."""
    try:
        return _stamp(os.stat(path))
    except (OSError, ValueError):
        return None


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


_HELP: dict[type[OSError], str] = {
    FileNotFoundError: "check the path: in a mapping it is relative to the mapping's folder; "
    "a target file must exist, and may be empty",
    PermissionError: "let this user read the file",
}
