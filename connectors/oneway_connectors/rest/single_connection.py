"""Sends one request at a time over one connection, without httpx's connection pool.

A channel never has two requests at once, and the pool takes a quarter of a request's time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ssl import SSLContext

import httpcore
import httpx


class Direct(httpx.BaseTransport):
    """An httpx transport with one connection, which is reopened when it has ended."""

    def __init__(self, verify: SSLContext) -> None:
        self._verify = verify
        self._connection: httpcore.HTTPConnection | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request, with its body yet to be read.

        The request's `trace` only sees a connection being opened.
        """
        url = request.url
        at = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        connection, extensions = self._connection, request.extensions
        if connection is not None and _may_serve(connection, at.origin):
            extensions = {name: it for name, it in extensions.items() if name != "trace"}
        else:
            connection = self._open(at.origin)
        asked = httpcore.Request(
            request.method,
            at,
            headers=request.headers.raw,
            content=request.stream,
            extensions=extensions,
        )
        with _as_httpx():
            answer = connection.handle_request(asked)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()

    def _open(self, origin: httpcore.Origin) -> httpcore.HTTPConnection:
        if origin.scheme not in {b"http", b"https"}:
            raise httpx.UnsupportedProtocol("the URL begins with neither http:// nor https://")
        self.close()
        self._connection = httpcore.HTTPConnection(
            origin, ssl_context=self._verify, keepalive_expiry=_KEPT
        )
        return self._connection


class _Body(httpx.SyncByteStream):
    """The body of a response, with httpx's errors; the connection is free once it is closed."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def _may_serve(connection: httpcore.HTTPConnection, origin: httpcore.Origin) -> bool:
    """Return whether a connection has this origin, is idle, and was not ended by the system."""
    there = connection.can_handle_request(origin)
    return there and connection.is_available() and not connection.has_expired()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Raise an error of httpcore as the httpx error with the same name."""
    try:
        yield
    except _ERRORS as error:
        raised: type[httpx.TransportError] = getattr(httpx, type(error).__name__)
        raise raised(str(error)) from error


_KEPT = 5.0
"""Seconds for which an idle connection may be reused, as in httpx."""
_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)
