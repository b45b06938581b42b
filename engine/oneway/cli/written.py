"""Writes files for people, atomically."""

import errno
import os
from pathlib import Path

from oneway.core.diagnostics import Refused, refusal

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write_for_people(path: Path, data: bytes, *, code: str = "F120") -> None:
    """Write a file and the folders above it with default permissions; raise `Refused`.

    An existing file retains its permissions.
    """
    from oneway.state.files import write_whole

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data, mode=_rights(path))
    except OSError as error:
        raise cannot_be_written(path, error, code) from None


def cannot_be_written(path: Path, error: OSError, code: str = "F120") -> Refused:
    """Return the refusal of a file that could not be written, with the remedy."""
    help = "make space" if error.errno in _NO_SPACE else "check the rights on the folder"
    if isinstance(error, IsADirectoryError):
        help = "name a file"
    return refusal(code, str(path), f"cannot be written: {error.strerror or error}", help)


def _rights(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
