"""The rest connector over real loopback sockets: what a mock transport cannot show."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from rest_world import KEY, altered, described

from oneway.connector import Access, ConnectorError, NotSent, ReadError, Secret, Unknown
from oneway_connectors.rest import Rest, connect

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """Answers each request by the next of its answers; the last one goes on."""

    daemon_threads = True
    answers: list[Answer]
    asked: list[str]
    headers: list[dict[str, str]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self.rfile.read(length)
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.headers.append({k.lower(): v for k, v in self.headers.items()})
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    do_POST = do_PATCH = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), _Handler)
    server.answers, server.asked, server.headers = list(answers), [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sent(body: bytes, status: int = 200, length: int | None = None, **headers: str) -> Answer:
    """Return an answer; `length` may lie about the body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = length is not None

    return answer


def dropped(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """Send a byte at a time, for as long as anyone listens."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.02)
    except OSError:
        handler.close_connection = True


LIST = b'{"data": []}'
QUICK = altered("limits: {", "timeouts: {connect: 5, read: 5, total: 0.2}\nlimits: {")


@contextmanager
def connected(url: str, manifest: str | None = None) -> Iterator[Rest]:
    description = described(manifest) if manifest else described()
    access = Access({"base_url": url, "tenant": "t1"}, {"api_key": Secret(KEY)})
    connector = connect(description, access, sleep=lambda seconds: None)
    try:
        yield connector
    finally:
        connector.close()


def read_error(*answers: Answer, manifest: str | None = None) -> tuple[ReadError, Server]:
    with serving(*answers) as server, connected(server.url, manifest) as connector:
        with pytest.raises(ReadError) as caught:
            connector.reader("people").read()
        assert KEY not in str(caught.value)
        return caught.value, server


def test_a_plain_and_a_compressed_answer_are_the_same() -> None:
    bodies = {"": LIST, "gzip": gzip.compress(LIST), "deflate": zlib.compress(LIST)}
    for coding, body in bodies.items():
        with serving(sent(body, Content_Encoding=coding)) as server, connected(server.url) as it:
            assert it.reader("people").read().complete
            assert server.headers[0]["accept-encoding"] == "gzip"
            assert server.headers[0]["x-key"] == KEY


def test_a_gzip_bomb_is_cut_off() -> None:
    bomb = gzip.compress(b" " * 200_000_000, compresslevel=1)
    error, server = read_error(sent(bomb, Content_Encoding="gzip"))
    assert error.code == "R109"
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"\x1f\x8bnonsense", gzip.compress(LIST)[:-9]])
def test_a_broken_compression_is_an_error(body: bytes) -> None:
    error, _ = read_error(sent(body, Content_Encoding="gzip"))
    assert error.code == "R101"


def test_an_unknown_coding_is_an_error() -> None:
    error, _ = read_error(sent(LIST, Content_Encoding="br"))
    assert error.code == "R101"


def test_a_long_answer_is_cut_off() -> None:
    error, _ = read_error(sent(b" " * 100_000))
    assert error.code == "R109"


def test_an_answer_that_drips_is_cut_off() -> None:
    error, server = read_error(dripping, manifest=QUICK)
    assert error.code == "R109"
    assert len(server.asked) == 1


def test_a_truncated_answer_is_tried_again_and_then_an_error() -> None:
    error, server = read_error(sent(LIST[:-3], length=len(LIST)))
    assert error.code == "R101"
    assert len(server.asked) == 4
    answers = sent(LIST[:-3], length=len(LIST)), sent(LIST)
    with serving(*answers) as server, connected(server.url) as connector:
        assert connector.reader("people").read().complete


def test_a_dropped_connection_is_tried_again_for_reading_and_unknown_for_a_create() -> None:
    with serving(dropped, sent(LIST)) as server, connected(server.url) as connector:
        assert connector.reader("people").read().complete
    with serving(dropped) as server, connected(server.url) as connector:
        with pytest.raises(Unknown):
            connector.writer("people").create({"email": "a@example.com"}, "t")
        assert server.asked == ["POST /people"]


def test_nobody_listening_is_not_sent() -> None:
    with serving(sent(LIST)) as server:
        url = server.url
    with connected(url) as connector, pytest.raises(NotSent):
        connector.writer("people").create({"email": "a@example.com"}, "t")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_refused_and_gets_no_credentials(status: int) -> None:
    with serving(sent(LIST)) as other:
        error, _ = read_error(sent(b"", status, Location=other.url + "/people"))
        assert error.code == "R108"
        assert other.asked == []
        answer = sent(b"", status, Location=other.url + "/people")
        with (
            serving(answer) as server,
            connected(server.url) as connector,
            pytest.raises(ConnectorError),
        ):
            connector.writer("people").create({"email": "a@example.com"}, "t")
        assert other.asked == []


def test_a_redirect_of_a_read_to_the_same_host_is_followed_but_not_for_ever() -> None:
    with serving(sent(b"", 302, Location="/elsewhere?x=1"), sent(LIST)) as server:
        with connected(server.url) as connector:
            assert connector.reader("people").read().complete
        assert server.asked[1] == "GET /elsewhere?x=1"
    error, server = read_error(sent(b"", 302, Location="/round"))
    assert error.code == "R108"
    assert len(server.asked) == 5


def test_connections_are_used_again_and_ended_by_close() -> None:
    ports = set()

    def counting(handler: BaseHTTPRequestHandler) -> None:
        ports.add(handler.client_address[1])
        sent(LIST)(handler)

    with serving(counting) as server, connected(server.url) as connector:
        for _ in range(5):
            connector.reader("people").read()
        assert len(ports) == 1
        connector.close()
        connector.reader("people").read()
        assert len(ports) == 2


def test_an_untrusted_certificate_is_refused() -> None:
    # A port that speaks no TLS at all stands for all that cannot prove who it is.
    with serving(sent(LIST)) as server:
        url = server.url.replace("http:", "https:")
        with connected(url) as connector, pytest.raises(ReadError) as caught:
            connector.reader("people").read()
        assert caught.value.code == "R101"
        assert server.asked == []
