"""Writes private files atomically: complete or not at all."""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from errno import EISDIR
from pathlib import Path

from oneway.core.diagnostics import refusal

PRIVATE = 0o600


def save(path: Path, data: bytes | Iterable[bytes | memoryview], what: str, code: str) -> None:
    """Write a private file atomically; raise `Refused` with this code if it cannot be."""
    try:
        write_whole(path, data)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        why = error.strerror if isinstance(error, OSError) else "no path of a file"
        help = "check the folder, its rights and the space on the disk"
        if isinstance(error, IsADirectoryError):
            help = "name a file"
        raise refusal(code, str(path), f"{what} cannot be saved: {why}", help) from None


def write_whole(
    path: Path,
    data: bytes | Iterable[bytes | memoryview],
    *,
    mode: int = PRIVATE,
    over: bool = True,
) -> None:
    """Write a file, given whole or in parts, atomically and durably; raise `OSError`.

    Without `over`, raises `FileExistsError` if the file exists, and leaves it unchanged. A device
    or a pipe, such as `/dev/null` or `/dev/stdout`, is written to, not replaced.
    """
    if over and path.is_dir():
        # Renaming the file to `.` would say "Device or resource busy".
        raise IsADirectoryError(EISDIR, "it is a folder", str(path))
    if over and _is_special(path):
        whole = data if isinstance(data, bytes) else b"".join(data)  # it may still be refused
        with path.open("wb") as file:
            file.write(whole)
        return
    made = _written_beside(path, data, mode)
    try:
        if over:
            os.replace(made, path)
        else:
            os.link(made, path)
            os.unlink(made)
    except BaseException:
        with suppress(OSError):
            os.unlink(made)
        raise
    sync_folder(path.parent)


def _is_special(path: Path) -> bool:
    """Return whether a path leads to something other than a file or a folder."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def make_once(path: Path, data: bytes) -> None:
    """Create a private file unless another process already has; raise `OSError`."""
    with suppress(FileExistsError):
        write_whole(path, data, over=False)


def link_once(made: Path, path: Path) -> None:
    """Link a finished file to its name, unless the name is taken; raise `OSError`."""
    with suppress(FileExistsError):
        os.link(made, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; raise `OSError` if that is not known."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written_beside(path: Path, data: bytes | Iterable[bytes | memoryview], mode: int) -> str:
    from tempfile import mkstemp

    # It gets mode 0600, whatever the umask. It is hidden from lists of the folder.
    handle, made = mkstemp(prefix=f".{path.name[:100]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines((data,) if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
            if mode != PRIVATE:
                os.fchmod(file.fileno(), mode)
    except BaseException:
        with suppress(OSError):
            os.unlink(made)
        raise
    return made
