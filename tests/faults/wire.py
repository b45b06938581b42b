"""An httpx transport that lets a fault befall one kind of call, from one call on."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

import httpx

from oneway.core.access import Access
from oneway.core.connector import Connector
from oneway.core.description import Description
from oneway_connectors import rest

from .kinds import Call, Fault, kind_of
from .systems import PAGE, SOURCE, TARGET, Systems

START = datetime(2026, 3, 2, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Aim:
    """A fault at the call of a kind with this number, from 0; if it `lasts`, at later ones too."""

    fault: Fault
    call: Call
    number: int
    lasts: bool

    def hits(self, call: Call, number: int) -> bool:
        """Return whether it befalls this call."""
        if call is not self.call:
            return False
        return number >= self.number if self.lasts else number == self.number


class Pieces(httpx.SyncByteStream):
    """A body that comes in pieces, each of which takes its time."""

    def __init__(self, pieces: list[bytes], wait: Callable[[], None]) -> None:
        self._pieces = pieces
        self._wait = wait

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._wait()
            yield piece


class Wire(httpx.BaseTransport):
    """Hands requests to the systems; no time passes but by `sleep` and by what faults take."""

    kind_of = staticmethod(kind_of)

    def __init__(self, systems: Systems, aim: Aim | None = None) -> None:
        self.systems = systems
        self.aim = aim
        self.counts: Counter[Call] = Counter()
        self.hit = 0
        self.seconds = 0.0
        self.log: list[tuple[Call, str]] = []
        self._pages: dict[str, bytes] = {}

    def connect(self, description: Description, access: Access) -> Connector:
        """Return a connector over this wire."""
        return rest.connect(description, access, self, self.sleep, lambda: self.seconds)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    def now(self) -> datetime:
        """Return the instant."""
        return START + timedelta(seconds=self.seconds)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or raise what httpx would."""
        assert request.url.host in (SOURCE, TARGET), f"asked {request.url.host}"
        request.read()
        self.seconds += 0.01
        call = self.kind_of(request)
        fault = ""
        if self.aim and self.aim.hits(call, self.counts[call]):
            fault = self.aim.fault.name
            self.hit += 1
        self.counts[call] += 1
        self.log.append((call, fault))
        if not fault:
            status, data = self.systems.answer(request)
            body = json.dumps(data).encode()
            self._pages[_list_of(request)] = body
            return httpx.Response(status, content=body)
        assert self.aim is not None
        if self.aim.fault.acted:
            status, data = self.systems.answer(request)
            return self._after(fault, request, status, json.dumps(data).encode())
        return self._before(fault, request)

    def _before(self, fault: str, request: httpx.Request) -> httpx.Response:
        match fault:
            case "connect refused":
                raise httpx.ConnectError("[Errno 111] Connection refused", request=request)
            case "reset before":
                raise httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
            case "timeout before":
                self.seconds += 30
                raise httpx.ReadTimeout("timed out", request=request)
            case "429 seconds":
                return self._plain(429, {"retry-after": "7"})
            case "429 date":
                until = format_datetime(self.now() + timedelta(seconds=9), usegmt=True)
                return self._plain(429, {"retry-after": until})
            case "redirect":
                return self._plain(307, {"location": "https://evil.example.net/"})
            case "empty 200":
                return httpx.Response(200, content=b"")
            case "HTML 200":
                return httpx.Response(200, content=b"<html>sign in</html>")
            case "401":
                self.systems.revoke()
        return self._plain(int(fault), {})

    def _after(
        self, fault: str, request: httpx.Request, status: int, body: bytes
    ) -> httpx.Response:
        match fault:
            case "reset after":
                raise httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
            case "timeout after":
                self.seconds += 30
                raise httpx.ReadTimeout("timed out", request=request)
            case "500 after" | "502 after" | "503 after":
                return self._plain(int(fault[:3]), {})
            case "empty 200 after":
                return httpx.Response(200, content=b"")
            case "HTML 200 after":
                return httpx.Response(200, content=b"<html>sign in</html>")
            case "truncated JSON":
                return httpx.Response(status, content=body[: len(body) // 2])
            case "gzip bomb":
                stream = Pieces([bomb()], lambda: None)
                return httpx.Response(status, headers={"content-encoding": "gzip"}, stream=stream)
            case "slow drip":
                drips = [body[i : i + 1] for i in range(len(body))] + [b" "] * 60
                return httpx.Response(status, stream=Pieces(drips, lambda: self.sleep(3)))
            case "duplicate page":
                return httpx.Response(status, content=self._pages.get(_list_of(request), body))
            case "endless pages":
                return httpx.Response(status, content=json.dumps(self._more(request)).encode())
        raise AssertionError(fault)

    def _more(self, request: httpx.Request) -> object:
        page = int(request.url.params["page"])
        numbers = range(page * PAGE, page * PAGE + PAGE)
        # Records of the usual shape: only their number is wrong.
        usual = {"name": "E", "team": None, "leaveDate": None, "note": ""}
        return [
            {"id": 50_000 + n, "code": f"E{n}", "email": f"endless{n}@example.com", **usual}
            for n in numbers
        ]

    def _plain(self, status: int, headers: dict[str, str]) -> httpx.Response:
        dated = {"date": format_datetime(self.now(), usegmt=True), **headers}
        return httpx.Response(status, headers=dated, content=b'{"message": "as it is"}')


_PLACES = ("page", "startIndex")


def _list_of(request: httpx.Request) -> str:
    asked = [f"{k}={v}" for k, v in request.url.params.multi_items() if k not in _PLACES]
    return f"{request.url.host}{request.url.path}?{asked}"


@lru_cache
def bomb() -> bytes:
    """Return a small compressed body that unpacks to a large one."""
    return gzip.compress(b" " * 20_000_000, compresslevel=9)
