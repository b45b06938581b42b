"""One run at a time per connection: a lock that a process holds while it is alive.

The operating system gives the lock and takes it back when the process ends, however it ends: a
crash leaves nothing to clean up. The holder's name is stored beside it, for the message to the
second run.
"""

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from time import sleep

from filelock import FileLock, Timeout

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import refusal
from oneway.core.instants import moment
from oneway.state.processes import is_alive


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a lock: its machine, its process, and the instant at which it began.

    `zone` is the time zone in which the holder's times are shown.
    """

    host: str
    process: int
    since: str
    zone: str = ""

    def __str__(self) -> str:
        since = moment(self.since, self.zone, seconds=True)
        return f"process {self.process} on {self.host} since {since}"


@contextmanager
def locked(folder: Path, name: str, *, since: str, zone: str = "") -> Iterator[Holder]:
    """Hold the lock of a connection; raise `Refused`, naming the holder, if it is taken.

    `folder` is private to the user and must be on a file system with locks; `since` is the instant
    shown to others, and `zone` the time zone in which we are told theirs. Never waits for another
    run.
    """
    path = folder / f"{_file_name(name)}.lock"
    beside = path.with_suffix(".holder")
    lock = FileLock(path, timeout=0, mode=0o600)
    holder = Holder(socket.gethostname(), os.getpid(), since, zone)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=_GLANCE, poll_interval=_PAUSE)
        _write(beside, holder)
    except Timeout:
        help = "wait for it to end; it can be stopped, and `oneway resume` will settle what it did"
        summary = f"another run holds the lock of '{name}': {_named(beside, zone)}"
        raise refusal("F115", str(path), summary, help) from None
    except OSError as error:
        lock.release()
        help = "check the space on the disk and the rights on the state folder; nothing was sent"
        summary = f"cannot be locked: {error.strerror or type(error).__name__}"
        raise refusal("F116", str(path), summary, help) from None
    try:
        yield holder
    finally:
        with suppress(OSError):  # the next run overwrites it
            beside.unlink(missing_ok=True)
        lock.release()


def beside_lock(folder: Path, name: str, ending: str) -> Path:
    """Return the path of a file that belongs to the lock of a connection."""
    return folder / f"{_file_name(name)}{ending}"


def is_locked(folder: Path, name: str) -> bool:
    """Return whether a living process holds the lock of a connection.

    If that is unknown, it counts as free: the run then looks interrupted.
    """
    try:
        handle = os.open(folder / f"{_file_name(name)}.lock", os.O_RDONLY)
    except (OSError, ValueError):  # no such file, or an invalid path
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EAGAIN, errno.EACCES)
    finally:
        os.close(handle)  # which releases the lock
    return False


def _write(path: Path, holder: Holder) -> None:
    made = path.with_suffix(f".{holder.process}")
    try:
        made.touch(mode=0o600)
        said = {"host": holder.host, "process": holder.process, "since": holder.since}
        made.write_text(json.dumps(said), encoding="utf-8")
        made.replace(path)
    except OSError:
        with suppress(OSError):
            made.unlink(missing_ok=True)
        raise


def _named(path: Path, zone: str) -> str:
    """Return the holder of a lock, waiting briefly for a new holder to write its name."""
    for _ in range(_TRIES):
        holder = _read(path)
        if holder is not None and _lives(holder):
            return str(replace(holder, zone=zone))
        sleep(_PAUSE)
    return "one that has only just begun"


def _read(path: Path) -> Holder | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Holder(**found) if type(found["process"]) is int else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _lives(holder: Holder) -> bool:
    """Return whether a holder may be alive; the note left by a killed process is ignored."""
    if holder.host != socket.gethostname():
        return True
    return is_alive(holder.process)


LOCKS = "locks"
"""The folder of all locks, in a state folder."""

_GLANCE = 0.2
"""Seconds after which a process that only tests the lock has released it again."""
_TRIES = 50
_PAUSE = 0.02
"""Seconds to wait before reporting a holder that has not written its name as unknown."""


def _file_name(name: str) -> str:
    """Return a file name for any name: its readable part, and a digest of the whole."""
    readable = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)
    return f"{readable[:60]}-{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
