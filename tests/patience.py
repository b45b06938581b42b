"""How long tests wait: for what must come, longer than any machine is busy; between tries, hardly.

A wait is for a condition; this only ends the ones that would never end. It is below the limit of a
test (`timeout` in pyproject.toml), so that a wait says what it waited for.
"""

from collections.abc import Callable

import httpx

from oneway_connectors.rest.client import Outside

PATIENCE = 240.0
"""Seconds."""
_LONGEST_PAUSE = 0.01
"""Seconds between two tries of a request."""


def impatient(
    transport: httpx.BaseTransport | None,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> Outside:
    """Return what a connector needs of the world, but with hardly a pause between tries.

    Its clock goes on as if it had paused: otherwise the rate limit waits for the whole pause.
    Tests put it in the place of `oneway_connectors.rest.client.Outside`, where what a run says and
    writes does not depend on the length of a pause.
    """
    skipped = 0.0

    def skip(seconds: float) -> None:
        nonlocal skipped
        pause = min(seconds, _LONGEST_PAUSE)
        sleep(pause)
        skipped += seconds - pause

    return Outside(transport, skip, lambda: clock() + skipped)
