"""Serves /healthz and /metrics on loopback, in threads that never block the loop."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from socket import AF_INET6
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from oneway.core.diagnostics import refusal
from oneway.scheduling.health_state import HealthState

Metrics = Callable[[], bytes]
"""Gives the text that Prometheus reads."""

TEXT = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 is any."""

    host: str
    port: int

    @property
    def shown(self) -> str:
        """The address as it stands in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address(text: str) -> Address:
    """Return the address that a text names; raise `Refused` if it is not this machine's own."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not (port.isascii() and port.isdecimal()) or int(port) > _HIGHEST:
        help = "write 127.0.0.1:9108, or `off`"
        raise refusal("U120", f"--listen {text}", "no address with a port", help)
    if not _is_own(host):
        help = (
            "listen on 127.0.0.1, and put a server in front that asks who is there: "
            "the names of customers are in it"
        )
        raise refusal("U120", f"--listen {text}", "not an address of this machine alone", help)
    return Address("127.0.0.1" if host == "localhost" else host, int(port))


@contextmanager
def listening(at: Address, board: HealthState, metrics: Metrics | None) -> Iterator[Address]:
    """Answer while the block lasts; give the address, with its port."""
    kind = _Server6 if ":" in at.host else _Server
    try:
        server = make_server(at.host, at.port, _app(board, metrics), kind, _Quiet)
    except OSError as error:
        summary = f"{at.shown} cannot be had: {error.strerror or error}"
        raise refusal("U110", "--listen", summary, "choose another port, or `off`") from None
    thread = Thread(target=server.serve_forever, args=(_PAUSE,), name="listening", daemon=True)
    thread.start()
    try:
        yield Address(at.host, server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _app(board: HealthState, metrics: Metrics | None) -> Callable[[Any, Any], Iterable[bytes]]:
    def answer(environ: Any, start_response: Any) -> Iterable[bytes]:
        status, kind, body = _answer(environ, board, metrics)
        # Without a name of its own, the server would tell its version and Python's.
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Server", "oneway")]
        start_response(status, headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

    return answer


def _answer(environ: Any, board: HealthState, metrics: Metrics | None) -> tuple[str, str, bytes]:
    if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
        return "405 Method Not Allowed", TEXT, b"GET alone\n"
    if not _is_ours(environ.get("HTTP_HOST", "")):
        # A page in a browser on this machine may have a name that leads here (DNS rebinding).
        return "421 Misdirected Request", TEXT, b"ask by this machine's own address\n"
    match environ.get("PATH_INFO"):
        case "/healthz":
            status = "200 OK" if board.is_well else "503 Service Unavailable"
            return status, "application/json", json.dumps(board.as_json()).encode() + b"\n"
        case "/metrics":
            if metrics is None:
                return "501 Not Implemented", TEXT, b"pip install 'oneway[serve]'\n"
            return "200 OK", TEXT, metrics()
    return "404 Not Found", TEXT, b"/healthz and /metrics are here\n"


def _is_ours(host: str) -> bool:
    """Return whether a `Host` header names this machine; a missing one counts as its name."""
    name = host if host.endswith("]") or ":" not in host else host.rpartition(":")[0]
    return not host or _is_own(name.removeprefix("[").removesuffix("]").lower())


def _is_own(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # WSGIServer's own asks a name server who we are.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a caller that goes away."""


class _Server6(_Server):
    address_family = AF_INET6


class _Quiet(WSGIRequestHandler):
    timeout = 10  # seconds; who says nothing holds a thread no longer

    def version_string(self) -> str:
        """Return the server's name without its version, which would help attackers."""
        return "oneway"

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


_PAUSE = 0.1
"""Seconds within which it is noticed that the block has ended."""
_HIGHEST = 65535
