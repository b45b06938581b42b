"""Puts what tests write into memory, where a write that must be durable costs nothing.

Each change of a journal is flushed to its disk, and a suite makes hundreds of thousands of them.
"""

import os
import shutil
import tempfile

_ROOM = 2_000_000_000
"""Bytes that must be free: a whole suite takes less, and a container's 64 MB would not do."""
MEMORY = "/dev/shm"


def write_to_memory() -> None:
    """Let temporary folders be in memory, unless TMPDIR says where, or memory will not do."""
    if "TMPDIR" not in os.environ and _will_do(MEMORY):
        os.environ["TMPDIR"] = MEMORY
        tempfile.tempdir = None  # asked for anew


def _will_do(folder: str) -> bool:
    """Return whether programs can be run from a folder, and there is room in it."""
    if not os.access(folder, os.W_OK | os.X_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free > _ROOM
