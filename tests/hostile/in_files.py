"""Odd strings in what people write themselves: mappings, manifests, options, arguments."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from unittest.mock import patch

import yaml

from oneway_connectors.sandbox import expensein

from .output import wrong_json, wrong_markdown
from .world import MAPPING, World

Json = dict[str, Any]
_PEOPLE = [
    {"id": "1", "code": "C1", "name": "Ann", "note": "x"},
    {"id": "2", "code": "", "name": ""},
]
_BASE: Json = {
    "oneway": 1,
    "name": "odd",
    "title": "Odd",
    "label": "name",
    "time_zone": "UTC",
    "settings": {"region": {"type": "string", "default": "x", "description": "Any."}},
    "source": {"connector": "file", "resource": "people.json", "options": {"id": "id"}},
    "target": {"connector": "file", "resource": "users.json", "options": {"id": "id"}},
    "references": {
        "teams": {"from": "target", "resource": "teams.json", "key": "name", "value": "id"}
    },
    "match": [{"source": "code", "target": "code"}],
    "eligible": [{"id": "code", "when": "code", "otherwise": "Code is missing"}],
    "fields": {
        "code": {"from": "code", "write": "on_create"},
        "name": "name",
        "region": "setting('region')",
        "team": {"from": "team", "lookup": "teams"},
        "fixed": {"value": "x", "write": "on_create"},
        "word": {"from": "map_value(name, {Ann: 'x'}, 'none')", "default": "x"},
    },
    "joiners": {"create": True, "unless_taken": ["code"]},
    "leavers": {"when": "note == 'gone'", "set": {"left": {"value": True}}, "left": "left"},
}
Way: TypeAlias = tuple[str | int, ...]
PLACES: Mapping[str, tuple[Way, ...]] = {
    "texts": (
        ("title",),
        ("settings", "region", "default"),
        ("settings", "region", "description"),
        ("eligible", 0, "otherwise"),
        ("fields", "fixed", "value"),
        ("fields", "word", "default"),
        ("leavers", "set", "left", "value"),
    ),
    "expressions": (
        ("label",),
        ("references", "teams", "key"),
        ("references", "teams", "value"),
        ("match", 0, "source"),
        ("match", 0, "target"),
        ("eligible", 0, "when"),
        ("fields", "name"),
        ("leavers", "when"),
        ("leavers", "left"),
    ),
    "words": (
        ("oneway",),
        ("name",),
        ("settings", "region", "type"),
        ("match", 0, "compare"),
        ("eligible", 0, "id"),
        ("fields", "code", "write"),
        ("rehires",),
    ),
    "names": (
        ("time_zone",),
        ("source", "connector"),
        ("fields", "team", "lookup"),
        ("joiners", "unless_taken", 0),
    ),
    "files": (
        ("source", "resource"),
        ("references", "teams", "resource"),
        ("target", "options", "id"),
    ),
}
"""Every text of a mapping, by what becomes of it: all of a kind are tried in one mapping, for
a file's mistakes are told all at once."""
_KEYS: tuple[tuple[str, ...], ...] = (
    (),
    ("settings",),
    ("references",),
    ("fields",),
    ("source", "options"),
)
"""Where people choose the keys, or may mistake them."""


def mapping(world: World, kind: str, strings: Sequence[str]) -> None:
    """Validate a mapping with each string at all places of a kind; plan with it if it stands."""
    _people(world)
    for position, s in enumerate(strings):
        data = deepcopy(_BASE)
        for place in PLACES[kind]:
            _put(data, place, s)
        _tried(world, s, data, position)
        world.tried += len(PLACES[kind])


def mapping_keys(world: World, strings: Sequence[str]) -> None:
    """Validate a mapping with each string for a key, wherever there are keys."""
    _people(world)
    for position, s in enumerate(strings):
        data = deepcopy(_BASE)
        for place in reversed(_KEYS):  # the top last: a string may be one of our own keys
            inner = data
            for key in place:
                inner = inner[key]
            inner[s] = deepcopy(next(iter(inner.values())))
            world.tried += 1
        _tried(world, s, data, position)


def mapping_as_written(world: World, strings: Sequence[str]) -> None:
    """Write each string into the YAML itself, without quotes, in two forms, and as the whole."""
    text = yaml.safe_dump(_BASE, sort_keys=False)
    for s in strings:
        for found in (
            f"{text}\ntitle2: {s}\n",
            text.replace("Odd", s),
            text.replace("Any.", f"[{s}]"),
            s,
        ):
            world.write("m.yaml", found)
            world.run("validate", "m.yaml")
            world.tried += 1


def constants(world: World, strings: Sequence[str]) -> None:
    """Write each string as a constant and as a word of a table, and look at what arrives."""
    _people(world)
    strings = [s for s in strings if _sendable(s)]
    data = deepcopy(_BASE)
    data["fields"] = {"code": {"from": "code", "write": "on_create"}}
    for n, s in enumerate(strings):
        data["fields"][f"c{n}"] = {"value": s, "write": "on_create"}
        data["fields"][f"t{n}"] = {"from": _word_of_table(s)}
        data["eligible"].append(
            {"id": f"rule-{n}", "when": "note == 'x' || !code", "otherwise": s or "-"}
        )
    world.write("m.yaml", _written(data))
    world.say_all(
        wrong_markdown(world.run("plan", "m.yaml", "--format", "markdown", "--verbose").out)
    )
    world.run("explain", "m.yaml", "C1")
    ended = world.run("sync", "m.yaml", "--verbose")
    users = json.loads(Path("users.json").read_text(encoding="utf-8"))
    if len(users) != 1:
        world.say(f"ended with {ended.code}: {ended.err[:500]!a}")
        return
    for n, s in enumerate(strings):
        world.tried += 3
        for key in (f"c{n}", f"t{n}"):
            if s.strip() and users[0].get(key) != s:
                world.say(f"{users[0].get(key)!a} arrived", s)


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


MANIFEST_PLACES: Mapping[str, tuple[Way, ...]] = {
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
    _people(world)
    Path("connectors").mkdir(exist_ok=True)
    _MANIFEST["options"]["base_url"]["default"] = world.systems.expenses_url
    world.write("m.yaml", json.dumps(_OVER_MANIFEST))
    world.systems.put([], [], [])
    with patch.dict(os.environ, {"ONEWAY_ODD_API_KEY": expensein.KEY}):
        for position, s in enumerate(strings):
            data = deepcopy(_MANIFEST)
            for place in MANIFEST_PLACES[kind]:
                _put(data, place, s)
            world.write("connectors/odd.yaml", _written(data))
            ended = world.run("validate", "connectors/odd.yaml")
            if ended.code == 0:
                world.run(("check", "plan")[position % 2], "m.yaml")
            world.tried += len(MANIFEST_PLACES[kind])
    Path("connectors/odd.yaml").unlink()
    world.say_all(_strays(world))


_ARGUMENTS: tuple[tuple[str, ...], ...] = (
    ("{}",),
    ("{}", "x"),
    ("--", "{}"),
    ("validate", "{}"),
    ("plan", "{}"),
    ("apply", "{}"),
    ("apply", "--approve", "{}", "m.yaml"),
    ("explain", "m.yaml", "{}"),
    ("schema", "{}"),
    ("functions", "{}"),
    ("runs", "{}"),
    ("runs", "list", "{}"),
    ("runs", "show", "{}"),
    ("status", "{}"),
    ("replay", "{}"),
    ("disconnect", "{}"),
    ("plan", "m.yaml", "{}"),
    ("plan", "m.yaml", "--{}"),
    ("plan", "m.yaml", "--format", "{}"),
    ("plan", "m.yaml", "--source", "{}"),
    ("plan", "m.yaml", "--reference", "teams={}"),
    ("plan", "m.yaml", "--reference", "{}=x.json"),
    ("plan", "m.yaml", "--set", "{}"),
    ("plan", "m.yaml", "--set", "region={}"),
    ("plan", "m.yaml", "--set", "{}=x"),
    ("plan", "m.yaml", "--option", "{}"),
    ("plan", "m.yaml", "--option", "file.id={}"),
    ("plan", "m.yaml", "--option", "{}.id=x"),
    ("plan", "m.yaml", "--as-of", "{}"),
    ("plan", "m.yaml", "--allow", "{}"),
    ("plan", "m.yaml", "--allow", "leavers={}"),
    ("plan", "m.yaml", "--allow", "field_changes.{}=1"),
    ("plan", "m.yaml", "--limit", "{}"),
)
_VARIABLES = (
    "STAFFOLOGY_BASE_URL",
    "STAFFOLOGY_EMPLOYER",
    "EXPENSEIN_BASE_URL",
    "EXPENSEIN_API_KEY",
    "EXPENSEIN_API_KEY_FILE",
    "EXPENSEIN_API_KEY_KEYRING",
    "STORE",
)


def arguments(world: World, strings: Sequence[str]) -> None:
    """Give a third of the strings as every argument and option that a person types."""
    _people(world)
    world.write("m.yaml", _written(_BASE))
    # No process can be given a NUL; a folder of this machine would be searched to its end.
    given = [s for s in strings if _settable(s) and not (s.startswith("/") and os.path.isdir(s))]
    for position, form in enumerate(_ARGUMENTS):
        for s in given[position % 3 :: 3]:
            args = [part.replace("{}", s) for part in form]
            if not {"--help", "-h", "serve", "demo"} & set(args):
                world.run(*args)
                world.tried += 1


def variables(world: World, strings: Sequence[str]) -> None:
    """Give a third of the strings as every option and credential in the environment."""
    world.systems.put([], [], [])
    given = [s for s in strings if _settable(s) and not s.startswith("http")]
    for position, name in enumerate(_VARIABLES):
        others = {k: v for k, v in os.environ.items() if not k.startswith(f"ONEWAY_{name[:17]}")}
        for s in given[position % 3 :: 3]:
            with patch.dict(os.environ, others | {f"ONEWAY_{name}": s}, clear=True):
                world.run("plan" if name == "STORE" else "check", str(MAPPING))
            world.tried += 1
    world.say_all(_strays(world))


def _strays(world: World) -> Iterator[str]:
    """Yield the requests with a header that nobody meant to send."""
    for each in world.systems.watched:
        for seen in each.seen:
            if any(name.lower().startswith(b"x-") for name, _ in seen.headers):
                yield f"{seen.method} {seen.path[:80]!a} has a header that was injected"


def _tried(world: World, s: str, data: Json, position: int) -> None:
    world.write("m.yaml", _written(data))
    ended = world.run("validate", "m.yaml", "--format", ("text", "json")[position % 2])
    if position % 2:
        world.say_all(wrong_json(ended.out), s)
    if ended.code == 0:
        world.run("plan", "m.yaml")


def _people(world: World) -> None:
    world.fresh()
    world.write("people.json", json.dumps(_PEOPLE))
    world.write("users.json", "[]")
    world.write("teams.json", "[]")


def _put(data: Any, place: Way, s: str) -> None:
    for key in place[:-1]:
        data = data[key]
    if isinstance(data, dict) or place[-1] in range(len(data)):
        data[place[-1]] = s


def _word_of_table(s: str) -> str:
    table = json.dumps({"C1": s}).replace("`", "\\u0060")
    return f"map_value(code, `{table}`)"


def _written(data: Json) -> str:
    """Return data as YAML in which everything odd is escaped: JSON, with characters whole."""

    def whole(pair: re.Match[str]) -> str:
        return f"\\U{ord(json.loads(chr(34) + pair[0] + chr(34))):08x}"

    return re.sub(r"\\ud[89ab]..\\ud[c-f]..", whole, json.dumps(data))


def _sendable(s: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in s)


def _settable(s: str) -> bool:
    return "\0" not in s and _sendable(s)


def cases() -> Iterator[tuple[str, Callable[[World, Sequence[str]], None]]]:
    """Yield each kind of place in these files, and what tries it."""
    for kind in PLACES:
        yield f"mapping: {kind}", partial(_of_kind, mapping, kind)
    yield "mapping: keys", mapping_keys
    yield "mapping: as it is written", mapping_as_written
    yield "mapping: constants and reasons", constants
    for kind in MANIFEST_PLACES:
        yield f"manifest: {kind}", partial(_of_kind, manifest, kind)
    yield "arguments", arguments
    yield "environment", variables


def _of_kind(
    act: Callable[[World, str, Sequence[str]], None],
    kind: str,
    world: World,
    strings: Sequence[str],
) -> None:
    act(world, kind, strings)
