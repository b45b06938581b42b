"""Serves /healthz and /metrics in threads that the loop never waits for.

It listens on this machine alone, unless requests must carry a token.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hmac import compare_digest
from ipaddress import ip_address
from socket import AF_INET6
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import refusal
from oneway.core.hosts import is_loopback
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


def address(text: str, *, token: str = "") -> Address:
    """Return the address that a text names.

    Raises `Refused` if it is not this machine's own and no token protects it.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not (port.isascii() and port.isdecimal()) or int(port) > _HIGHEST:
        help = "write 127.0.0.1:9108, or `off`"
        raise refusal("U120", f"--listen {text}", "no address with a port", help)
    if not is_loopback(host) and not (token and _is_address(host)):
        help = (
            "listen on 127.0.0.1, or give --token-file: the answers contain names of customers, "
            "so requests must carry a token"
        )
        raise refusal("U120", f"--listen {text}", "not an address of this machine alone", help)
    return Address("127.0.0.1" if host == "localhost" else host, int(port))


def token_of(text: str, where: str) -> str:
    """Return the token in a file; raise `Refused` if it could be guessed."""
    token = text.strip()
    if len(token) < _SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        help = "write at least 20 ASCII characters without spaces, as `openssl rand -hex 32` gives"
        raise refusal("U119", where, "no token that could not be guessed", help)
    return token


_SHORTEST = 20


@contextmanager
def listening(
    at: Address, board: HealthState, metrics: Metrics | None, token: str = ""
) -> Iterator[Address]:
    """Serve during the block, which gets the address with its port.

    If there is a token, a request for more than the overall state must carry it.
    """
    kind = _Server6 if ":" in at.host else _Server
    try:
        server = make_server(at.host, at.port, _app(board, metrics, token), kind, _Quiet)
    except OSError as error:
        summary = f"{at.shown} is not available: {error.strerror or error}"
        raise refusal("U110", "--listen", summary, "choose another port, or `off`") from None
    thread = Thread(target=server.serve_forever, args=(_PAUSE,), name="listening", daemon=True)
    thread.start()
    try:
        yield Address(at.host, server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _app(
    board: HealthState, metrics: Metrics | None, token: str
) -> Callable[[Any, Any], Iterable[bytes]]:
    def answer(environ: Any, start_response: Any) -> Iterable[bytes]:
        shut = _shut(environ, board, token)
        status, kind, body = shut or _answer(environ, board, metrics)
        # Without a name of its own, the server would show its version and Python's.
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Server", "oneway")]
        start_response(status, headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

    return answer


def _shut(environ: Any, board: HealthState, token: str) -> tuple[str, str, bytes] | None:
    """Return the answer that refuses a request; None if it is allowed."""
    if not token:
        if _is_ours(environ.get("HTTP_HOST", "")):
            return None
        # A page in a browser on this machine may have a name that leads here (DNS rebinding).
        return "421 Misdirected Request", TEXT, b"ask by this machine's own address\n"
    given = str(environ.get("HTTP_AUTHORIZATION", ""))
    if compare_digest(given.encode("latin-1", "replace"), f"Bearer {token}".encode("ascii")):
        return None
    if environ.get("PATH_INFO") == "/healthz" and environ.get("REQUEST_METHOD") in ("GET", "HEAD"):
        # For load balancers and supervisors: nothing but whether all is well.
        status = "200 OK" if board.is_well else "503 Service Unavailable"
        return status, "application/json", json.dumps({"well": board.is_well}).encode() + b"\n"
    return "401 Unauthorized", TEXT, b"Authorization: Bearer TOKEN is needed\n"


def _answer(environ: Any, board: HealthState, metrics: Metrics | None) -> tuple[str, str, bytes]:
    if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
        return "405 Method Not Allowed", TEXT, b"GET alone\n"
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
    return not host or is_loopback(name.removeprefix("[").removesuffix("]").lower())


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # WSGIServer would ask a name server for our name
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a caller that goes away."""


class _Server6(_Server):
    address_family = AF_INET6


class _Quiet(WSGIRequestHandler):
    timeout = 10  # seconds: a silent client holds a thread no longer

    def version_string(self) -> str:
        """Return the server's name without its version, which would help attackers."""
        return "oneway"

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


_PAUSE = 0.1
"""Seconds within which the server notices that the block has ended."""
_HIGHEST = 65535
