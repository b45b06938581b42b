"""The wire: an httpx transport that loses, breaks, delays and garbles, by dice."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

import httpx

from .crash import Steps
from .servers import Servers

BEFORE = ("refused", "reset before", "timeout before", "429 seconds", "429 date", "401", "403",
          "409", "422", "500 before", "502 before", "503 before", "redirect", "HTML")  # fmt: skip
"""Faults in which the system has done nothing."""
AFTER = ("reset after", "timeout after", "500 after", "502 after", "503 after", "HTML after",
         "truncated", "empty", "slow", "endless")  # fmt: skip
"""Faults in which it has done what was asked."""
LISTS = ("page again", "page short", "list shifts")
"""Faults of lists that are read to plan by; what is looked up before a write is spared them.

A list that silently lacks a record, twice running, cannot be told from one that is whole.
"""
KINDS = (*BEFORE, *AFTER, *LISTS)
WRITES_SUFFER = 4
"""A write has the chance of a fault of so many calls."""


class Slow(httpx.SyncByteStream):
    """A body of which each piece takes its time."""

    def __init__(self, body: bytes, wait: Callable[[], None]) -> None:
        self._body = body
        self._wait = wait

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), max(1, len(self._body) // 3)):
            self._wait()
            yield self._body[start : start + max(1, len(self._body) // 3)]


class Wire(httpx.BaseTransport):
    """Hands requests to the servers, or does not, and answers home, or does not.

    `rate` is the chance of a fault at each call, `planning_rate` that while everything is
    read to plan by; `down` is a host that answers nothing. No time passes but by `sleep` and
    by waiting for an answer.
    """

    def __init__(self, servers: Servers, steps: Steps, rng: Random, start: datetime) -> None:
        self.servers = servers
        self.steps = steps
        self.rng = rng
        self.start = start
        self.seconds = 0.0
        self.rate = self.planning_rate = 0.0
        self.down = ""
        self.planning = False
        self.calls = 0
        self.faults: Counter[str] = Counter()
        self.on_write: Callable[[str], None] = lambda token: None
        self.last_page: dict[str, bytes] = {}

    def clock(self) -> float:
        """Return the seconds since the beginning."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    @property
    def now(self) -> datetime:
        """The instant, as everybody's clock shows it."""
        return self.start + timedelta(seconds=self.seconds)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or raise what httpx would."""
        request.read()
        self.calls += 1
        self.seconds += 0.01
        what = f"{request.method} {request.url.path}"
        self.steps.step(f"{what}, before")
        fault = self._fault(request)
        if fault:
            self.faults[fault] += 1
        early = self._before(fault, request)
        if early is not None:
            return early
        if request.method != "GET":
            self.on_write(request.headers["idempotency-key"])
        status, data = self.servers.answer(request)
        body = self._listed(fault, request, json.dumps(data).encode())
        self.steps.step(f"{what}, after")
        return self._after(fault, request, status, body)

    def _fault(self, request: httpx.Request) -> str:
        if request.url.host == self.down:
            return self.rng.choice(("refused", "timeout before", "503 before"))
        if self.rng.random() >= self._chance(request):
            return ""
        kinds: tuple[str, ...] = (*BEFORE, *AFTER)
        if self._is_page(request):
            kinds += LISTS * 3
        return self.rng.choice(kinds)

    def _chance(self, request: httpx.Request) -> float:
        """Return the chance of a fault: higher for a write.

        Before each write much is looked up, and a fault there keeps the write from being sent.
        With one chance for all calls, hardly any write would lose its answer.
        """
        if self.planning:
            return self.planning_rate
        return self.rate if request.method == "GET" else 1 - (1 - self.rate) ** WRITES_SUFFER

    def _is_page(self, request: httpx.Request) -> bool:
        asked = request.url.params
        paged = "pageSize" in asked and "departments" not in request.url.path
        return self.planning and paged and "email" not in asked and "reference" not in asked

    def _before(self, fault: str, request: httpx.Request) -> httpx.Response | None:
        match fault:
            case "refused":
                raise httpx.ConnectError("refused", request=request)
            case "reset before":
                raise httpx.ReadError("reset", request=request)
            case "timeout before":
                self.seconds += 30
                raise httpx.ReadTimeout("timeout", request=request)
            case "429 seconds":
                return self._plain(429, {"retry-after": "2"})
            case "429 date":
                until = format_datetime(self.now + timedelta(seconds=3), usegmt=True)
                return self._plain(429, {"retry-after": until})
            case "redirect":
                elsewhere = {"location": "https://elsewhere.example.net/"}
                return self._plain(self.rng.choice((302, 307)), elsewhere)
            case "HTML":
                return httpx.Response(200, content=b"<html>sign in</html>")
            case "401" | "403" | "409" | "422" | "500 before" | "502 before" | "503 before":
                return self._plain(int(fault[:3]), {})
        return None

    def _after(
        self, fault: str, request: httpx.Request, status: int, body: bytes
    ) -> httpx.Response:
        match fault:
            case "reset after":
                raise httpx.ReadError("reset", request=request)
            case "timeout after":
                self.seconds += 30
                raise httpx.ReadTimeout("timeout", request=request)
            case "500 after" | "502 after" | "503 after":
                return self._plain(int(fault[:3]), {})
            case "HTML after":
                return httpx.Response(200, content=b"<html>sign in</html>")
            case "truncated":
                return httpx.Response(status, content=body[: len(body) // 2])
            case "empty" if request.method != "GET":
                return httpx.Response(200, content=b"")
            case "slow":
                return httpx.Response(status, stream=Slow(body, lambda: self.sleep(2)))
            case "endless":
                return httpx.Response(status, stream=Slow(body, lambda: self.sleep(1000)))
        return httpx.Response(status, content=body)

    def _listed(self, fault: str, request: httpx.Request, body: bytes) -> bytes:
        """Return the page, or what comes of a list that changes while it is read."""
        if not self._is_page(request):
            return body
        key = f"{request.url.host} {request.url.path}"
        again, self.last_page[key] = self.last_page.get(key, body), body
        rows = json.loads(body)
        match fault:
            case "page again":
                return again
            case "page short":
                return json.dumps(rows[:-1]).encode()
            case "list shifts":
                return json.dumps(rows[1:]).encode()
        return body

    def _plain(self, status: int, headers: dict[str, str]) -> httpx.Response:
        dated = {"date": format_datetime(self.now.astimezone(UTC), usegmt=True), **headers}
        return httpx.Response(status, headers=dated, content=b'{"message": "busy"}')
