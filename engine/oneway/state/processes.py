"""Tells whether a process of this machine is alive."""

import os
import secrets
from functools import lru_cache
from pathlib import Path


def is_alive(number: int) -> bool:
    """Return whether a process with this number is alive, of any user."""
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def identity() -> str:
    """Return a unique text by which `is_over` recognises this process.

    On a system that says too little about processes, it is unique and never found to be over.
    """
    here, began = _machine(), _began(os.getpid())
    unique = secrets.token_hex(8)
    return f"{here} {os.getpid()} {began} {unique}" if here and began else unique


def is_over(identity: str) -> bool:
    """Return whether a process is known to have ended: one of this machine, since it started."""
    here, _, rest = identity.partition(" ")
    number, _, began = rest.partition(" ")
    if not number.isdecimal() or here != _machine():
        return False
    return _began(int(number)) != began.partition(" ")[0]


@lru_cache(maxsize=1)
def _machine() -> str:
    """Return the scope of process numbers: the boot of the machine, and the namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"
    except (OSError, ValueError):
        return ""


def _began(number: int) -> str:
    """Return when a process began, in ticks of the machine; nothing if it has ended."""
    try:
        said = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *rest = said.rpartition(")")[2].split()  # the name may contain anything, and ends here
    return "" if state in ("Z", "X") else rest[_STARTED]


_STARTED = 18
"""The place of the start among the numbers that follow a process's state (`proc(5)`)."""
