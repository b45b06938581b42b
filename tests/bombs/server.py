"""Systems that answer badly, over loopback."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OTHER = {"id": "s2", "code": "P002", "name": "Other Person"}
CHUNK = b"x" * 65_536


def _page(*rows: str) -> bytes:
    return ('{"data": [' + ", ".join(rows) + "]}").encode()


def _deep(page: int) -> bytes:
    deep = '{"id": "s1", "code": "P001", "name": "Bomb", "d": ' + "[" * 400 + "]" * 400 + "}"
    return _page(json.dumps(OTHER), deep) if page == 1 else _page()


def _people(page: int) -> bytes:
    rows = (
        {**OTHER, "id": f"{page}-{n}", "code": f"{page}-{n}", "x": "x" * 900} for n in range(500)
    )
    return _page(*map(json.dumps, rows))


ANSWERS: dict[str, Callable[[int], bytes]] = {
    "deep": _deep,
    "values": lambda _: b'{"data": [' + b"{}," * 2_000_000 + b"{}]}",
    "gzip": lambda _: gzip.compress(b" " * 300_000_000),
    "pages": _people,
    "emoji": lambda _: _page(
        json.dumps({"id": "1", "x": "\U0001f600" + "x" * 9_400_000}, ensure_ascii=False)
    ),
    "brackets": lambda _: b"[" * 400_000 + b"]" * 400_000,
    "endless": lambda _: b"",
}


class _Handler(BaseHTTPRequestHandler):
    kind: str

    def do_GET(self) -> None:
        page = int(self.path.rpartition("page=")[2] or 1)
        body = ANSWERS[self.kind](page)
        self.send_response(200)
        if self.kind == "gzip":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        try:
            self.wfile.write(body)
            while self.kind == "endless":
                self.wfile.write(CHUNK)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(kind: str) -> Iterator[str]:
    """Answer so while the block lasts; give the address."""
    handler = type("Handler", (_Handler,), {"kind": kind})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
