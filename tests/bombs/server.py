"""Systems that answer badly, over loopback."""

import gzip
import json
from collections.abc import Callable
from contextlib import AbstractContextManager

from listener import JsonHandler, serving

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


class _Handler(JsonHandler):
    protocol_version = "HTTP/1.0"  # the end of a body is the end of the connection
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


def answering(kind: str) -> AbstractContextManager[str]:
    """Answer so while the block lasts; give the address."""
    return serving(_Handler, kind=kind)
