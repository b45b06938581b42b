"""A world for the rest connector: a small manifest, scripted answers, a clock of its own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import httpx

from oneway.connections.manifest import load_manifest
from oneway.core.access import Access, Secret
from oneway.core.description import Description
from oneway_connectors.rest import connect
from oneway_connectors.rest.system import Rest

BASE = "https://api.example.com/v1"
KEY = "canary-key-5d1f"

MANIFEST = """
oneway_connector: 1
name: acme
title: Acme
kind: rest
options:
  base_url: {description: Where it is., default: "https://api.example.com/v1"}
  tenant: {description: Whose., default: t1}
secrets:
  api_key: {description: The key.}
base_url: "{base_url}"
auth: {type: header, header: X-Key, value: "{api_key}"}
errors: {message: message, fields: errors}
retry: {attempts: 4, max_wait: 60}
limits: {pages: 5, response_bytes: 20000}
resources:
  people:
    id: id
    permissions: Tick 'People'.
    list:
      path: /people
      records: data
      pagination: {type: page, param: page, start: 1, size_param: size, size: 2}
    get: {path: "/people/{id}"}
    find: {email: {email: "{value}"}}
    create: {method: POST, path: /people}
    update: {method: PATCH, path: "/people/{id}"}
    record:
      type: object
      additionalProperties: true
      properties:
        id: {type: [string, integer], readOnly: true}
        email: {type: string}
"""


@lru_cache(maxsize=200)
def described(text: str = MANIFEST) -> Description:
    """Return the description that a manifest's text gives."""
    return load_manifest(text.encode(), "acme.yaml")


def altered(old: str, new: str, text: str = MANIFEST) -> str:
    """Return the manifest with one piece of text replaced, which must be there."""
    assert old in text
    return text.replace(old, new)


class Body(httpx.SyncByteStream):
    """A body that comes over the wire in the given pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces


def reply(data: object = None, status: int = 200, **headers: str) -> httpx.Response:
    """Return an answer: bytes as they are, anything else as JSON; `a_b` is the header `a-b`."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, stream=Body([body]))


def page(*ids: object, status: int = 200) -> httpx.Response:
    """Return a page of people with these ids."""
    return reply({"data": [{"id": id} for id in ids]}, status)


@dataclass
class World(httpx.BaseTransport):
    """Answers requests from a script, in order; time passes only by sleeping in it."""

    script: list[object]
    now: float = 1000.0
    asked: list[httpx.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        assert self.script, f"nothing is scripted for {request.method} {request.url}"
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            return step
        assert callable(step)
        answer: httpx.Response = step(request)
        return answer

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now

    @property
    def urls(self) -> list[str]:
        return [str(request.url).removeprefix(BASE) for request in self.asked]

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.asked]


def opened(
    *script: object, manifest: str = MANIFEST, key: str = KEY, **options: str
) -> tuple[Rest, World]:
    """Return a connector over a scripted world."""
    world = World(list(script))
    description = described(manifest)
    defaults = {o.name: o.default for o in description.options if o.default is not None}
    secrets = {o.name: Secret(key) for o in description.options if o.secret}
    access = Access({**defaults, **options}, secrets)
    return connect(description, access, world, world.sleep, world.clock), world
