"""HTTP servers on this machine, for tests that need real sockets.

`JsonHandler` and `serving` are for systems that a test makes up; `listening` is a webhook that
keeps what it hears, and answers as it is told.
"""

import json
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Heard:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"


class LoopbackServer(ThreadingHTTPServer):
    """A server on a free port of this machine."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class JsonHandler(BaseHTTPRequestHandler):
    """Reads and answers JSON, keeps connections open, and logs nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body would wait for each other, 40 ms a request

    def body(self) -> bytes:
        """Return the body of the request."""
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def sent(self) -> Any:
        """Return the body of the request, as JSON; {} if there is none."""
        return json.loads(self.body() or b"{}")

    def answer(self, status: int, data: object) -> None:
        """Answer with data as JSON."""
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Listener(LoopbackServer):
    answers: list[Answer]
    heard: list[Heard]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a caller that goes away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        return f"{super().url}/hook"


class _Handler(JsonHandler):
    server: Listener

    def do_PUT(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.heard.append(Heard(self.path, headers, self.body(), self.command))
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)


@contextmanager
def listening(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Listener]:
    server = Listener(_Handler)
    server.answers, server.heard = list(answers) or [status(204)], []
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with answering(server):
        yield server


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], **own: object) -> Iterator[str]:
    """Answer by a handler with attributes of its own while the block lasts; give the address."""
    server = LoopbackServer(type("Handler", (handler,), own))
    with answering(server):
        yield server.url


@contextmanager
def answering(server: socketserver.BaseServer) -> Iterator[None]:
    """Let a server answer in a thread of its own, while the block lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer
