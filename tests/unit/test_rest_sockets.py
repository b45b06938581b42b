"""The rest connector over real loopback sockets: what a mock transport cannot show."""

import gzip
import json
import re
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import trustme
import yaml
from rest_world import KEY, MANIFEST, altered, described

from listener import JsonHandler, LoopbackServer, answering
from oneway.core.access import Access, Secret
from oneway.core.connector_errors import ConnectorError, NotSent, ReadError, Unknown
from oneway.core.diagnostics import Refused
from oneway_connectors.rest import connect
from oneway_connectors.rest.system import Rest

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(LoopbackServer):
    """Answers each request by the next of its answers; the last one goes on."""

    answers: list[Answer]
    asked: list[str]
    headers: list[dict[str, str]]


class _Handler(JsonHandler):
    server: Server

    def do_GET(self) -> None:
        self.body()
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.headers.append({k.lower(): v for k, v in self.headers.items()})
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    do_POST = do_PATCH = do_CONNECT = do_GET


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    server = Server(_Handler)
    server.answers, server.asked, server.headers = list(answers), [], []
    with answering(server):
        yield server


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


def dripping_headers(handler: BaseHTTPRequestHandler) -> None:
    """Send headers, one after the other, for as long as anyone listens."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    try:
        while True:
            handler.wfile.write(b"X-Y: z\r\n")
            time.sleep(0.02)
    except OSError:
        handler.close_connection = True


def empty_blocks(handler: BaseHTTPRequestHandler) -> None:
    """Send compressed data that unpacks to nothing, without end."""
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", "100000000")
    handler.end_headers()
    try:
        handler.wfile.write(gzip.compress(b"")[:10])
        while True:
            handler.wfile.write(b"\x00\x00\x00\xff\xff" * 1000)
    except OSError:
        handler.close_connection = True


LIST = b'{"data": []}'
QUICK = altered("limits: {", "timeouts: {connect: 5, read: 5, total: 1}\nlimits: {")


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


@pytest.mark.parametrize("body", [b"\x1f\x8bnonsense", gzip.compress(LIST, mtime=0)[:-9]])
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


def test_headers_that_drip_are_cut_off_and_the_next_request_is_answered() -> None:
    error, server = read_error(dripping_headers, manifest=QUICK)
    assert error.code == "R109"
    assert len(server.asked) == 1
    with serving(dripping_headers, sent(LIST)) as server, connected(server.url, QUICK) as it:
        with pytest.raises(Unknown):
            it.writer("people").create({"email": "a@example.com"}, "t")
        assert it.reader("people").read().complete
        assert server.asked == ["POST /people", "GET /people?page=1&size=2"]


def test_what_unpacks_to_nothing_is_cut_off() -> None:
    error, _ = read_error(empty_blocks)
    assert error.code == "R109"


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


def test_a_cookie_goes_back_to_whoever_set_it() -> None:
    answers = sent(LIST, Set_Cookie="session=s1; Path=/"), sent(LIST)
    with serving(*answers) as server, connected(server.url) as it:
        for _ in range(2):
            assert it.reader("people").read().complete
        assert [each.get("cookie") for each in server.headers] == [None, "session=s1"]


@pytest.mark.parametrize("coding", ["iso-8859-1", "utf-8"])
def test_a_cookie_goes_back_with_the_bytes_in_which_it_came(coding: str) -> None:
    as_sent = "tenant=Müller".encode(coding).decode("iso-8859-1")
    answers = sent(LIST, Set_Cookie=f"{as_sent}; Path=/"), sent(LIST)
    with serving(*answers) as server, connected(server.url) as it:
        for _ in range(2):
            assert it.reader("people").read().complete
        assert [each.get("cookie") for each in server.headers] == [None, as_sent]


def test_a_proxy_of_the_environment_is_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(sent(LIST)) as server, serving(sent(b"no", 403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        with connected(server.url) as it:
            assert it.reader("people").read().complete
        with connected("https://people.example.com") as it, pytest.raises(ReadError) as caught:
            it.reader("people").read()
        assert "cannot be reached" in caught.value.summary
        assert set(proxy.asked) == {"CONNECT people.example.com:443"}


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


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def tls_serving(authority: trustme.CA, name: str, *answers: Answer) -> Iterator[tuple[Server, str]]:
    """Give a server whose certificate says that it is `name`, and its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    with serving(*(answers or (sent(LIST),))) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield server, server.url.replace("http:", "https:")


def test_a_certificate_of_nobody_known_is_refused(authority: trustme.CA) -> None:
    with tls_serving(authority, "127.0.0.1") as (server, url), connected(url) as connector:
        with pytest.raises(ReadError, match=r"(?i)certificate") as caught:
            connector.reader("people").read()
        with pytest.raises(NotSent):
            connector.writer("people").create({"email": "a@example.com"}, "t")
        assert caught.value.code == "R101"
        assert server.asked == []


def test_a_certificate_of_an_authority_that_is_named_is_taken(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with tls_serving(authority, "127.0.0.1") as (_, url), connected(url) as connector:
        assert connector.reader("people").read().complete
    with tls_serving(authority, "other.example.com") as (server, url), connected(url) as connector:
        with pytest.raises(ReadError, match=r"(?i)certificate"):
            connector.reader("people").read()
        assert server.asked == []


@pytest.mark.parametrize("slow", [dripping, dripping_headers])
def test_what_drips_through_tls_is_cut_off_too(
    slow: Answer, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with tls_serving(authority, "127.0.0.1", slow) as (_, url), connected(url, QUICK) as connector:
        with pytest.raises(ReadError) as caught:
            connector.reader("people").read()
        assert caught.value.code == "R109"


def test_what_speaks_no_tls_is_refused() -> None:
    with serving(sent(LIST)) as server:
        url = server.url.replace("http:", "https:")
        with connected(url) as connector, pytest.raises(ReadError) as caught:
            connector.reader("people").read()
        assert caught.value.code == "R101"
        assert server.asked == []


_SWITCHES = ("verify", "tls_verify", "ssl_verify", "insecure", "check_hostname", "verify_tls")


@pytest.mark.parametrize("where", ["", "auth", "timeouts", "limits", "retry", "option"])
@pytest.mark.parametrize("switch", _SWITCHES)
def test_no_manifest_can_turn_verification_off(where: str, switch: str) -> None:
    data = yaml.safe_load(MANIFEST)
    part = data["options"]["tenant"] if where == "option" else data
    (part.setdefault(where, {}) if where not in ("", "option") else part)[switch] = False
    with pytest.raises(Refused, match=switch):
        described(yaml.safe_dump(data, sort_keys=False))


@pytest.mark.parametrize("schema", ["mapping", "connector"])
def test_no_key_of_any_file_speaks_of_verification(schema: str) -> None:
    text = (Path(__file__).parents[2] / "schemas" / f"{schema}.schema.json").read_text("utf-8")
    names: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            names.update(node.get("properties", {}))
            for each in node.values():
                walk(each)
        elif isinstance(node, list):
            for each in node:
                walk(each)

    walk(json.loads(text))
    assert names
    wrong = [n for n in names if re.search(r"verif|insecure|tls|ssl|cert|hostname|trust", n)]
    assert wrong == []
