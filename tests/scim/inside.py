"""scim2-server's own code inside this process, for matrices that need thousands of runs.

It is the released server but for three things: it gives ids in order, its clock stands still,
and it takes a second user with one user name. The last would hide a create that is sent twice.
"""

import io
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import unquote

import httpx
from scim2_models import Resource, ResourceType, ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)
from starlette.types import Receive, Scope, Send

from .server import TOKEN, USER

Json = dict[str, Any]
_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class Trusting(InMemoryStorage):
    """Takes everything, also what it has already."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: _DAY)
        self.numbers = count(1001)

    def generate_id(self, resource_type: ResourceType, resource: Resource[Any]) -> str:
        """Return ids in order, as long as the server's own."""
        return f"{next(self.numbers):036}"

    def _check_uniqueness(self, *_: Any) -> None:
        """Refuse nothing."""


class Inside:
    """Users behind SCIM 2.0; `wsgi` answers as it would over a socket."""

    def __init__(self) -> None:
        self._start: list[Json] = []
        config = load_default_service_provider_config()
        schemas, types = load_default_schemas(), load_default_resource_types()
        provider = ScimProvider.from_discovery(schemas.values(), types.values(), config=config)
        self.wsgi = BearerTokenApplication(Trusting(), provider, bearer_tokens=[TOKEN])
        self.writes: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        self.reset()

    def begin_with(self, users: list[Json]) -> None:
        """Hold these users from now on, and after each reset."""
        self._start = users
        self.reset()

    def reset(self) -> None:
        """Hold again what was held at the start, and forget what was asked."""
        self.wsgi.storage.resources = []
        self.wsgi.storage.numbers = count(1001)
        for user in self._start:
            body = json.dumps({"schemas": [USER], **user}).encode()
            status, _, said = self.call("POST", "/v2/Users", body, TOKEN)
            assert status == 201, said
        self.writes = Counter(created=0, updated=0, refused=0)
        self.made = Counter()

    def saved(self) -> Any:
        """Return all that a run can change, as `restore` takes it.

        The server replaces what it stores and never changes it, so the list is enough.
        """
        number = next(self.wsgi.storage.numbers)
        self.wsgi.storage.numbers = count(number)
        return self.wsgi.storage.resources, number, self.writes.copy(), self.made.copy()

    def restore(self, saved: Any) -> None:
        """Hold again what was held at an earlier moment."""
        resources, number, writes, made = saved
        self.wsgi.storage.resources = list(resources)
        self.wsgi.storage.numbers = count(number)
        self.writes, self.made = writes.copy(), made.copy()

    def users(self) -> dict[str, Json]:
        """Return the users by id, without what the server says of them itself."""
        found = (each.model_dump() for each in self.wsgi.storage.resources)
        return {user["id"]: {k: v for k, v in user.items() if k != "meta"} for user in found}

    def held(self) -> Counter[str]:
        """Return the users, each as text, ids aside."""
        return Counter(
            json.dumps({k: v for k, v in user.items() if k != "id"}, sort_keys=True)
            for user in self.users().values()
        )

    def answer(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes]:
        """Return the answer to a request, and count it if it writes."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        path = request.url.raw_path.decode("ascii")
        status, headers, said = self.call(request.method, path, request.read(), token)
        self._count(request.method, status, request.content)
        return status, headers, said

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application, which never waits."""
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        path = scope["raw_path"].decode("ascii") + "?" + scope["query_string"].decode("ascii")
        request = httpx.Request(
            scope["method"], f"http://127.0.0.1{path}", headers=scope["headers"], content=body
        )
        status, headers, said = self.answer(request)
        await send({"type": "http.response.start", "status": status, "headers": headers.raw})
        await send({"type": "http.response.body", "body": said})

    def call(
        self, method: str, target: str, body: bytes, token: str
    ) -> tuple[int, httpx.Headers, bytes]:
        """Make one call by WSGI (PEP 3333)."""
        path, _, query = target.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "scim.example.com",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": "application/scim+json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Bearer {token}",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        began: list[Any] = []
        said = b"".join(self.wsgi(environ, lambda *given: began.append(given)))
        ((status, headers),) = began
        return int(status.split()[0]), httpx.Headers(headers), said

    def _count(self, method: str, status: int, body: bytes) -> None:
        if method == "GET":
            return
        done = 200 <= status < 300
        self.writes[("created" if method == "POST" else "updated") if done else "refused"] += 1
        if done and method == "POST":
            self.made[str(json.loads(body)["userName"]).casefold()] += 1
