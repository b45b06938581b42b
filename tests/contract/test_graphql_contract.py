"""The contract, kept over GraphQL by the manifest that connectors/README.md shows."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any, cast

import pytest

from contract import READING, WRITING, Check, Subject, named
from listener import JsonHandler, LoopbackServer, answering
from oneway.connections.manifest import load_manifest
from oneway.core.access import Access, Secret
from oneway.core.connector import Connector
from oneway.core.connector_errors import ReadError, Rejected
from oneway_connectors.rest import connect

README = Path(__file__).resolve().parents[2] / "connectors" / "README.md"
KEY = "canary-key-77aa"
PAGE = 3
_NAMES = {"users": "users_page"}


class Hive(LoopbackServer):
    """A GraphQL server that knows five operations, in pages of three."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.users = {f"u{n}": {"id": f"u{n}", **user(n), "active": True} for n in range(1, 8)}
        self.asked: list[dict[str, Any]] = []
        self.guard = Lock()

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.guard:
            self.asked.append(body)
            assert set(body) == {"query", "variables"}
            (operation,) = re.findall(r"\{\s*(\w+)\(", body["query"])
            assert body["query"].count("{") == body["query"].count("}")
            try:
                return {
                    "data": {
                        operation: getattr(self, _NAMES.get(operation, operation))(
                            **body["variables"]
                        )
                    }
                }
            except LookupError as error:
                return {"data": None, "errors": [{"message": str(error.args[0])}]}

    def users_page(self, after: str = "", email: str = "") -> dict[str, Any]:
        start = int(after or 0)
        found = [each for each in self.users.values() if email in ("", each["email"])]
        more = start + PAGE < len(found)
        info = {"hasNextPage": more, "endCursor": str(start + PAGE)}
        return {"nodes": found[start : start + PAGE], "pageInfo": info}

    def user(self, id: str) -> dict[str, Any] | None:
        return self.users.get(id)

    def createUser(self, values: dict[str, Any]) -> dict[str, Any]:
        id = f"u{len(self.users) + 1}"
        self.users[id] = {"id": id, "active": True, **values}
        return {"user": self.users[id]}

    def updateUser(self, id: str, values: dict[str, Any]) -> dict[str, Any]:
        if id not in self.users:
            raise LookupError("there is no such user")
        self.users[id].update(values)
        return {"user": self.users[id]}

    def deactivateUser(self, id: str) -> dict[str, Any]:
        return self.updateUser(id, {"active": False})


class _Handler(JsonHandler):
    protocol_version = "HTTP/1.0"  # no connection outlives its request

    def do_POST(self) -> None:
        hive = cast(Hive, self.server)
        assert (self.path, self.headers["Authorization"]) == ("/graphql", f"Bearer {KEY}")
        self.answer(200, hive.answer(self.sent()))


def user(number: int) -> dict[str, Any]:
    return {"email": f"u{number}@example.com", "name": f"U {number}", "phone": "01632 960000"}


@pytest.fixture
def hive() -> Iterator[Hive]:
    with Hive() as server, answering(server):
        yield server


def opened(hive: Hive) -> Connector:
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (text,) = (each for each in blocks if "name: hive" in each)
    description = load_manifest(text.encode(), "hive.yaml")
    assert description.warnings == ()
    return connect(description, Access({"base_url": hive.url}, {"api_key": Secret(KEY)}))


@pytest.mark.parametrize("check", READING + WRITING, ids=named)
def test_graphql(check: Check, hive: Hive) -> None:
    held = {id: {"email": each["email"]} for id, each in hive.users.items()}
    check(
        Subject(
            open=lambda: opened(hive),
            resource="users",
            held=held,
            find="email",
            fresh=lambda n: user(100 + n),
            text="name",
            still="email",
            clearable="phone",
            leave={"active": False},
        )
    )


def test_a_search_asks_for_one(hive: Hive) -> None:
    (found,) = opened(hive).reader("users").find("email", "u2@example.com")
    assert found.id == "u2"
    assert [each["variables"] for each in hive.asked] == [{"email": "u2@example.com"}]


def test_what_was_searched_for_is_in_no_message(
    hive: Hive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(email: str) -> None:
        raise LookupError(f"'{email}' is not allowed here")

    monkeypatch.setattr(hive, "users_page", refuse)
    with pytest.raises(ReadError, match="is not allowed here") as caught:
        opened(hive).reader("users").find("email", "u2@example.com")
    assert "u2" not in str(caught.value)


def test_a_refusal_in_a_success_is_a_refusal(hive: Hive) -> None:
    with pytest.raises(Rejected, match="there is no such user"):
        opened(hive).writer("users").leave("nobody", {"active": False}, "t")
