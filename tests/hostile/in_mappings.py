"""Odd strings in mappings: every text, every key, the file as it is written, constants."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path

import yaml

from .output import wrong_json, wrong_markdown
from .world import World
from .written import Json, Way, as_yaml, people, put, sendable

BASE: Json = {
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
    people(world)
    for position, s in enumerate(strings):
        data = deepcopy(BASE)
        for place in PLACES[kind]:
            put(data, place, s)
        _tried(world, s, data, position)
        world.tried += len(PLACES[kind])


def mapping_keys(world: World, strings: Sequence[str]) -> None:
    """Validate a mapping with each string for a key, wherever there are keys."""
    people(world)
    for position, s in enumerate(strings):
        data = deepcopy(BASE)
        for place in reversed(_KEYS):  # the top last: a string may be one of our own keys
            inner = data
            for key in place:
                inner = inner[key]
            inner[s] = deepcopy(next(iter(inner.values())))
            world.tried += 1
        _tried(world, s, data, position)


def mapping_as_written(world: World, strings: Sequence[str]) -> None:
    """Write each string into the YAML itself, without quotes, in two forms, and as the whole."""
    text = yaml.safe_dump(BASE, sort_keys=False)
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
    people(world)
    strings = [s for s in strings if sendable(s)]
    data = deepcopy(BASE)
    data["fields"] = {"code": {"from": "code", "write": "on_create"}}
    for n, s in enumerate(strings):
        data["fields"][f"c{n}"] = {"value": s, "write": "on_create"}
        data["fields"][f"t{n}"] = {"from": _word_of_table(s)}
        data["eligible"].append(
            {"id": f"rule-{n}", "when": "note == 'x' || !code", "otherwise": s or "-"}
        )
    world.write("m.yaml", as_yaml(data))
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


def _tried(world: World, s: str, data: Json, position: int) -> None:
    world.write("m.yaml", as_yaml(data))
    ended = world.run("validate", "m.yaml", "--format", ("text", "json")[position % 2])
    if position % 2:
        world.say_all(wrong_json(ended.out), s)
    if ended.code == 0:
        world.run("plan", "m.yaml")


def _word_of_table(s: str) -> str:
    table = json.dumps({"C1": s}).replace("`", "\\u0060")
    return f"map_value(code, `{table}`)"


def cases() -> Iterator[tuple[str, Callable[[World, Sequence[str]], None]]]:
    """Yield each kind of place in a mapping, and what tries it."""
    for kind in PLACES:
        yield f"mapping: {kind}", partial(_of_kind, kind)
    yield "mapping: keys", mapping_keys
    yield "mapping: as it is written", mapping_as_written
    yield "mapping: constants and reasons", constants


def _of_kind(kind: str, world: World, strings: Sequence[str]) -> None:
    mapping(world, kind, strings)
