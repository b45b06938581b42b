"""What changes between plan and apply where the target is a system with a manifest.

Two servers listen: the one that the plan was made for, and an attacker's. Whatever changed, the
attacker's hears nothing; the other one is either not written to, and the message names what
changed, or it hears exactly the writes that were planned.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from cli_world import World, person

from listener import JsonHandler, serving

MANIFEST = """\
oneway_connector: 1
name: acme
title: Acme
kind: rest
options:
  tenant: {description: Whose users., default: t1}
secrets:
  api_key: {description: A key.}
base_url: "GOOD"
auth: {type: header, header: X-Key, value: "{api_key}"}
headers: {X-Client: oneway}
rate_limit: {requests: 1000, seconds: 1}
resources:
  users:
    title: Users
    id: id
    list: {path: /users, query: {tenant: "{tenant}"}}
    get: {path: "/users/{id}"}
    create: {method: POST, path: /users}
    update: {method: PATCH, path: "/users/{id}"}
    record:
      type: object
      properties:
        id: {type: integer, readOnly: true}
        reference: {type: string}
        name: {type: string, maxLength: 99}
        email: {type: [string, "null"]}
"""
MAPPING = """\
oneway: 1
name: people
title: People
settings: {region: {type: string, default: north, description: Any.}}
source: {connector: file, resource: people.json}
target: {connector: acme, resource: users}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  name: name
  email: {from: email, when: setting('region')}
joiners: {create: true}
"""
ACME = """\
oneway_connection: 1
name: acme
mapping: ../m.yaml
settings: {region: south}
target: {manifest: ../acme.yaml}
"""
PLANNED = ["PATCH /users/2", "POST /users"]


@dataclass
class Heard:
    """What a server heard; `users` is what it holds."""

    url: str = ""
    requests: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    users: dict[int, dict[str, object]] = field(default_factory=dict)

    @property
    def writes(self) -> list[str]:
        return sorted(each for each in self.requests if not each.startswith("GET"))


class _Handler(JsonHandler):
    heard: Heard

    def do_GET(self) -> None:
        self._taken()
        number = self.path.partition("?")[0].rpartition("/")[2]
        if number.isdigit():
            self.answer(200, self.heard.users.get(int(number), {}))
        else:
            self.answer(200, list(self.heard.users.values()))

    def do_POST(self) -> None:
        new = {"id": 9, **json.loads(self._taken())}
        self.heard.users[9] = new
        self.answer(200, new)

    def do_PATCH(self) -> None:
        sent = json.loads(self._taken())
        number = int(self.path.rpartition("/")[2])
        self.heard.users[number] = {**self.heard.users.get(number, {}), **sent}
        self.answer(200, self.heard.users[number])

    do_PUT = do_DELETE = do_PATCH

    def _taken(self) -> bytes:
        body = self.body()
        self.heard.requests.append(f"{self.command} {self.path}")
        self.heard.texts.append(f"{self.headers}{body!r}")
        return body


@contextmanager
def listening() -> Iterator[Heard]:
    heard = Heard()
    with serving(_Handler, heard=heard) as heard.url:
        yield heard


@dataclass
class Planned:
    """A plan that is saved, the two servers, and what apply is given beside it."""

    world: World
    good: Heard
    attacker: Heard
    patch: pytest.MonkeyPatch
    arguments: list[str] = field(default_factory=list)

    def text(self, name: str, old: str, new: str) -> None:
        path = self.world.folder / name
        text = path.read_text()
        assert old in text, old
        new = new.replace("ATTACKER", self.attacker.url)
        path.write_text(text.replace(old, new, 1))

    def setenv(self, name: str, value: str) -> None:
        value = value.replace("ATTACKER", self.attacker.url).replace("GOOD", self.good.url)
        self.patch.setenv(name, value)

    def given(self, *arguments: str) -> None:
        self.arguments += [each.replace("ATTACKER", self.attacker.url) for each in arguments]


Edit = Callable[[Planned], object]


def manifest(old: str, new: str) -> Edit:
    return lambda at: at.text("acme.yaml", old, new)


def connection(old: str, new: str) -> Edit:
    return lambda at: at.text("connections/acme.yaml", old, new)


def env(name: str, value: str) -> Edit:
    return lambda at: at.setenv(name, value)


def option(*arguments: str) -> Edit:
    return lambda at: at.given(*arguments)


def moved(at: Planned) -> None:
    at.text("acme.yaml", at.good.url, "ATTACKER")


def elsewhere(at: Planned) -> None:
    other = at.world.folder / "other.yaml"
    other.write_text((at.world.folder / "acme.yaml").read_text().replace("/users", "/admins"))
    at.text("connections/acme.yaml", "../acme.yaml", "../other.yaml")


def linked(at: Planned) -> None:
    mine = at.world.folder / "acme.yaml"
    other = at.world.folder / "other.yaml"
    other.write_text(mine.read_text().replace("POST, path: /users", "POST, path: /admins"))
    mine.unlink()
    mine.symlink_to(other)


def shadowed(at: Planned) -> None:
    folder = at.world.folder / "connectors"
    folder.mkdir()
    text = (at.world.folder / "acme.yaml").read_text()
    (folder / "acme.yaml").write_text(text.replace("/users", "/admins"))


MAN = "the manifest of target"
CHANGES: dict[str, tuple[Edit, str]] = {
    # The manifest
    "manifest: another server": (moved, "origin of target"),
    "manifest: creates elsewhere": (manifest("POST, path: /users", "POST, path: /admins"), MAN),
    "manifest: updates elsewhere": (manifest('PATCH, path: "/users', 'PATCH, path: "/admins'), MAN),
    "manifest: lists elsewhere": (manifest("list: {path: /users", "list: {path: /guests"), MAN),
    "manifest: asks elsewhere": (manifest('get: {path: "/users', 'get: {path: "/guests'), MAN),
    "manifest: another method": (manifest("method: PATCH", "method: PUT"), MAN),
    "manifest: another body": (
        manifest("path: /users}", "path: /users, body: {admin: true, values: '{values}'}}"), MAN),
    "manifest: another header": (manifest("X-Client: oneway", "X-Client: other"), MAN),
    "manifest: the key in another header": (manifest("header: X-Key", "header: X-Other"), MAN),
    "manifest: the key in clear": (manifest('value: "{api_key}"', 'value: "a {api_key}"'), MAN),
    "manifest: another id": (manifest("id: id\n", "id: reference\n"), MAN),
    "manifest: another default": (manifest("default: t1", "default: t2"), "option target.tenant"),
    "manifest: another name for a key": (
        manifest("    id: id\n", "    id: id\n    names: {email: mail}\n"), MAN),
    "manifest: a request to leave": (
        manifest("    record:", "    leave: {method: POST, path: '/users/{id}'}\n    record:"),
        MAN),
    "manifest: another record schema": (manifest("maxLength: 99", "maxLength: 98"), MAN),
    "manifest: other tries": (manifest("rate_limit:", "retry: {attempts: 9}\nrate_limit:"), MAN),
    "manifest: another rate": (manifest("requests: 1000", "requests: 999"), MAN),
    "manifest: a comment": (manifest("kind: rest", "kind: rest # why"), ""),
    "manifest: broken": (manifest("kind: rest", "kind: ["), "acme.yaml"),
    "manifest: gone": (lambda at: (at.world.folder / "acme.yaml").unlink(), "acme.yaml"),
    "manifest: another file": (elsewhere, MAN),
    "manifest: a link to another": (linked, MAN),
    "manifest: another in the folder": (shadowed, ""),
    # The environment
    "environment: another key": (env("ONEWAY_ACME_API_KEY", "other-key"), ""),
    "environment: no key": (lambda at: at.patch.delenv("ONEWAY_ACME_API_KEY"), "api_key"),
    "environment: an origin": (env("ONEWAY_ACME_ORIGIN", "ATTACKER"), "C150"),
    "environment: the same origin": (env("ONEWAY_ACME_ORIGIN", "GOOD"), ""),
    "environment: an option": (env("ONEWAY_ACME_TENANT", "t9"), "option target.tenant"),
    "environment: another base": (env("ONEWAY_ACME_BASE_URL", "ATTACKER"), ""),
    "environment: a proxy": (env("HTTP_PROXY", "ATTACKER"), ""),
    "environment: a proxy for all": (env("ALL_PROXY", "ATTACKER"), ""),
    "environment: a time zone": (env("TZ", "Pacific/Kiritimati"), ""),
    "environment: a language": (env("LC_ALL", "tr_TR.UTF-8"), ""),
    "environment: other credentials allowed": (env("ONEWAY_CREDENTIALS", "env:AWS_"), ""),
    # Options and settings
    "settings: in the connection": (connection("south", "north"), ""),
    "settings: none in the connection": (connection("settings: {region: south}\n", ""), ""),
    "options: a tenant": (option("--option", "target.tenant=t9"), "option target.tenant"),
    "options: a connector's": (option("--option", "acme.tenant=t9"), "option target.tenant"),
    "options: an address": (option("--option", "acme.base_url=ATTACKER"), "base_url"),
    "options: in the connection": (
        connection("manifest:", "options: {tenant: t9}, manifest:"), "option target.tenant"),
    "connection: an origin": (
        connection("manifest:", "origin: ATTACKER, manifest:"), "C150"),
    "connection: no manifest": (connection("target: {manifest: ../acme.yaml}\n", ""), "acme"),
    "connection: another schedule": (
        connection("settings:", "schedule: {cron: '0 4 * * *'}\nsettings:"), ""),
}  # fmt: skip


@pytest.fixture
def planned(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planned]:
    """A plan that creates one person and updates another."""
    with listening() as good, listening() as attacker:
        for number in (2, 3):
            user = {"id": number, "reference": f"P00{number}", "name": f"Person {number}"}
            good.users[number] = user | {"email": f"P00{number}@example.com"}
        good.users[2]["name"] = "Old Name"
        world.write("people.json", [person(1), person(2), person(3)])
        world.write("m.yaml", MAPPING)
        world.write("acme.yaml", MANIFEST.replace("GOOD", good.url))
        (world.folder / "connections").mkdir()
        world.write("connections/acme.yaml", ACME)
        monkeypatch.setenv("ONEWAY_ACME_API_KEY", "planned-key")
        ended = world.run("plan", "acme", "--out", "plan.json")
        assert ended.code == 0, ended.err
        good.requests.clear()
        yield Planned(world, good, attacker, monkeypatch)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_named_and_refused_or_without_effect(planned: Planned, name: str) -> None:
    change, words = CHANGES[name]
    change(planned)
    fingerprint = planned.world.read("plan.json")["fingerprint"]
    ended = planned.world.run("apply", "plan.json", "--approve", fingerprint, *planned.arguments)
    assert planned.attacker.requests == []
    if words:
        assert ended.code != 0, ended.out
        assert words in ended.flat
        assert planned.good.writes == []
    else:
        assert ended.code == 0, ended.flat
        assert planned.good.writes == PLANNED
        assert planned.good.users[9] == {
            "id": 9, "reference": "P001", "name": "Person 1", "email": "P001@example.com"
        }  # fmt: skip


def test_without_a_change_it_is_applied(planned: Planned) -> None:
    assert planned.world.run("apply", "plan.json").code == 0
    assert planned.good.writes == PLANNED
    assert "planned-key" in "".join(planned.good.texts)
