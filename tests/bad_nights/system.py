"""The target of the bad nights: users over real HTTP, by one key, with troubles to switch on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from listener import JsonHandler, LoopbackServer, answering

KEY = "night-key"
MANIFEST = """\
oneway_connector: 1
name: expenses
title: Expenses
kind: rest
options:
  base_url: {description: Where the API is.}
secrets:
  api_key: {description: A key.}
base_url: "{base_url}"
auth: {type: header, header: Authorization, value: "ApiKey {api_key}"}
errors: {message: message}
limits: {read_seconds: 60}
concurrency: 1
resources:
  users:
    title: Users
    id: id
    list: {path: /users, pagination: {type: none}}
    get: {path: "/users/{id}"}
    create: {method: POST, path: /users}
    update: {method: PATCH, path: "/users/{id}"}
    absent: null
    record:
      type: object
      properties:
        id: {type: integer, readOnly: true, unique: true}
        reference: {type: [string, "null"], unique: true}
        name: {type: [string, "null"]}
        email: {type: [string, "null"], unique: true, unique_ignores_case: true}
        leaveDate: {type: [string, "null"], format: date}
"""


@dataclass
class Troubles:
    """What is wrong with the target; nothing, at first."""

    down: bool = False
    revoked: bool = False
    read_only: bool = False
    empty: bool = False
    refused: set[str] = field(default_factory=set)
    """Emails that no record may have."""
    keeps_in: bool = False
    """Leave dates are refused."""
    forgets: bool = False
    """Names are taken, and not kept."""
    silent: int = 0
    """So many writes are carried out, and not answered."""
    hangs_at: int = 0
    """The write at which it waits for `released`; 0 for none."""


class Target(LoopbackServer):
    """The target; `users` are its records, by id."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.users: dict[int, dict[str, Any]] = {}
        self.troubles = Troubles()
        self.writes = 0
        self.reached, self.released = threading.Event(), threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a caller that was killed."""


@contextmanager
def target() -> Iterator[Target]:
    """Give a target that listens."""
    server = Target()
    with answering(server):
        try:
            yield server
        finally:
            server.released.set()


class _Handler(JsonHandler):
    server: Target

    def do_GET(self) -> None:
        if self._wrong():
            return
        url = urlsplit(self.path)
        users = [] if self.server.troubles.empty else list(self.server.users.values())
        tail = url.path.rpartition("/")[2]
        if tail.isdigit():
            found = next((each for each in users if each["id"] == int(tail)), None)
            self.answer(200 if found else 404, found or {"message": "no such user"})
            return
        for name, values in parse_qs(url.query).items():
            users = [each for each in users if each.get(name) == values[0]]
        self.answer(200, users)

    def do_POST(self) -> None:
        self._write(max(self.server.users, default=100) + 1)

    def do_PATCH(self) -> None:
        self._write(int(self.path.rpartition("/")[2]))

    def _write(self, id: int) -> None:
        body = self.sent()
        if self._wrong():
            return
        server, troubles = self.server, self.server.troubles
        if troubles.read_only:
            self.answer(403, {"message": "this key may not write"})
        elif body.get("email", "").lower() in troubles.refused:
            self.answer(422, {"message": "the email is of no known domain"})
        elif troubles.keeps_in and body.get("leaveDate"):
            self.answer(422, {"message": "the user has open claims"})
        else:
            server.writes += 1
            if server.writes == troubles.hangs_at:
                server.reached.set()
                server.released.wait(120)
            if troubles.forgets:
                body.pop("name", None)
            server.users[id] = {**server.users.get(id, {}), **body, "id": id}
            if troubles.silent:
                troubles.silent -= 1
                self.close_connection = True
                self.connection.close()
                return
            self.answer(200, server.users[id])

    def _wrong(self) -> bool:
        troubles = self.server.troubles
        if troubles.down:
            self.answer(503, {"message": "down for maintenance"})
        elif troubles.revoked or self.headers.get("Authorization") != f"ApiKey {KEY}":
            self.answer(401, {"message": "the key was revoked"})
        else:
            return False
        return True
