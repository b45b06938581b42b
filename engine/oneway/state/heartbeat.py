"""Tracks the last progress of this process: one that hangs must not keep its leases forever."""

import time


def beat() -> None:
    """Record that this process has made progress."""
    _LAST[0] = uptime()


def since_beat() -> float:
    """Return the seconds since the last progress."""
    return uptime() - _LAST[0]


def uptime() -> float:
    """Return the seconds since the machine started, including sleep."""
    return time.clock_gettime(_CLOCK)


_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_LAST = [0.0]
