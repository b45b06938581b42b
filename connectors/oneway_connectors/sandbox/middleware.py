"""The checks before each sandbox's API: loopback only, a rate limit, and a request log."""

import time
from collections import Counter, deque
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oneway_connectors.sandbox.matching_person import Json
from oneway_connectors.sandbox.web import Fault, refuse

CONTROL = "/_sandbox/"
"""The path of the control endpoints, which are neither logged nor limited."""
_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
_LOG_LIMIT = 100_000


class RequestLog:
    """The requests to a sandbox, in order, with counts by method and status."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._entries: deque[Json] = deque(maxlen=_LOG_LIMIT)
        self._counts: Counter[str] = Counter()

    def add(self, scope: Scope, status: int) -> None:
        """Record a request and the status of its answer."""
        self._counts[f"{scope['method']} {status}"] += 1
        self._entries.append(
            {
                "method": scope["method"],
                "path": scope["path"],
                "query": scope["query_string"].decode("latin-1"),
                "status": status,
                "idempotencyKey": Headers(scope=scope).get("idempotency-key"),
            }
        )

    def describe(self) -> Json:
        """Return the log: `counts` by method and status, `writes`, and `log` in order."""
        counts = dict(sorted(self._counts.items()))
        return {
            "total": sum(counts.values()),
            "counts": counts,
            "writes": {
                "created": counts.get("POST 201", 0),
                "updated": counts.get("PATCH 200", 0),
                "refused": sum(
                    n for key, n in counts.items() if key.startswith(("POST 4", "PATCH 4"))
                ),
            },
            "log": list(self._entries),
        }


class RateLimit:
    """Allows a fixed number of requests in any one second.

    `most` is the largest number within a second so far.
    """

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        if per_second < 1:
            raise ValueError("a rate limit is at least one request a second")
        self._per_second = per_second
        self._clock = clock
        self._taken: deque[float] = deque()
        self.most = 0

    def take(self) -> bool:
        """Return whether one more request is within the limit, and count it if so."""
        now = self._clock()
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        if len(self._taken) >= self._per_second:
            return False
        self._taken.append(now)
        self.most = max(self.most, len(self._taken))
        return True


class Gate:
    """ASGI middleware: rejects other host names, enforces the rate limit, and writes the log.

    The host name matters because the control endpoints need no key: a web page whose name
    resolves to the loopback address must not reach them.
    """

    def __init__(self, app: ASGIApp, log: RequestLog, limit: RateLimit | None = None) -> None:
        self._app = app
        self._log = log
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if _host(scope) not in _LOCAL:
            return await refuse(Fault(421, "this sandbox answers to loopback names only"))(
                scope, receive, send
            )
        if scope["path"].startswith(CONTROL):
            return await self._app(scope, receive, send)
        noting = self._noting(scope, send)
        if self._limit is not None and not self._limit.take():
            fault = Fault(429, "too many requests", retry_after=1)
            return await refuse(fault)(scope, receive, noting)
        return await self._app(scope, receive, noting)

    def _noting(self, scope: Scope, send: Send) -> Send:
        async def noting(message: Message) -> None:
            _note(self._log, scope, message)
            await send(message)

        return noting


def _note(log: RequestLog, scope: Scope, message: MutableMapping[str, Any]) -> None:
    if message["type"] == "http.response.start":
        log.add(scope, message["status"])


def _host(scope: Scope) -> str:
    host = Headers(scope=scope).get("host", "")
    name, _, port = host.rpartition(":")
    return (name if port.isdecimal() and name else host).lower()
