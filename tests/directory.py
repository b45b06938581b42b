"""A small directory of people over real HTTP: what its list shows need not be what it holds."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from listener import JsonHandler, serving

MANIFEST = """\
oneway_connector: 1
name: directory
title: Directory
kind: rest
options: {base_url: {description: Where it is.}}
secrets: {api_key: {description: A key.}}
base_url: "{base_url}"
auth: {type: bearer, token: "{api_key}"}
errors: {message: message}
resources:
  people:
    id: id
    lag: 0
    list:
      path: /people
      records: data
      pagination: {type: page, param: page, start: 1, size_param: per, size: 2, total: total}
    get: {path: "/people/{id}"}
    create: {method: POST, path: /people}
    update: {method: PATCH, path: "/people/{id}"}
    record:
      type: object
      additionalProperties: true
      properties:
        id: {type: string, readOnly: true}
        code: {type: string}
        name: {type: string}
        mail: {type: string}
        left: {type: [boolean, "null"]}
"""
MAPPING = """\
oneway: 1
name: joiners
label: name
source: {connector: file, resource: people.json}
target: {connector: directory, resource: people}
match:
  - {source: code, target: code}
fields:
  code: {from: code, write: on_create}
  name: name
"""
"""Writes the people of a file to the directory."""

Json = dict[str, Any]


def showing(fields: str) -> str:
    """Return the manifest with more fields of a person."""
    last = '        left: {type: [boolean, "null"]}\n'
    assert last in MANIFEST
    return MANIFEST.replace(last, last + fields)


def someone(number: int, **changed: Any) -> Json:
    """Return a person as the directory has them."""
    return {"id": str(number), "code": f"{number:03}", "name": "x", "left": None} | changed


@dataclass
class Directory:
    """People by id, and how the directory shows them.

    `hidden` are in no list. `before_page` is called with the number of each page of a list
    before it is answered. `create` answers a create; it may keep the record, or not.
    """

    people: dict[str, Json] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    unlisted: dict[str, set[str]] = field(default_factory=dict)
    """The keys of a person that no list shows, by the person's id."""
    forbidden: set[str] = field(default_factory=set)
    """Those who may not be requested either."""
    failing: set[str] = field(default_factory=set)
    """Those whose request is answered with 500, as by systems that trip over deleted records."""
    any_case: bool = False
    """Whether a request may give an id in any case, and is answered with it as it was given."""
    asked: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    jobs: dict[str, Json] = field(default_factory=dict)
    counting: bool = True
    """Whether a list says how many there are."""
    ignores_null: bool = False
    """Whether a change to null is not made, as by systems that clear a value by blank text."""
    later: "list[tuple[str, Json]] | None" = None
    """Changes that are accepted (202) and not made yet, if it works so."""
    down: bool = False
    """Whether lists are answered with 503."""
    before_page: Callable[[int], None] = lambda _: None
    shown: Callable[[Json], Json] = lambda each: each
    """What a list and a request by id show of a record."""
    shown_by_id: Callable[[Json], Json] = lambda each: each
    """What a request by id shows of that."""
    create: "Callable[[Directory, Json], tuple[int, Any]] | None" = None
    url: str = ""

    def keep(self, data: Json, form: str = "{}") -> str:
        """Keep a new record and return its id."""
        id = form.format(len(self.people) + 1)
        self.people[id] = {**data, "id": id}
        return id

    def kept(self, id: str) -> str:
        """Return the id under which a record is kept that is asked for by another form of it."""
        return id.upper() if self.any_case else id

    def sent(self, method: str) -> list[str]:
        """Return the paths that were asked with a method."""
        return [each.partition(" ")[2] for each in self.asked if each.startswith(f"{method} ")]


class _Handler(JsonHandler):
    directory: Directory

    def do_GET(self) -> None:
        directory, parts = self.directory, urlsplit(self.path)
        directory.asked.append(f"GET {parts.path}")
        if parts.path.startswith("/jobs/"):
            job = directory.jobs.get(parts.path.rpartition("/")[2])
            self.answer(*((404, {}) if job is None else (200, job)))
            return
        if parts.path != "/people":
            id = parts.path.rpartition("/")[2]
            if id in directory.forbidden | directory.failing:
                self.answer(403 if id in directory.forbidden else 500, {})
                return
            found = directory.people.get(directory.kept(id))
            shown = directory.shown_by_id(directory.shown(found or {}))
            self.answer(200 if found else 404, {**shown, "id": id} if found else {})
            return
        query = parse_qs(parts.query)
        page = int(query.get("page", ["1"])[0])
        if "$filter" in query:
            self._filter(query["$filter"][0], page)
            return
        if directory.down:
            self.answer(503, {})
            return
        directory.before_page(page)
        shown = [each for id, each in directory.people.items() if id not in directory.hidden]
        total = {"total": len(shown)} if directory.counting else {}
        page_of = [
            {
                k: v
                for k, v in directory.shown(each).items()
                if k not in directory.unlisted.get(each["id"], ())
            }
            for each in shown[2 * page - 2 : 2 * page]
        ]
        self.answer(200, {**total, "data": page_of})

    def _filter(self, text: str, page: int) -> None:
        """Answer a filter on the mail, in which OData doubles a quote within quotes."""
        parsed = re.fullmatch("mail eq '((?:[^']|'')*)'", text)
        if parsed is None:
            self.answer(400, {"message": "Invalid filter clause"})
            return
        mail = parsed[1].replace("''", "'")
        found = [each for each in self.directory.people.values() if each.get("mail") == mail]
        self.answer(200, {"total": len(found), "data": found[2 * page - 2 : 2 * page]})

    def do_POST(self) -> None:
        self.directory.asked.append(f"POST {self.path}")
        self.directory.tokens.append(self.headers.get("Idempotency-Key", ""))
        data = self.sent()
        if self.directory.create is not None:
            self.answer(*self.directory.create(self.directory, data))
        else:
            self.answer(201, {"id": self.directory.keep(data)})

    def do_PATCH(self) -> None:
        self.directory.asked.append(f"PATCH {self.path}")
        data = self.sent()
        if self.directory.ignores_null:
            data = {key: value for key, value in data.items() if value is not None}
        id = self.directory.kept(self.path.rpartition("/")[2])
        if self.directory.later is not None:
            self.directory.later.append((id, data))
            self.answer(202, {})
            return
        self.directory.people[id].update(data)
        self.answer(200, {})


@contextmanager
def served(directory: Directory) -> Iterator[Directory]:
    """Serve a directory on this machine for the length of a block."""
    with serving(_Handler, directory=directory) as directory.url:
        yield directory


@contextmanager
def connected(
    directory: Directory, folder: Path, monkeypatch: pytest.MonkeyPatch, manifest: str = MANIFEST
) -> Iterator[Directory]:
    """Serve a directory, in a working folder with its manifest and with its credential."""
    monkeypatch.chdir(folder)
    (folder / "connectors").mkdir()
    (folder / "connectors/directory.yaml").write_text(manifest, encoding="utf-8")
    monkeypatch.setenv("ONEWAY_DIRECTORY_API_KEY", "k")
    with served(directory) as found:
        monkeypatch.setenv("ONEWAY_DIRECTORY_BASE_URL", found.url)
        yield found
