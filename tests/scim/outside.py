"""scim2-server as a process of its own, behind a front that counts what it is asked to write."""

import json
import ssl
from collections import Counter
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

from patience import PATIENCE

from .server import Server, Tenant

Json = dict[str, Any]
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_KEPT = ("content-type", "etag", "location")


class Outside:
    """A tenant of a running server, another one after each reset."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._start: list[Json] = []
        self._client = httpx.Client(trust_env=False, timeout=PATIENCE, verify=_NO_TLS)
        self.tenant: Tenant = server.tenant()
        self.writes: Counter[str] = Counter()

    def begin_with(self, users: list[Json]) -> None:
        """Hold these users from now on, and after each reset."""
        self._start = users
        self.reset()

    def reset(self) -> None:
        """Go on with a tenant that holds what was held at the start."""
        self.tenant = self._server.tenant()
        for user in self._start:
            self.tenant.add(**user)
        self.writes = Counter(created=0, updated=0, refused=0)

    def saved(self) -> Any:
        """Raise: no other process can be kept as it is."""
        raise NotImplementedError

    def restore(self, saved: Any) -> None:
        """Raise: no other process can be put back."""
        raise NotImplementedError

    def held(self) -> Counter[str]:
        """Return the users, each as text; ids and instants aside."""
        return Counter(
            json.dumps({k: v for k, v in user.items() if k not in ("id", "meta")}, sort_keys=True)
            for user in self.tenant.users()
        )

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, whole, and its answer back."""
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return  # whoever asked was killed before it had asked
            body += message.get("body", b"")
            more = message.get("more_body", False)
        url = self.tenant.url.removesuffix("/v2") + scope["raw_path"].decode("ascii")
        headers = {k: v for k, v in scope["headers"] if k in (b"authorization", b"content-type")}
        query = scope["query_string"].decode("ascii")
        answer = self._client.request(
            scope["method"], f"{url}?{query}" if query else url, content=body, headers=headers
        )
        if scope["method"] != "GET":
            done = "created" if scope["method"] == "POST" else "updated"
            self.writes[done if answer.is_success else "refused"] += 1
        kept = [(k.encode(), answer.headers[k].encode()) for k in _KEPT if k in answer.headers]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
        await send({"type": "http.response.body", "body": answer.content})
