"""Replaces a file atomically: readers see the old file or the new one, never a mixture."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Put a file with the same mode and owner in place of `path`.

    Raises `OSError`, which leaves the old file in place. The new one is on the disk, but its
    name is only once `sync_folder` has returned.
    """
    kept = path.stat()
    if not stat.S_ISREG(kept.st_mode):  # a device or a pipe would be no more
        raise OSError(errno.EINVAL, "it is no regular file")
    from tempfile import mkstemp

    handle, name = mkstemp(prefix=f".{path.name[:100]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
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


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; raise `OSError` if that is not known."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
