"""Reads a file that holds a credential: private, small, regular, and without blocking."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from oneway.core.diagnostics import Refused, refusal

LIMIT = 65_536
"""The largest credential file, in bytes; private keys are far smaller."""

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
"""Without O_NONBLOCK, opening a FIFO would block."""


def read_private(path: str) -> bytes:
    """Return the bytes of a private file; raise `Refused` if it is not private, or too large.

    The checks apply to the opened file, so to the target of a symbolic link, and not to a file that
    replaces it in the meantime.
    """
    with _read(path):
        _refuse_other(path, os.stat(path))  # before opening, which may affect a device
        handle = os.open(path, _FLAGS)
        try:
            found = os.fstat(handle)
            _refuse_other(path, found)
            _refuse_shared(path, found)
            with open(handle, "rb", closefd=False) as file:
                data = file.read(LIMIT + 1)
        finally:
            os.close(handle)
    if len(data) > LIMIT:
        raise refusal("C118", path, f"it is longer than {LIMIT:,} bytes", _CHECK)
    return data


def refuse_unsafe(path: str) -> None:
    """Raise `Refused` unless a path is a private file; its contents are not read."""
    with _read(path):
        found = os.stat(path)
    _refuse_other(path, found)
    _refuse_shared(path, found)


@contextmanager
def _read(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise refusal("C118", path, f"a credential cannot be read: {why}", _CHECK) from None
    except ValueError:  # a NUL in the path
        raise refusal("C118", repr(path), "no path of a file", _CHECK) from None


def _refuse_other(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe, socket or device"
        raise refusal("C118", path, f"it is {kind}, not a file", _CHECK)


def _refuse_shared(path: str, found: os.stat_result) -> None:
    if found.st_uid not in (0, os.geteuid()):
        raise _unsafe(path, "it belongs to another user", f"chown {os.geteuid()} {path}")
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise _unsafe(path, f"others may read or write it (mode {mode:04o})", f"chmod 600 {path}")


def _unsafe(path: str, why: str, command: str) -> Refused:
    return refusal("C119", path, f"a credential's file is not safe: {why}", command)


_CHECK = "check the path; it must be a file that this user may read"
