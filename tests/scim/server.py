"""scim2-server as a process of its own on a loopback address, a tenant for each test."""

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from patience import PATIENCE

TOKEN = "scim-token-31c9"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_TENANTS = count(1)
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody; none is needed here, and the usual one is slow to make."""


@dataclass(frozen=True)
class Tenant:
    """One tenant's users, asked and changed without our connector."""

    url: str

    def users(self) -> list[dict[str, Any]]:
        """Return all users, by user name."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self._ask("GET", f"/Users?startIndex={len(found) + 1}&count=500")
            page = answer.json().get("Resources", [])
            found += page
            if not page:
                return sorted(found, key=lambda user: str(user["userName"]))

    def by_code(self) -> dict[str, dict[str, Any]]:
        """Return the users that have a payroll code, by it."""
        return {user["externalId"]: user for user in self.users() if user.get("externalId")}

    def add(self, **fields: Any) -> str:
        """Create a user and return its id."""
        answer = self._ask("POST", "/Users", {"schemas": [USER], **fields})
        return str(answer.raise_for_status().json()["id"])

    def change(self, id: str, **fields: Any) -> None:
        """Change attributes of a user."""
        operations = [{"op": "replace", "path": k, "value": v} for k, v in fields.items()]
        body = {"schemas": [PATCH], "Operations": operations}
        self._ask("PATCH", f"/Users/{id}", body).raise_for_status()

    def remove(self, id: str) -> None:
        """Delete a user."""
        self._ask("DELETE", f"/Users/{id}").raise_for_status()

    def _ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
        with httpx.Client(trust_env=False, timeout=PATIENCE, verify=_NO_TLS) as client:
            return client.request(method, self.url + path, json=body, headers=headers)


@dataclass(frozen=True)
class Server:
    """A running server; each tenant begins with nobody in it."""

    url: str

    def tenant(self) -> Tenant:
        """Return a tenant that nobody else uses."""
        return Tenant(f"{self.url}/t{next(_TENANTS)}/v2")


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server for the length of a block; it is killed by its process id."""
    port = _free_port()
    command = [sys.executable, "-m", "scim2_server.testserver.cli", "--port", str(port)]
    command += ["--bearer-token", TOKEN, "--dynamic-tenants"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert said.startswith("Serving SCIM"), f"scim2-server did not start: {said!r}"
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
