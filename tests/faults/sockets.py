"""The same systems behind real sockets on this machine: faults that only sockets can have.

Connections are reset, left without an answer, cut off, or drip; a redirect leads to a host
that listens, and counts who comes. What they end with is the same table's business.
"""

import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler

import httpx

from listener import JsonHandler, LoopbackServer, answering
from oneway.core.access import Access
from oneway.core.connector import Connector
from oneway.core.description import Description
from oneway_connectors import rest

from .kinds import Call, Fault, kind_of
from .systems import SOURCE, TARGET, Systems
from .wire import START, Aim, bomb

LIMITS = tuple(
    {"CONNECT": "5", "READ": str(0.4 * longer), "TOTAL": str(0.8 * longer)} for longer in (1, 8, 64)
)
"""How many seconds a request may take: few, and more where the machine is busy."""

FAULTS = (
    Fault("reset before"),
    Fault("reset after", acted=True),
    Fault("timeout before"),
    Fault("timeout after", acted=True),
    Fault("truncated JSON", acted=True),
    Fault("gzip bomb", acted=True),
    Fault("slow drip", acted=True),
    Fault("slow headers", acted=True),
    Fault("redirect"),
)


class Loopback:
    """Answers for both systems over sockets; a `Wire` as far as worlds are concerned."""

    def __init__(self) -> None:
        self.begin(Systems(), None)
        self.strangers = 0
        self.gone = threading.Event()
        self.urls: dict[str, str] = {}

    @property
    def systems_at(self) -> dict[str, str]:
        """Where each system listens."""
        return {name: url for name, url in self.urls.items() if name != "evil"}

    def begin(self, systems: Systems, aim: Aim | None) -> None:
        """Answer for other systems from now on, with another fault."""
        self.systems = systems
        self.aim = aim
        self.counts: Counter[Call] = Counter()
        self.log: list[tuple[Call, str]] = []
        self.hit = 0

    def now(self) -> datetime:
        """Return the instant at which nights begin."""
        return START

    def connect(self, description: Description, access: Access) -> Connector:
        """Return a connector over real sockets, which does not wait between tries."""
        return rest.connect(description, access, sleep=lambda seconds: None)

    def handle(self, handler: BaseHTTPRequestHandler, host: str) -> None:
        """Answer one request, or let its fault befall it."""
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        url, headers = f"https://{host}{handler.path}", dict(handler.headers.items())
        request = httpx.Request(handler.command, url, headers=headers, content=body)
        call = kind_of(request)
        struck = self.aim is not None and self.aim.hits(call, self.counts[call])
        fault = self.aim.fault.name if self.aim and struck else ""
        self.hit += struck
        self.counts[call] += 1
        self.log.append((call, fault))
        if fault in ("reset before", "timeout before", "redirect"):
            self._before(handler, fault)
            return
        status, data = self.systems.answer(request)
        self._after(handler, fault, status, json.dumps(data).encode())

    def _before(self, handler: BaseHTTPRequestHandler, fault: str) -> None:
        if fault == "redirect":
            _send(handler, 307, b"", Location=self.urls["evil"] + "/", Content_Length="0")
        elif fault == "reset before":
            _reset(handler)
        else:
            _hold(handler)

    def _after(self, handler: BaseHTTPRequestHandler, fault: str, status: int, body: bytes) -> None:
        match fault:
            case "reset after":
                _reset(handler)
            case "timeout after":
                _hold(handler)
            case "truncated JSON":
                _send(handler, status, body[: len(body) // 2], Content_Length=str(len(body) // 2))
            case "gzip bomb":
                length = str(len(bomb()))
                _send(handler, status, bomb(), Content_Encoding="gzip", Content_Length=length)
            case "slow drip":
                _send(handler, status, b"", Content_Length="1000000")
                self._drip(handler, b" ")
            case "slow headers":
                handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
                self._drip(handler, b"X-Y: z\r\n")
            case _:
                _send(handler, status, body, Content_Length=str(len(body)))

    def _drip(self, handler: BaseHTTPRequestHandler, piece: bytes) -> None:
        try:
            while not self.gone.wait(0.05):
                handler.wfile.write(piece)
        except OSError:
            pass
        handler.close_connection = True


@contextmanager
def listening() -> Iterator[Loopback]:
    """Give both systems on free ports of this machine."""
    wire = Loopback()
    bomb()  # made now, so that it does not take its time later
    servers = {name: _server(wire, host) for name, host in _HOSTS.items()}
    wire.urls |= {name: server.url for name, server in servers.items()}
    with ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(answering(server))
        stack.callback(wire.gone.set)
        yield wire


class _Server(LoopbackServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing: connections that break are what this is for."""


def _server(wire: Loopback, host: str) -> LoopbackServer:
    class Handler(JsonHandler):
        def do_GET(self) -> None:
            if host == "evil":
                wire.strangers += 1
                _send(self, 200, b"[]", Content_Length="2")
            else:
                wire.handle(self, host)

        do_POST = do_PATCH = do_PUT = do_GET

    return _Server(Handler)


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    try:
        handler.wfile.write(body)
    except OSError:
        handler.close_connection = True


def _reset(handler: BaseHTTPRequestHandler) -> None:
    """End the connection so that the other side sees a reset."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    # The socket is closed once no file of it is open: now, before anyone shuts it down politely.
    for each in (handler.rfile, handler.wfile, handler.connection):
        each.close()


def _hold(handler: BaseHTTPRequestHandler) -> None:
    """Answer nothing until the other side has gone."""
    with suppress(OSError):
        handler.rfile.read(1)
    handler.close_connection = True


_HOSTS = {"hr": SOURCE, "desk": TARGET, "evil": "evil"}
