"""A target that answers 200 and refuses: nothing is called done, on this night or the next."""

import json
from collections.abc import Iterator

import pytest
from cli_world import World

from listener import JsonHandler, serving

MANIFEST = """
oneway_connector: 1
name: acme
title: Acme
kind: rest
options: {base_url: {description: Where.}}
secrets: {api_key: {description: A key.}}
base_url: "{base_url}"
auth: {type: bearer, token: "{api_key}"}
errors: {message: error, refused_when: ok == `false`}
resources:
  users:
    id: id
    list: {path: /users, records: members}
    create: {method: POST, path: /users, id: member.id}
    update: {method: POST, path: "/users/{id}"}
    leave: {method: POST, path: "/users/{id}/leave"}
    record: {type: object, additionalProperties: true}
"""
MAPPING = """
oneway: 1
name: refused
source: {connector: file, resource: s.json, absent: null}
target: {connector: acme.yaml, resource: users}
match: [{source: code, target: code}]
label: name
fields:
  code: {from: code, write: on_create}
  name: name
leavers: {when: left, set: {status: {value: gone}}, left: status == 'gone'}
"""
PEOPLE = [
    {"id": "1", "code": "001", "name": "Ann New", "left": None},
    {"id": "2", "code": "002", "name": "Bob", "left": None},
    {"id": "3", "code": "003", "name": "Cy", "left": True},
]
USERS = [
    {"id": "7", "code": "001", "name": "Ann Old", "status": "in"},
    {"id": "9", "code": "003", "name": "Cy", "status": "in"},
]


class _Refusing(JsonHandler):
    """A list of two users, and no for every write, each with 200."""

    def do_GET(self) -> None:
        self.answer(200, {"ok": True, "members": USERS})

    def do_POST(self) -> None:
        self.body()
        self.answer(200, {"ok": False, "error": "not_allowed"})


@pytest.fixture
def refusing() -> Iterator[str]:
    with serving(_Refusing) as url:
        yield url


def test_a_refusal_that_is_answered_200_is_not_done(
    world: World, refusing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEWAY_ACME_BASE_URL", refusing)
    monkeypatch.setenv("ONEWAY_ACME_API_KEY", "key")
    for name, text in (("m.yaml", MAPPING), ("acme.yaml", MANIFEST), ("s.json", PEOPLE)):
        world.write(name, text if isinstance(text, str) else json.dumps(text))
    first = world.run("sync", "m.yaml", "--as-of", "2026-06-01")
    said = " ".join(first.out.split())
    assert first.code == 5, first.out + first.err
    assert "Applied: 3 rejected." in said
    assert said.count("answers 200, and refuses: not_allowed [W105]") >= 3
    assert "Have left, and can still get in (1)" in said
    second = world.run("plan", "m.yaml", "--as-of", "2026-06-02", "--format", "json").data
    verbs = {verb for verb, number in second["actions"].items() if number}
    assert verbs == {"create", "update", "leave"}
