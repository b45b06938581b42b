"""Users of a system that several mappings, connections and folders write, over a real socket."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli_world import World

from listener import JsonHandler, serving

MANIFEST = """\
oneway_connector: 1
name: acme
title: Acme
kind: rest
options:
  base_url: {description: Where it is., default: "URL"}
secrets:
  key: {description: A key.}
base_url: "{base_url}"
auth: {type: header, header: X-Key, value: "{key}"}
resources:
  users:
    id: id
    lag: 0
    list: {path: /users}
    get: {path: "/users/{id}"}
    create: {method: POST, path: /users}
    update: {method: PATCH, path: "/users/{id}"}
    record:
      type: object
      properties:
        id: {type: string, readOnly: true}
        code: {type: [string, "null"]}
        email: {type: [string, "null"]}
        name: {type: [string, "null"]}
        office: {type: [string, "null"]}
        active: {type: boolean}
"""
MAPPING = """\
oneway: 1
name: people
source: {connector: file, resource: people.csv}
target: {connector: acme, resource: users}
label: name
match: [{source: code, target: code}]
fields:
  code: {from: code, write: on_create}
  email: {from: email, compare: ignore_case}
  name: name
  active: {value: true, write: on_create}
joiners: {unless_taken: [email]}
leavers: {when: status == 'Former', set: {active: {value: false}}, left: active == `false`}
"""
CONNECTION = """\
oneway_connection: 1
name: NAME
mapping: ../NAME.yaml
schedule: never
"""


@dataclass
class Shared:
    """What the system holds, what it was sent, and the folder of the mappings."""

    world: World
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    """The first list is answered once it is set."""
    asked: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def folder(self) -> Path:
        return self.world.folder

    def hold(self, **values: Any) -> str:
        """Add a user, and return the id."""
        id = str(len(self.users) + 1)
        self.users[id] = {"id": id, "code": None, "email": None, "name": None, "office": None,
                          "active": True, **values}  # fmt: skip
        return id

    def people(self, name: str, *rows: str) -> None:
        """Write the people of a source: "id,code,name,email[,status]"."""
        lines = [each if each.count(",") == 4 else f"{each},Current" for each in rows]
        self.world.write(name, "\n".join(["id,code,name,email,status", *lines, ""]))

    def connect(self, name: str, mapping: str = MAPPING) -> None:
        """Make a connection with a mapping and a source of its own."""
        text = mapping.replace("name: people\n", f"name: {name}\n").replace(
            "people.csv", f"{name}.csv"
        )
        self.world.write(f"{name}.yaml", text)
        (self.folder / "connections").mkdir(exist_ok=True)
        self.world.write(f"connections/{name}.yaml", CONNECTION.replace("NAME", name))


class _Handler(JsonHandler):
    shared: Shared

    def do_GET(self) -> None:
        id = self.path.partition("?")[0].rpartition("/")[2]
        if id == "users":
            if not self.shared.asked.is_set():
                self.shared.asked.set()
                self.shared.open.wait(60)
            self.answer(200, list(self.shared.users.values()))
        elif id in self.shared.users:
            self.answer(200, self.shared.users[id])
        else:
            self.answer(404, {})

    def do_POST(self) -> None:
        values = self.sent()
        id = self.shared.hold(**values)
        self.shared.writes.append(f"POST {values.get('code')}")
        self.answer(200, self.shared.users[id])

    def do_PATCH(self) -> None:
        id, values = self.path.rpartition("/")[2], self.sent()
        self.shared.writes.append(f"PATCH {id}")
        self.shared.users[id] |= values
        self.answer(200, self.shared.users[id])


@contextmanager
def sharing(world: World) -> Iterator[Shared]:
    """Give a system of users that the mappings of a folder write."""
    shared = Shared(world)
    shared.open.set()
    with serving(_Handler, shared=shared) as shared.url:
        (world.folder / "connectors").mkdir()
        world.write("connectors/acme.yaml", MANIFEST.replace("URL", shared.url))
        world.write("m.yaml", MAPPING)
        yield shared
        shared.open.set()
