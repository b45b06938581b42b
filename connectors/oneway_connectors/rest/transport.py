"""Sends one request and reads one response, within limits of size and time.

TLS certificates are always verified; no option disables that. Responses are decompressed here, a
bounded piece at a time, so that a small response cannot become a huge one. Received bytes are
counted too, so that a large response cannot pass for a small one.
"""

import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import field
from functools import lru_cache
from queue import Empty, LifoQueue
from ssl import SSLContext
from threading import Lock
from typing import Any, Protocol
from urllib.request import getproxies

import httpcore
import httpx

from oneway.core.dataclass import dataclass
from oneway.core.deadline import Deadline, DeadlineWatch
from oneway.core.hosts import is_loopback
from oneway.core.request_gate import about_to_leave
from oneway_connectors.rest.errors import Cause, NoAnswer
from oneway_connectors.rest.model import Limits
from oneway_connectors.rest.over_httpx import ByProxy, OverHttpx
from oneway_connectors.rest.responses import clean
from oneway_connectors.rest.single_connection import Direct

MISSING = frozenset({404, 410})
"""Statuses that mean that nothing exists there."""
ACCEPTED = 202
_SHOWING = frozenset({200, 201, 203, 204, 206})
"""Successes that may show what was asked for: NestJS answers 201 to each search by POST.

203 is a 200 that a proxy has transformed (RFC 9110, 15.3.4). Others come before it is ready (202),
or report on parts or changes (207, 208, 226).
"""
_HEADERS: Mapping[str, str] = {
    "accept": "application/json",
    "accept-encoding": "gzip",
    "connection": "keep-alive",
    "user-agent": f"python-httpx/{httpx.__version__}",
}
_BEFORE_SENDING = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.LocalProtocolError,
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_FAILED = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpx.HTTPError,
    zlib.error,
)
_WITH_LENGTH = frozenset({"POST", "PUT", "PATCH"})
"""The methods whose requests state the length of a body even if they have none (RFC 9110, 8.6)."""
RawHeaders = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request, ready to be sent.

    `repeatable`: it may be sent again without harm. `reading`: it changes nothing, whatever its
    method. `asked` is what the body searches for. `of_job`: it asks about a job, which still runs
    while the answer is 202.
    """

    method: str
    url: httpx.URL
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(repr=False)
    repeatable: bool
    reading: bool = False
    asked: tuple[str, ...] = field(default=(), repr=False)
    of_job: bool = False

    @property
    def where(self) -> str:
        """The request for messages: without its query, since filters hold people's data."""
        return f"{self.method} {self.url.copy_with(query=None, fragment=None)}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response, and the result of earlier attempts.

    `doubt`: an earlier attempt may have been carried out. `given_up`: why there is no retry,
    although one would do no harm. `refused` and `missing`: by the manifest, the body of a success
    means that nothing was done, or that the record does not exist. `stray`: a 404 or 410 that may
    not be the system's own. `asked`: what the body of the request searched for. `later`: how a
    response that is treated as 429 showed its limit, if its status was another.
    """

    status: int
    headers: httpx.Headers
    body: bytes
    url: httpx.URL
    doubt: bool = False
    given_up: str = ""
    refused: bool = False
    missing: bool = False
    stray: bool = False
    asked: tuple[str, ...] = field(default=(), repr=False)
    later: str = ""

    @property
    def success(self) -> bool:
        """Whether the status is a success."""
        return 200 <= self.status < 300

    @property
    def good(self) -> bool:
        """Whether both the status and the body mean success."""
        return self.success and not self.refused and not self.missing

    @property
    def showing(self) -> bool:
        """Whether the status lets a read trust the body, or report a refusal in it."""
        return not self.success or self.refused or self.status in _SHOWING

    @property
    def absent(self) -> bool:
        """Whether the requested record does not exist."""
        missing = self.missing and self.showing
        return missing or (self.status in MISSING and not self.stray)


class _Carrier(Protocol):
    """Carries one request at a time to the system, and the response back."""

    def send(
        self, call: Call, headers: RawHeaders, extensions: Mapping[str, Any]
    ) -> httpcore.Response:
        """Return the response to a call, with its body yet to be read."""

    def close(self) -> None:
        """End all connections."""


@dataclass(frozen=True, slots=True)
class _Channel:
    """A way to the system, with its cookies, and the deadline of the request that it carries."""

    carrier: _Carrier
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    deadline: Deadline = field(default_factory=Deadline)


class Wire:
    """Sends calls, each by a channel that no other thread is using.

    A pool shared by threads collapses under load, so each worker takes an idle channel or a new
    one. All share one TLS context, which is slow to create.
    """

    def __init__(
        self,
        base: httpx.URL,
        limits: Limits,
        transport: httpx.BaseTransport | None,
        clock: Callable[[], float],
    ) -> None:
        self._limits = limits
        self._transport = transport
        self._clock = clock
        self._idle: LifoQueue[_Channel] = LifoQueue()
        self._watch = DeadlineWatch(limits.total)
        self._loopback = is_loopback(base.host)
        self._timeout = httpx.Timeout(limits.read, connect=limits.connect).as_dict()

    def send(self, call: Call) -> Answer:
        """Return the response to a call; raise `NoAnswer` if none came, or it is too large."""
        channel = self._taken()
        try:
            return self._answer(channel, call)
        except _BEFORE_SENDING as error:
            text = f"it cannot be reached ({_words(error)})"
            raise NoAnswer(Cause.UNREACHABLE, text, sent=False) from None
        except _FAILED as error:
            if channel.deadline.over:
                raise self._too_long() from None
            late = isinstance(error, httpx.TimeoutException | httpcore.TimeoutException)
            broken = f"the answer broke off ({_words(error)})"
            text = "it did not answer in time" if late else broken
            raise NoAnswer(Cause.BROKEN, text, sent=True) from None
        finally:
            self._idle.put(channel)

    def close(self) -> None:
        """End all connections."""
        self._watch.end()
        while True:
            try:
                self._idle.get_nowait().carrier.close()
            except Empty:
                return

    def _answer(self, channel: _Channel, call: Call) -> Answer:
        latest = self._clock() + self._limits.total
        extensions = {"trace": channel.deadline.trace, "timeout": self._timeout}
        # A transport that was passed in has no connections to shut down, and its own clock.
        with nullcontext() if self._transport else self._watch.over(channel.deadline):
            about_to_leave()
            response = channel.carrier.send(call, _headers(call, channel.cookies), extensions)
            try:
                headers = httpx.Headers(response.headers)
                if "set-cookie" in headers:
                    asked = httpx.Request(call.method, call.url)
                    came = httpx.Response(response.status, headers=headers, request=asked)
                    came.headers.encoding = _BYTES
                    channel.cookies.extract_cookies(came)
                body = self._body(response.iter_stream(), headers, latest)
                return Answer(response.status, headers, body, call.url)
            finally:
                response.close()

    def _body(self, raw: Iterable[bytes], headers: httpx.Headers, latest: float) -> bytes:
        """Return a body, decompressed."""
        most = self._limits.response_bytes
        body, received = bytearray(), 0
        unpacker = _unpacker(headers)
        for each in raw:
            received += len(each)
            for piece in _pieces(unpacker, each, most):
                body += piece
                if max(len(body), received) > most:
                    text = f"the answer is longer than {most:,} bytes"
                    raise NoAnswer(Cause.TOO_MUCH, text, sent=True)
                if self._clock() > latest:
                    raise self._too_long()
        if unpacker is not None and received and not unpacker.eof:
            raise zlib.error("compressed data ends too early")
        # Each value follows one of these characters, unless they are in text. Counting them limits
        # memory, as values take more of it than their text.
        if sum(map(body.count, (b",", b"[", b"{"))) > self._limits.response_values:
            text = f"the answer contains more than {self._limits.response_values:,} values"
            raise NoAnswer(Cause.TOO_MUCH, text, sent=True)
        return bytes(body)

    def _too_long(self) -> NoAnswer:
        text = f"the answer takes longer than {self._limits.total:g} seconds"
        return NoAnswer(Cause.TOO_MUCH, text, sent=True)

    def _taken(self) -> _Channel:
        """Return an idle channel, or a new one."""
        try:
            return self._idle.get_nowait()
        except Empty:
            return _Channel(self._new_carrier())

    def _new_carrier(self) -> _Carrier:
        if self._transport is not None:
            return OverHttpx(self._transport)
        with _MAKING:
            verify = tls()
        if not self._loopback and getproxies():  # no proxy for this machine
            return OverHttpx(ByProxy(verify))
        return Direct(verify)


def tls() -> SSLContext:
    """Return the TLS context for all requests of this process.

    Creates a new one if the environment now names other certificates.
    """
    return _tls(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=2)
def _tls(*_named: str | None) -> SSLContext:
    return httpx.create_ssl_context()


_MAKING = Lock()
_BYTES = "iso-8859-1"
"""The encoding of headers: each byte is a character, so that a cookie goes back as it came."""


def _headers(call: Call, cookies: httpx.Cookies) -> RawHeaders:
    """Return the headers of a request, in the order in which httpx sends them."""
    headers = {"host": call.url.netloc.decode("ascii"), **_HEADERS, **call.headers}
    if call.content or call.method in _WITH_LENGTH:
        headers.setdefault("content-length", str(len(call.content or b"")))
    if cookies:
        found = httpx.Request(call.method, call.url, cookies=cookies).headers.get("cookie", "")
        headers |= {"cookie": found} if found and "cookie" not in headers else {}
    return [(name.encode("ascii"), text.encode(_BYTES)) for name, text in headers.items()]


def _unpacker(headers: httpx.Headers) -> "zlib._Decompress | None":
    """Return what decompresses a body, or None if it came as it is."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding in {"", "identity"}:
        return None
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise zlib.error(f"unknown coding {coding}")
    return zlib.decompressobj(47)  # tells gzip and zlib apart by their first bytes


def _pieces(unpacker: "zlib._Decompress | None", raw: bytes, most: int) -> Iterator[bytes]:
    """Yield a part of a body, decompressed; each piece is at most one byte more than `most`."""
    if unpacker is None:
        yield raw
        return
    while raw:
        yield unpacker.decompress(raw, min(most + 1, 1_000_000))
        raw = unpacker.unconsumed_tail


def _words(error: Exception) -> str:
    if isinstance(error, httpx.ProtocolError | httpcore.ProtocolError):
        return "it breaks the rules of HTTP"  # the error's message quotes the header with the key
    return clean(str(error)) or type(error).__name__
