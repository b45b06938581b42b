"""Odd strings in connection files, which are then looked at by all that reads a folder of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import TypeAlias

from .output import wrong_json
from .world import MAPPING, Ended, World
from .written import Json, Way, as_yaml, people, put, sendable

FILE = "connections/odd.yaml"
KEPT = "k3pt-"
"""What credentials and secret addresses begin with: no message may hold it."""

_MAPPING = """\
oneway: 1
name: odd
settings: {region: {type: string, default: x}}
source: {connector: file, resource: people.json, options: {id: id}}
target: {connector: file, resource: users.json, options: {id: id}}
match: [{source: code, target: code}]
fields: {code: {from: code, write: on_create}, name: name, region: "setting('region')"}
leavers: {when: "note == 'gone'", set: {left: {value: true}}, left: left}
"""
BASE: Json = {
    "oneway_connection": 1,
    "name": "odd",
    "mapping": "../m.yaml",
    "settings": {"region": "x"},
    "source": {"options": {"id": "id"}},
    "target": {"options": {"id": "id"}, "credentials": {}},
    "schedule": {"cron": "0 4 * * *", "time_zone": "UTC", "spread": "10m"},
    "guards": {"leavers": {"share": "5%", "floor": 1}, "source": {"shrink": "10%"}},
    "reviewed_by": "A. Person, 2026-11-20",
    "notify": [
        {
            "webhook": {
                "url": "https://hooks.example.com/x",
                "secret": {"env": "ONEWAY_HOOK"},
            }
        },
        {
            "email": {
                "to": ["payroll@example.com"],
                "from": "oneway@example.com",
                "server": "smtp.example.com",
                "user": "oneway",
                "password": {"env": "ONEWAY_SMTP_PASSWORD"},
            },
            "on": ["failure"],
        },
    ],
}
_BOTH: Json = {"mapping": str(MAPPING), "settings": {}, "source": {}, "target": {}}
"""What leads the connection between two systems that have credentials."""

_HOOK: Way = ("notify", 0, "webhook")
_MAIL: Way = ("notify", 1, "email")
Places: TypeAlias = tuple[tuple[Way, str], ...]
PLACES: Mapping[str, Places] = {
    "texts": (
        (("settings", "region"), "{}"),
        (("reviewed_by",), "{}"),
        ((*_MAIL, "user"), "{}"),
    ),
    "words": (
        (("oneway_connection",), "{}"),
        (("name",), "{}"),
        (("schedule",), "{}"),
        (("guards", "leavers", "share"), "{}"),
        (("guards", "source", "shrink"), "{}"),
        (("guards", "on_breach"), "{}"),
        (("notify", 1, "on", 0), "{}"),
        ((*_MAIL, "security"), "{}"),
        ((*_MAIL, "port"), "{}"),
    ),
    "names": ((("name",), "odd{}"),),
    "options": (
        (("source", "options", "id"), "{}"),
        (("target", "options", "id"), "{}"),
        (("target", "options", "format"), "{}"),
    ),
    "time zones": ((("schedule", "time_zone"), "{}"),),
    "cron lines": ((("schedule", "cron"), "{}"), (("schedule", "spread"), "{}")),
    "cron fields": ((("schedule", "cron"), "{} 4 * * *"), (("schedule", "spread"), "{}m")),
    "days of cron lines": ((("schedule", "cron"), "0 4 * * {}"),),
    "mappings": ((("mapping",), "{}"),),
    "files of credentials": (
        ((*_HOOK, "secret"), "file: {}"),
        ((*_MAIL, "password"), "file: secrets/{}"),
    ),
    "references": (
        (("source", "credentials", "api_key"), "env: {}"),
        (("target", "credentials", "api_key"), "keyring: oneway/{}"),
        ((*_HOOK, "secret"), "env: {}"),
        ((*_MAIL, "password"), "keyring: {}/x"),
    ),
    "credentials in the open": (
        (("source", "credentials", "api_key"), KEPT + "{}"),
        (("target", "credentials", "api_key"), f"{KEPT}{{}}: {{}}"),
        ((*_HOOK, "secret"), f"{{}}: {KEPT}{{}}"),
        ((*_MAIL, "password"), KEPT + "{}"),
    ),
    "addresses of webhooks": (((*_HOOK, "url"), "{}" + KEPT),),
    "paths of webhooks": (((*_HOOK, "url"), f"https://hooks.example.com/{KEPT}{{}}"),),
    "hosts of webhooks": (((*_HOOK, "url"), f"https://{{}}/{KEPT}"),),
    "addresses of people": (((*_MAIL, "from"), "{}"), ((*_MAIL, "to", 0), "{}")),
    "people at a host": (((*_MAIL, "from"), "{}@example.com"), ((*_MAIL, "to", 0), "ann{}@x.org")),
    "hosts of people": (((*_MAIL, "from"), "ann@{}"), ((*_MAIL, "to", 0), "ann@{}.com")),
    "mail servers": (((*_MAIL, "server"), "{}"),),
}
"""Every text of a connection's file, and how a string stands in it, by what becomes of it: all of
a kind are tried in one file, for its mistakes are told all at once. `a: b` is an object."""
_KEYS: tuple[Way, ...] = (
    (),
    ("settings",),
    ("source", "options"),
    ("target", "credentials"),
    ("schedule",),
    ("guards",),
    ("notify", 0),
    (*_HOOK, "secret"),
    _HOOK,
    _MAIL,
)
"""Where people choose the keys, or may mistake them; the top last, for it takes others away."""


def through(world: World, kind: str, strings: Sequence[str]) -> None:
    """Look at a connection with each string at all places of a kind."""
    _begin(world)
    for position, s in enumerate(strings):
        world.write(FILE, _text(_filled(PLACES[kind], s)))
        _looked_at(world, s, position)
        world.tried += len(PLACES[kind])


def keys(world: World, strings: Sequence[str]) -> None:
    """Look at a connection with each string for a key, wherever there are keys."""
    _begin(world)
    for position, s in enumerate(strings):
        data = _with_places(BASE)
        for place in (*_KEYS[1:], _KEYS[0]):
            inner = data
            for key in place:
                inner = inner[key]
            inner[s] = deepcopy(next(iter(inner.values()), "x"))
            world.tried += 1
        world.write(FILE, _text(data))
        _looked_at(world, s, position)


def as_written(world: World, strings: Sequence[str]) -> None:
    """Write each string into the YAML itself, without quotes, in three forms, and as the whole."""
    _begin(world)
    text = _text(BASE).strip("{}\n").replace('"', "'")
    for position, s in enumerate(strings):
        for form in (
            f"{{{text}, 'title': {s}}}",
            f"oneway_connection: 1\nname: odd\nmapping: {s}\n",
            f"oneway_connection: 1\nname: {s}\nsettings: [{s}]\n{s}: x\n",
            s,
        ):
            world.write(FILE, form)
            _looked_at(world, s, position)
            world.tried += 1


def file_names(world: World, strings: Sequence[str]) -> None:
    """Look at a folder of connections of which each file is called by a string."""
    _begin(world)
    for position, s in enumerate(strings):
        data = BASE | {"name": f"odd-{position}"} if position % 2 else {"oneway_connection": 1}
        name = f"connections/{s}.yaml"
        if "/" in s or "\0" in s or not sendable(s):
            continue
        try:
            Path(name).write_text(_text(data), "utf-8")
        except OSError:  # too long for a file
            continue
        world.tried += 1
        world.run("validate", name)
    for format in ("text", "json"):
        for command in (("validate", "connections"), ("status",), ("run-due", "--dry-run")):
            _said(world, format, *command, "--format", format)
    _emptied()


def _begin(world: World) -> None:
    people(world)
    Path("connections").mkdir(exist_ok=True)
    _emptied()
    world.write("m.yaml", _MAPPING)


def _emptied() -> None:
    for path in Path("connections").iterdir():
        path.unlink()


def _filled(places: Places, s: str) -> Json:
    credentials = any("credentials" in place for place, _ in places)
    data = _with_places(BASE | _BOTH if credentials else BASE)
    for place, form in places:
        key, colon, value = form.partition(": ")
        text = value.replace("{}", s) if colon else form.replace("{}", s)
        put(data, place, {key.replace("{}", s): text} if colon else text)
    return data


def _with_places(data: Json) -> Json:
    """Return a copy of a connection that has every object that something is put into."""
    found = deepcopy(data)
    for side in ("source", "target"):
        for group in ("options", "credentials"):
            found[side].setdefault(group, {})
    return found


def _text(data: Json) -> str:
    # A line each: what may be a credential is on another line than what may be quoted.
    return as_yaml(data, indent=1)


def _looked_at(world: World, s: str, position: int) -> None:
    """Validate the file; look at the folder with what shows it, and plan where it stands.

    Where it does not stand, one in eight is looked at: a folder says of it what `validate` says.
    """
    format = ("text", "json")[position % 2]
    ended = _said(world, format, "validate", FILE, "--format", format)
    both = (("status", "--format", format), ("run-due", "--dry-run", "--format", format))
    if ended.code == 0 or position % 16 in (0, 9):
        for command in both:
            _said(world, format, *command)
    if ended.code == 0 and str(MAPPING) not in Path(FILE).read_text("utf-8"):
        _said(world, "text", "plan", FILE)


def _said(world: World, format: str, *args: str) -> Ended:
    ended = world.run(*args)
    if KEPT in ended.out + ended.err:
        world.say("a credential, or an address that is one, is shown", args)
    if format == "json" and (ended.out or ended.code == 0):
        world.say_all(wrong_json(ended.out), args)
    return ended


def cases() -> Iterator[tuple[str, Callable[[World, Sequence[str]], None]]]:
    """Yield each kind of place in a connection's file, and what tries it."""
    for kind in PLACES:
        yield f"connection: {kind}", partial(_of_kind, kind)
    yield "connection: keys", keys
    yield "connection: as it is written", as_written
    yield "connection: names of files", file_names


def _of_kind(kind: str, world: World, strings: Sequence[str]) -> None:
    through(world, kind, strings)
