"""When this process last got on with its work: what hangs must not keep its leases forever."""

import time


def beat() -> None:
    """Note that something was read or written down."""
    _LAST[0] = uptime()


def since_beat() -> float:
    """Return for how many seconds nothing was."""
    return uptime() - _LAST[0]


def uptime() -> float:
    """Return the seconds since the machine began, also those that it slept."""
    return time.clock_gettime(_CLOCK)


_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_LAST = [0.0]
