"""The owner of a claim: a process, identified so that others can check whether it is alive."""

import os
from hashlib import sha256
from socket import gethostname

from oneway.state.processes import is_alive


def signature(begun: str) -> str:
    """Return the signature of this process: the machine, its number, and when it began.

    In a container every process may have the number 1: the instant tells them apart.
    """
    return f"{gethostname()} {os.getpid()} {begun}"


def may_live(other: str, ours: str) -> bool:
    """Return whether the process of a signature may be alive: only the lock is certain.

    `ours` does not count: claims we hold but are not running count as unowned.
    """
    host, _, rest = other.partition(" ")
    number = rest.partition(" ")[0]
    if other == ours or host != gethostname():
        return other != ours
    if not number.isdecimal() or int(number) == os.getpid():
        return False  # our own number, from an earlier process
    return is_alive(int(number))


def share(ours: str, name: str) -> float:
    """Return a number from 0 to 1 that divides names among processes: the lowest leads.

    It differs by process and name, and stays the same.
    """
    digest = sha256(f"{ours} {name}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
