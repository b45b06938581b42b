"""Odd strings in manifests, which are then checked and planned with."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path
from unittest.mock import patch

from oneway_connectors.sandbox import expensein

from .world import World
from .written import Json, Way, as_yaml, people, put

_MANIFEST: Json = {
    "oneway_connector": 1,
    "name": "odd",
    "title": "Odd",
    "kind": "rest",
    "docs": "https://example.com/docs",
    "options": {"base_url": {"description": "Where it is.", "default": "x"}},
    "secrets": {"api_key": {"description": "A key."}},
    "base_url": "{base_url}",
    "auth": {"type": "header", "header": "Authorization", "value": "ApiKey {api_key}"},
    "idempotency_header": "Idempotency-Key",
    "errors": {"message": "message", "fields": "errors"},
    "assumed": [{"about": "Something.", "check": "Somewhere."}],
    "resources": {
        "users": {
            "title": "Users",
            "id": "id",
            "permissions": "May read.",
            "list": {"path": "/users", "query": {"includeLeavers": "true"}},
            "get": {"path": "/users/{id}"},
            "find": {"email": {"email": "{value}"}},
            "create": {"method": "POST", "path": "/users"},
            "update": {"method": "PATCH", "path": "/users/{id}"},
            "probe": [{"label": "reads", "path": "/users", "query": {"page": 1}}],
            "record": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer", "readOnly": True},
                    "reference": {"type": "string", "description": "A code.", "pattern": "^.*$"},
                    "firstName": {"type": "string"},
                    "email": {"type": "string", "format": "email"},
                },
            },
        }
    },
}
_OVER_MANIFEST: Json = {
    "oneway": 1,
    "name": "over-odd",
    "source": {"connector": "file", "resource": "people.json", "options": {"id": "id"}},
    "target": {"connector": "odd", "resource": "users"},
    "match": [{"source": "code", "target": "reference"}],
    "fields": {
        "reference": {"from": "code", "write": "on_create"},
        "firstName": "name",
        "email": "email",
    },
}


PLACES: Mapping[str, tuple[Way, ...]] = {
    "texts": (
        ("title",),
        ("docs",),
        ("options", "base_url", "description"),
        ("secrets", "api_key", "description"),
        ("assumed", 0, "about"),
        ("assumed", 0, "check"),
        ("resources", "users", "title"),
        ("resources", "users", "permissions"),
        ("resources", "users", "probe", 0, "label"),
        ("resources", "users", "record", "properties", "reference", "description"),
        ("resources", "users", "record", "properties", "email", "format"),
    ),
    "templates": (
        ("auth", "value"),
        ("resources", "users", "list", "query", "includeLeavers"),
        ("resources", "users", "find", "email", "email"),
        ("resources", "users", "probe", 0, "query", "page"),
    ),
    "paths and expressions": (
        ("errors", "message"),
        ("resources", "users", "id"),
        ("resources", "users", "list", "path"),
        ("resources", "users", "get", "path"),
        ("resources", "users", "create", "path"),
        ("resources", "users", "probe", 0, "path"),
        ("resources", "users", "record", "properties", "reference", "pattern"),
    ),
    "words": (
        ("name",),
        ("kind",),
        ("base_url",),
        ("auth", "header"),
        ("auth", "type"),
        ("idempotency_header",),
        ("resources", "users", "create", "method"),
        ("resources", "users", "record", "properties", "firstName", "type"),
    ),
    "default": (("options", "base_url", "default"),),
}


def manifest(world: World, kind: str, strings: Sequence[str]) -> None:
    """Validate a manifest with each string at all places of a kind, and check and plan with it."""
    people(world)
    Path("connectors").mkdir(exist_ok=True)
    _MANIFEST["options"]["base_url"]["default"] = world.systems.expenses_url
    world.write("m.yaml", json.dumps(_OVER_MANIFEST))
    world.systems.put([], [], [])
    with patch.dict(os.environ, {"ONEWAY_ODD_API_KEY": expensein.KEY}):
        for position, s in enumerate(strings):
            data = deepcopy(_MANIFEST)
            for place in PLACES[kind]:
                put(data, place, s)
            world.write("connectors/odd.yaml", as_yaml(data))
            ended = world.run("validate", "connectors/odd.yaml")
            if ended.code == 0:
                world.run(("check", "plan")[position % 2], "m.yaml")
            world.tried += len(PLACES[kind])
    Path("connectors/odd.yaml").unlink()
    world.say_all(world.systems.strays())


def cases() -> Iterator[tuple[str, Callable[[World, Sequence[str]], None]]]:
    """Yield each kind of place in a manifest, and what tries it."""
    for kind in PLACES:
        yield f"manifest: {kind}", partial(_of_kind, kind)


def _of_kind(kind: str, world: World, strings: Sequence[str]) -> None:
    manifest(world, kind, strings)
