"""The contract, kept with versions of records, by the resource in connectors/README.md."""

import json
import re
from collections import Counter
from pathlib import Path
from textwrap import indent
from typing import Any

import httpx
import pytest

from contract import READING, WRITING, Check, Subject, named
from oneway.connections.manifest import load_manifest
from oneway.core.access import Access
from oneway.core.connector import Connector
from oneway.core.connector_errors import NotSent, Outdated, Rejected, Unknown
from oneway_connectors.rest import connect

README = Path(__file__).resolve().parents[2] / "connectors" / "README.md"
HEAD = """
oneway_connector: 1
name: books
title: Books
kind: rest
base_url: https://books.example.com
retry: {attempts: 2}
resources:
"""
HEADER = 'headers: {If-Match: "{version}"}'
IN_BODY = 'body: {"...": "{values}", SyncToken: "{version}"}'


class Books:
    """A system that changes a contact only with its version, in a header or in the body."""

    def __init__(self) -> None:
        self.contacts = {f"c{n}": {"id": f"c{n}", "active": True, **contact(n)} for n in range(5)}
        self.versions: Counter[str] = Counter()
        self.hides = False
        """Whether no version is shown."""
        self.lost = 0
        """So many answers to changes are lost."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        id = request.url.path.split("/")[2] if request.url.path != "/contacts" else ""
        if request.method == "POST":
            id = f"c{len(self.contacts)}"
            self.contacts[id] = {"id": id, "active": True, **body}
        elif not id:
            return httpx.Response(200, json={"data": [self._shown(each) for each in self.contacts]})
        elif id not in self.contacts:
            return httpx.Response(404, json={})
        elif request.method == "PATCH":
            version = body.pop("SyncToken", request.headers.get("if-match", ""))
            if version.strip('"') != str(self.versions[id]):
                return httpx.Response(412, json={})
            self.contacts[id].update(body)
            self.versions[id] += 1
            if self.lost:
                self.lost -= 1
                return httpx.Response(503, json={})
        headers = {} if self.hides else {"ETag": f'"{self.versions[id]}"'}
        return httpx.Response(200, json=self._shown(id), headers=headers)

    def _shown(self, id: str) -> dict[str, Any]:
        token = {} if self.hides else {"SyncToken": str(self.versions[id])}
        return self.contacts[id] | token


def contact(number: int) -> dict[str, Any]:
    return {"email": f"c{number}@example.com", "name": f"C {number}", "phone": "01632 960000"}


def opened(books: Books, *, in_body: bool = False) -> Connector:
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (text,) = (each for each in blocks if each.startswith("contacts:"))
    if in_body:
        text = text.replace("version_header: ETag", "version: SyncToken").replace(HEADER, IN_BODY)
    description = load_manifest((HEAD + indent(text, "  ")).encode(), "books.yaml")
    assert description.warnings == ()
    return connect(description, Access({}, {}), httpx.MockTransport(books.answer), lambda _: None)


class Looking:
    """A writer that looks at a record before it writes it, as an apply does."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self.reader, self.close = connector.reader, connector.close

    def writer(self, resource: str) -> Any:
        """Return the writer of a resource."""
        self.own = self.connector.writer(resource)
        self.create, self.flush = self.own.create, self.own.flush
        return self

    def update(self, id: str, values: Any, token: str) -> Any:
        """Update a record after a look at it."""
        self.reader("contacts").get(id)
        return self.own.update(id, values, token)

    leave = update


@pytest.mark.parametrize("in_body", [False, True])
@pytest.mark.parametrize("check", READING + WRITING, ids=named)
def test_versions(check: Check, in_body: bool) -> None:
    books = Books()
    check(
        Subject(
            open=lambda: Looking(opened(books, in_body=in_body)),  # type: ignore[arg-type,return-value]
            resource="contacts",
            held={id: {"email": each["email"]} for id, each in books.contacts.items()},
            find="email",
            fresh=lambda n: contact(100 + n),
            text="name",
            still="email",
            clearable="phone",
            leave={"active": False},
            own=("SyncToken",),
        )
    )


@pytest.mark.parametrize("in_body", [False, True])
def test_a_record_that_has_changed_since_the_look_is_not_overwritten(in_body: bool) -> None:
    books = Books()
    connector = opened(books, in_body=in_body)
    connector.reader("contacts").get("c1")
    books.contacts["c1"]["name"] = "Changed"
    books.versions["c1"] += 1
    with pytest.raises(Outdated, match="has changed since it was looked at"):
        connector.writer("contacts").update("c1", {"name": "Ours"}, "t")
    assert books.contacts["c1"]["name"] == "Changed"


@pytest.mark.parametrize("in_body", [False, True])
def test_a_record_without_a_version_is_not_written(in_body: bool) -> None:
    books = Books()
    books.hides = True
    connector = opened(books, in_body=in_body)
    connector.reader("contacts").get("c1")
    with pytest.raises(NotSent, match="without a version"):
        connector.writer("contacts").update("c1", {"name": "B"}, "t")


def test_412_after_a_try_that_may_have_been_carried_out_leaves_that_open() -> None:
    books = Books()
    books.lost = 1
    connector = opened(books)
    connector.reader("contacts").get("c1")
    with pytest.raises(Unknown) as caught:
        connector.writer("contacts").update("c1", {"name": "Ours"}, "t")
    assert caught.value.accepted
    assert books.contacts["c1"]["name"] == "Ours"


def test_412_without_a_version_is_a_refusal() -> None:
    connector = opened(Books())
    text = "update: {method: PATCH, path: /x, headers: {If-Match: y}}"
    description = load_manifest(
        (HEAD + indent(f"contacts:\n  id: id\n  list: {{path: /x}}\n  {text}\n", "  ")
         .replace("path: /x, h", 'path: "/x/{id}", h') + "    record: {type: object}\n").encode(),
        "books.yaml",
    )  # fmt: skip
    connector = connect(
        description, Access({}, {}), httpx.MockTransport(lambda _: httpx.Response(412, json={}))
    )
    with pytest.raises(Rejected):
        connector.writer("contacts").update("c1", {"name": "x"}, "t")
