"""The contract, kept by the rest connector: over a small fake, and over both sandboxes."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from contract import READING, WRITING, Check, Subject, named
from oneway.connections.discovery import describe, open_connector
from oneway.connections.manifest import load_manifest
from oneway.core.access import Access, Secret
from oneway.core.connector import Connector
from oneway.core.connector_errors import WriteError
from oneway_connectors.rest import connect
from oneway_connectors.sandbox import Sandbox, start
from patience import PATIENCE

TODAY = date(2026, 4, 1)

MANIFEST = b"""
oneway_connector: 1
name: fake
title: Fake
kind: rest
base_url: https://fake.example.com
resources:
  people:
    id: meta.id
    list:
      path: /people
      records: items
      pagination: {type: cursor, param: after, next: next}
    find: {contact.email: {email: "{value}"}}
    get: {path: "/people/{id}"}
    create: {method: POST, path: /people, body: {person: "{values}"}, id: person.meta.id}
    update: {method: PATCH, path: "/people/{id}", body: {person: "{values}"}, record: person}
    leave:
      {method: PUT, path: "/people/{id}/left", body: {person: "{values}"}, record: person}
    record: {type: object, additionalProperties: true}
"""


@dataclass
class Fake:
    """A system of the other sort: nested ids, wrapped bodies, cursors, a filter it ignores."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, request: httpx.Request) -> httpx.Response:
        parts = [unquote(p) for p in request.url.raw_path.decode().split("?")[0].split("/")[2:]]
        if request.method == "GET" and not parts:
            return self._page(int(request.url.params.get("after", 0)))
        if request.method == "POST":
            id = f"p{len(self.people) + 1}"
            self.people[id] = {"meta": {"id": id}}
        else:
            id = parts[0]
        if id not in self.people:
            return httpx.Response(404, json={})
        if request.method == "GET":
            return httpx.Response(200, json=self.people[id])
        self._merge(self.people[id], json.loads(request.content)["person"])
        return httpx.Response(200, json={"person": self.people[id]})

    def _page(self, start: int) -> httpx.Response:
        items = list(self.people.values())[start : start + 3]
        following = start + 3 if start + 3 < len(self.people) else None
        return httpx.Response(200, json={"items": items, "next": following})

    def _merge(self, held: dict[str, Any], values: dict[str, Any]) -> None:
        for key, value in values.items():
            if isinstance(value, dict):
                self._merge(held.setdefault(key, {}), value)
            else:
                held[key] = value


def person(number: int) -> dict[str, Any]:
    contact = {"email": f"p{number}@example.com", "phone": "01632 960000"}
    return {"name": f"P {number}", "contact": contact, "leaving": None}


def fake_subject() -> Subject:
    fake = Fake({f"p{n}": {"meta": {"id": f"p{n}"}, **person(n)} for n in range(1, 8)})
    description = load_manifest(MANIFEST, "fake.yaml")
    return Subject(
        open=lambda: connect(description, Access({}, {}), httpx.MockTransport(fake.answer)),
        resource="people",
        held={id: {"meta.id": id, "name": p["name"]} for id, p in fake.people.items()},
        find="contact.email",
        fresh=lambda n: person(100 + n),
        text="name",
        still="contact.email",
        clearable="contact.phone",
        leave={"leaving": "2026-04-01"},
    )


@pytest.mark.parametrize("check", READING + WRITING, ids=named)
def test_a_small_fake(check: Check) -> None:
    check(fake_subject())


@pytest.fixture
def expensein() -> Iterator[Sandbox]:
    with start("expensein", TODAY) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def staffology() -> Iterator[Sandbox]:
    with start("staffology", TODAY, size=110) as sandbox:
        yield sandbox


def open_expensein(sandbox: Sandbox, key: str = "full") -> Connector:
    access = Access({"base_url": sandbox.url + "/1.0"}, {"api_key": Secret(sandbox.keys[key])})
    return open_connector(describe("expensein"), access)


def open_staffology(sandbox: Sandbox) -> Connector:
    access = Access(
        {"base_url": sandbox.url, "employer": sandbox.employer},
        {"api_key": Secret(sandbox.keys["full"])},
    )
    return open_connector(describe("staffology"), access)


def user(number: int) -> dict[str, Any]:
    return {
        "firstName": f"First {number}",
        "lastName": f"Last {number}",
        "email": f"contract.{number}@example.com",
        "reference": f"CONTRACT-{number}",
        "bankDetails": {
            "accountName": "A Person", "accountNumber": "00000001", "sortCode": "000001",
        },
    }  # fmt: skip


def users_of(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Return what the sandbox holds, asked without the connector."""
    key = {"Authorization": f"ApiKey {sandbox.keys['full']}"}
    url = f"{sandbox.url}/1.0/users?includeLeavers=true"
    users = httpx.get(url, headers=key, trust_env=False, timeout=PATIENCE).json()
    return {
        str(u["id"]): {key: u[key] for key in ("id", "email", "reference", "leaveDate")}
        for u in users
    }


@pytest.mark.parametrize("check", READING + WRITING, ids=named)
def test_expensein(check: Check, expensein: Sandbox) -> None:
    check(
        Subject(
            open=lambda: open_expensein(expensein),
            resource="users",
            held=users_of(expensein),
            find="email",
            fresh=user,
            text="lastName",
            still="email",
            clearable="reference",
            leave={"leaveDate": "2026-04-30"},
        )
    )


@pytest.mark.parametrize("check", READING, ids=named)
def test_staffology(check: Check, staffology: Sandbox) -> None:
    auth = httpx.BasicAuth("anyone", staffology.keys["full"])
    url = f"{staffology.url}/employers/{staffology.employer}/employees"
    items = httpx.get(url, auth=auth, trust_env=False, timeout=PATIENCE).json()
    assert len(items) == 110  # two pages
    check(
        Subject(
            open=lambda: open_staffology(staffology),
            resource="employees",
            held={item["id"]: {"id": item["id"]} for item in items},
            find="id",  # no request finds by it: all are read each time
        )
    )


def test_a_source_has_no_way_to_write(staffology: Sandbox) -> None:
    connector = open_staffology(staffology)
    for resource in ("employees", "departments", "employers"):
        with pytest.raises(WriteError):
            connector.writer(resource)
    connector.close()


def test_statuses_are_words_whatever_came(staffology: Sandbox) -> None:
    connector = open_staffology(staffology)
    records = connector.reader("employees").read().records
    words = [record.data.get("status") for record in records]
    assert set(words) - {None} == {"Current", "Former", "Upcoming"}
    assert words.count(None) == 2  # one says null, and one says nothing
    connector.close()


@pytest.mark.parametrize("resource", ["departments"])
def test_departments_are_read(expensein: Sandbox, resource: str) -> None:
    connector = open_expensein(expensein)
    reader = connector.reader(resource)
    records = reader.read().records
    assert records
    assert reader.get(records[0].id) == records[0]
    connector.close()


def test_a_key_that_may_only_read_is_told_what_it_lacks(expensein: Sandbox) -> None:
    connector = open_expensein(expensein, "read_only")
    assert {probe.finding.value for probe in connector.probe()} == {"ok", "untested"}
    with pytest.raises(WriteError) as caught:
        connector.writer("users").create(user(1), "t")
    assert caught.value.code == "W104"
    assert "permission" in caught.value.help
    connector.close()


def test_a_create_that_is_sent_twice_with_one_token_happens_once(expensein: Sandbox) -> None:
    connector = open_expensein(expensein)
    writer = connector.writer("users")
    assert writer.create(user(1), "same") == writer.create(user(1), "same")
    connector.close()


def test_the_sandboxes_rate_limit_is_lived_with() -> None:
    with start("expensein", TODAY, rate_limit=5) as sandbox:
        slept: list[float] = []

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            time.sleep(seconds)

        access = Access(
            {"base_url": sandbox.url + "/1.0"}, {"api_key": Secret(sandbox.keys["full"])}
        )
        connector = connect(describe("expensein"), access, sleep=sleep)
        reads = [connector.reader("departments").read() for _ in range(4)]
        assert all(read == reads[0] for read in reads)
        assert slept
        connector.close()
