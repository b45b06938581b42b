"""Replaces a file atomically: readers see the old file or the new one, never a mixture."""

import errno
import os
import stat
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
    """Make the names in a folder durable; raise `OSError` if that may have failed."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
