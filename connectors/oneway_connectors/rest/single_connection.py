"""Sends one request at a time over one connection, without httpx and its connection pool.

A channel never has two requests at once; the pool, and httpx's own requests and responses, would
take half of a request's time. Each call of the operating system lets another thread run, which
costs more than the call if many requests are in flight: so a request leaves in one piece, and a
time limit is only set where it changes.
"""

import socket
from collections.abc import Iterable, Mapping
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    from oneway_connectors.rest.transport import Call, RawHeaders


class Direct:
    """One connection, which is reopened when it has ended."""

    def __init__(self, verify: SSLContext) -> None:
        self._verify = verify
        self._connection: httpcore.HTTPConnection | None = None

    def send(
        self, call: "Call", headers: "RawHeaders", extensions: Mapping[str, Any]
    ) -> httpcore.Response:
        """Return the response to a call, with its body yet to be read.

        The extension `trace` only sees a connection being opened.
        """
        url = call.url
        at = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        connection = self._connection
        if connection is not None and _may_serve(connection, at.origin):
            extensions = {name: it for name, it in extensions.items() if name != "trace"}
        else:
            connection = self._open(at.origin)
        request = httpcore.Request(
            call.method.encode("ascii"),
            at,
            headers=headers,
            content=call.content,
            extensions=dict(extensions),
        )
        return connection.handle_request(request)

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()

    def _open(self, origin: httpcore.Origin) -> httpcore.HTTPConnection:
        if origin.scheme not in {b"http", b"https"}:
            raise httpcore.UnsupportedProtocol("the URL begins with neither http:// nor https://")
        self.close()
        self._connection = httpcore.HTTPConnection(
            origin,
            ssl_context=self._verify,
            keepalive_expiry=_KEPT,
            network_backend=_Network(),
        )
        return self._connection


class _Network(httpcore.SyncBackend):
    """Opens connections whose requests leave in one piece."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable["httpcore.SOCKET_OPTION"] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(host, port, timeout, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    """Sends all that was written in one piece before it reads, within one time limit.

    A system may answer, and end the connection, before it has read all: then the answer counts.
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._socket: socket.socket = stream.get_extra_info("socket")
        self._unsent = b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout  # the limit of the read that follows applies
        self._unsent += buffer

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            if self._socket.gettimeout() != timeout:
                self._socket.settimeout(timeout)
            self._send()
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def _send(self) -> None:
        """Send what was written, or as much of it as the system takes."""
        unsent, self._unsent = self._unsent, b""
        try:
            while unsent:
                unsent = unsent[self._socket.send(unsent) :]
        except TimeoutError:
            raise
        except OSError:
            return

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _may_serve(connection: httpcore.HTTPConnection, origin: httpcore.Origin) -> bool:
    """Return whether a connection has this origin, is idle, and was not ended by the system."""
    there = connection.can_handle_request(origin)
    return there and connection.is_available() and not connection.has_expired()


_KEPT = 5.0
"""Seconds for which an idle connection may be reused, as in httpx."""
