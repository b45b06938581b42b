"""Puts what tests write into memory, where a write that must be durable costs nothing.

Each change of a journal is flushed to its disk, and a suite makes hundreds of thousands of them.
"""

import atexit
import os
import shutil
import tempfile

_ROOM = 2_000_000_000
"""Bytes that must be free: a whole suite takes less, and a container's 64 MB would not do."""
MEMORY = "/dev/shm"


def write_to_memory() -> None:
    """Let temporary folders be in one of this run's own, in memory if that will do.

    What a program remembers in temporary folders of a state folder, by its path, would meet the
    tests of a later run, whose folders have the same paths. Where TMPDIR says where, it is used.
    """
    if "TMPDIR" not in os.environ:
        own = tempfile.mkdtemp(prefix="ow-", dir=MEMORY if _will_do(MEMORY) else None)
        os.chmod(own, 0o1777)  # as of any such folder: some tests are other users
        os.environ["TMPDIR"] = own  # of other processes too
        tempfile.tempdir = None  # asked for anew
        atexit.register(_remove, own, os.getpid())


def _remove(folder: str, pid: int) -> None:
    if os.getpid() == pid:  # in no process that was forked
        shutil.rmtree(folder, ignore_errors=True)


def _will_do(folder: str) -> bool:
    """Return whether programs can be run from a folder, and there is room in it."""
    if not os.access(folder, os.W_OK | os.X_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free > _ROOM
