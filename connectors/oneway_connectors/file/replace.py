"""Replaces a file atomically: readers see the old file or the new one, never a mixture."""

import errno
import fcntl
import os
import re
import stat
import time
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Replace the file at `path`, preserving its mode and owner.

    Raises `OSError`, which leaves the old file in place. The new content is durable on return, but
    its name only once `sync_folder` has returned.
    """
    kept = path.stat()
    if not stat.S_ISREG(kept.st_mode):  # replacing would remove a device or a pipe
        raise OSError(errno.EINVAL, "it is not a regular file")
    from tempfile import mkstemp

    with suppress(OSError):
        _remove_leftovers(path)
    handle, name = mkstemp(prefix=f".{path.name[:100]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            with suppress(OSError):  # some network file systems have no locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            file.write(data)
            file.flush()
            with suppress(PermissionError):  # only root may give a file away
                os.fchown(file.fileno(), kept.st_uid, kept.st_gid)
            os.fchmod(file.fileno(), kept.st_mode & 0o7777)
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        with suppress(OSError):
            os.unlink(name)
        raise


def _remove_leftovers(path: Path) -> None:
    """Remove the copies of a file that killed processes left: old ones that no process locks."""
    name = re.compile(rf"\.{re.escape(path.name[:100])}\.[a-z0-9_]{{8}}\.tmp")
    with os.scandir(path.parent) as found:
        left = [each.path for each in found if name.fullmatch(each.name) and _is_old(each)]
    for each in left:
        with suppress(OSError), open(each, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(each)


def _is_old(entry: "os.DirEntry[str]") -> bool:
    if not entry.is_file(follow_symlinks=False):
        return False
    return time.time() - entry.stat(follow_symlinks=False).st_mtime > _HOUR


_HOUR = 3600
"""Seconds; a younger copy may be one that another process has made and not locked yet."""


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; raise `OSError` if that may have failed."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
