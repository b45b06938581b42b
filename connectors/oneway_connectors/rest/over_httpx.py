"""Sends requests by a transport of httpx: through a proxy, or one that was passed in."""

from collections.abc import Mapping
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

if TYPE_CHECKING:
    from oneway_connectors.rest.transport import Call, RawHeaders


class OverHttpx:
    """A transport of httpx, with responses as httpcore has them."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def send(
        self, call: "Call", headers: "RawHeaders", extensions: Mapping[str, Any]
    ) -> httpcore.Response:
        """Return the response to a call, with its body yet to be read."""
        request = httpx.Request(
            call.method,
            call.url,
            headers=headers,
            content=call.content,
            extensions=dict(extensions),
        )
        response = self._transport.handle_request(request)
        came = response.headers.raw
        if response.is_stream_consumed:  # the transport has read the body, and unpacked it
            came = [each for each in came if each[0].lower() != b"content-encoding"]
            return httpcore.Response(response.status_code, headers=came, content=response.content)
        assert isinstance(response.stream, httpx.SyncByteStream)
        return httpcore.Response(response.status_code, headers=came, content=response.stream)

    def close(self) -> None:
        """End all connections."""
        self._transport.close()


class ByProxy(httpx.BaseTransport):
    """Sends requests by the proxies in the environment, as httpx interprets it."""

    def __init__(self, verify: SSLContext) -> None:
        self._client = httpx.Client(verify=verify, follow_redirects=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request, with its body yet to be read."""
        return self._client.send(request, stream=True)

    def close(self) -> None:
        """End all connections."""
        self._client.close()
