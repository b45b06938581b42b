"""Odd strings in what is shown of past runs: in lists, run by run, as states and as a page."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from . import over_http
from .output import wrong_json
from .pages import is_told, names_in, texts_in, wrong_page
from .world import MAPPING, World
from .written import Json, as_yaml, sendable

FILE = "connections/odd.yaml"
_PLACES = "source: {connector: file, resource: people.json, options: {id: id}}\n"
_PLACES += "target: {connector: file, resource: users.json, options: {id: id}}\n"
_PEOPLE = f"""\
oneway: 1
name: nights
label: name
{_PLACES}
references:
  teams: {{from: {{connector: file, options: {{id: id}}}}, resource: t.json, key: name, value: id}}
match: [{{source: code, target: code}}]
eligible:
  - {{id: code, when: code, otherwise: Code is missing}}
  - {{id: wanted, when: note != 'stop', otherwise: Is not wanted}}
fields:
  code: {{from: code, write: on_create}}
  name: name
  note: {{from: note, on_blank: clear}}
  team: {{from: team, lookup: teams}}
leavers: {{when: left == 'yes', set: {{left: {{value: true}}}}, left: left}}
guards: {{leavers: {{share: 0%, floor: 0}}}}
"""
_COLUMNS = ("id", "code", "name", "note", "team")
_QUIET = frozenset({"unchanged", "ignored", "absent"})
_OUTCOMES = ("create", "leave", "ineligible", "conflict", "held", "rejected", "absent")
_LOOKED_UP = 10
"""So many people are looked for by name."""
_FIELDS = 20
"""So many fields one mapping gets: each is a guard that names all of them."""
_LONGEST_KEY = 80
"""YAML takes a key of 1,024 characters, of which an escape has ten."""


def people(world: World, strings: Sequence[str]) -> None:
    """Look back on a night on which people of odd names came, stayed away and were held back."""
    _begin(world)
    found = [dict.fromkeys(_COLUMNS, s) | {"left": None} for s in strings if s]
    for kind, more in (("new", {}), ("stays", {"note": "stop"}), ("goes", {"left": "yes"})):
        for n, s in enumerate(strings):
            said = {"note": None, "team": None, "left": None} | more
            found.append({"id": f"{kind} {n}", "code": f"{kind}-{n}", "name": s, **said})
    users = [
        {"id": f"u{n}", "code": f"goes-{n}", "name": s, "left": None} for n, s in enumerate(strings)
    ]
    _write(world, people=found, users=users, t=[])
    world.write("m.yaml", _PEOPLE)
    world.run("sync", FILE)
    shown = _looked_back(world)
    names = {each["source_id"]: each["label"] for each in shown.get("people", ())}
    for person in found:
        if person["name"].strip() and names.get(person["id"]) != person["name"].strip():
            world.say(f"{names.get(person['id'])!a} is shown as the name", person)
    # Of a name the spaces around it are not shown.
    _looked_up(world, strings[:: max(len(strings) // _LOOKED_UP, 1)])
    world.tried += 3 * len(strings) + len(_COLUMNS) * len(strings)


def reasons(world: World, strings: Sequence[str]) -> None:
    """Look back on a night on which one person failed a rule for every string."""
    _begin(world)
    given = [s for s in strings if s and sendable(s)]
    rules = [{"id": f"r{n}", "when": "code == 'x'", "otherwise": s} for n, s in enumerate(given)]
    _write(world, people=[{"id": "1", "code": "C1", "name": "Ann"}], users=[], t=[])
    world.write("m.yaml", as_yaml(_mapping() | {"eligible": rules}))
    world.run("sync", FILE)
    shown = _looked_back(world)
    if not shown:
        return
    (person,) = shown["people"]
    texts = texts_in(Path("report.html").read_text("utf-8"))
    for s, reason in zip(given, person["reasons"], strict=True):
        world.tried += 1
        if reason["text"] != s:
            world.say(f"{reason['text']!a} is shown as a reason", s)
        if not is_told(s, texts):
            world.say("a reason is not on the page", s)


def _is_a_field(text: str) -> bool:
    """Return whether a mapping may have a field of this name, which is no path.

    U+FEFF is white space to patterns of ECMA 262, as those of schemas are, and not to Python.
    """
    blank = not text.strip("\ufeff")
    return "." not in text and not (blank or any(ord(c) < 0x20 or ord(c) == 0x7F for c in text))


def fields(world: World, strings: Sequence[str]) -> None:
    """Look back on nights on which odd fields changed for too many, and were held back."""
    fitting = (s for s in strings if len(s) <= _LONGEST_KEY and s.split() == [s])
    given = [s for s in fitting if sendable(s) and _is_a_field(s) and s not in _COLUMNS]
    for first in range(0, len(given), _FIELDS):
        _begin(world)
        some = given[first : first + _FIELDS]
        users = [{"id": f"u{n}", "code": f"C{n}", **dict.fromkeys(some, "a")} for n in range(2)]
        _write(world, people=[{"id": str(n), "code": f"C{n}"} for n in range(2)], users=users, t=[])
        odd = {s: {"value": "b"} for s in some}
        guards = {"field_changes": {"share": 0, "floor": 0}}
        whole = _mapping() | {"guards": guards, "fields": _mapping()["fields"] | odd}
        world.write("m.yaml", as_yaml(whole))
        if world.run("sync", FILE).code != 4:
            world.say("nothing was held back", some)
        _looked_back(world)
        world.run("plan", FILE, "--out", "plan.json")
        world.run("apply", "plan.json")
        world.tried += len(some)


def settings(world: World, strings: Sequence[str]) -> None:
    """Look back on nights by a mapping whose file and whose setting are called by a string."""
    _begin(world)
    _write(world, people=[{"id": "1", "code": "C1"}], users=[], t=[])
    declared = {"region": {"type": "string", "default": "x", "description": "Any."}}
    for n, s in enumerate(strings[::9]):
        name = _saved(f"{s.replace('/', '-')}.yaml", as_yaml(_mapping() | {"settings": declared}))
        ended = world.run("sync", name, "--set", f"region={s}")
        if ended.code:
            world.say(f"ended with {ended.code}: {ended.err[:300]!a}", name)
        _said(world, ("text", "json")[n % 2], "runs", "show", "latest")
        _page(world)
        world.tried += 2
    for format in ("text", "json"):
        _said(world, format, "runs", "--limit", "500")
        _said(world, format, "status")


def refusals(world: World, strings: Sequence[str]) -> None:
    """Look back on a night on which the target refused everybody, for an odd reason each."""
    _begin(world, mapping=str(MAPPING))
    employees = [over_http.employee(number) for number in range(len(strings))]
    for one, s in zip(employees, strings, strict=True):
        one["personalDetails"]["lastName"] = s
    world.systems.put(employees, [], [])
    said = {"message": "no", "errors": []}
    world.systems.watched[1].refusing = (
        (422, said | {"message": s, "errors": [{"field": s, "message": s}]}) for s in strings
    )
    world.run("sync", FILE)
    world.systems.watched[1].refusing = None
    shown = _looked_back(world)
    ended = [each["reason"] for each in shown.get("people", ()) if each["ending"] == "rejected"]
    if not all(ended) or not ended:
        world.say(f"{len(ended)} were refused, {sum(map(bool, ended))} for a reason")
    world.tried += 2 * len(strings)


def _begin(world: World, mapping: str = "../m.yaml") -> None:
    world.fresh()
    Path("connections").mkdir(exist_ok=True)
    for path in Path("connections").iterdir():
        path.unlink()
    world.write(FILE, json.dumps({"oneway_connection": 1, "name": "odd", "mapping": mapping}))


def _mapping() -> Json:
    endpoint = {"connector": "file", "options": {"id": "id"}}
    return {
        "oneway": 1,
        "name": "nights",
        "source": endpoint | {"resource": "people.json"},
        "target": endpoint | {"resource": "users.json"},
        "match": [{"source": "code", "target": "code"}],
        "fields": {"code": {"from": "code", "write": "on_create"}},
    }


def _write(world: World, **rows: list[Json]) -> None:
    for name, each in rows.items():
        world.write(f"{name}.json", json.dumps(each))


def _saved(name: str, text: str) -> str:
    """Write a file of a name, or of a plain one where there can be none; return the name."""
    try:
        Path(name).write_text(text, "utf-8")
    except (OSError, ValueError):
        name = "plain.yaml"
        Path(name).write_text(text, "utf-8")
    return f"./{name}"


def _looked_back(world: World) -> Json:
    """Look at the last run in every way that there is; return it as data."""
    for format in ("text", "json"):
        _said(world, format, "runs")
        _said(world, format, "status", "--verbose")
        _said(world, format, "status")
    _said(world, "text", "runs", "show", "latest")
    for n, outcome in enumerate(_OUTCOMES):
        _said(world, ("text", "json")[n % 2], "runs", "show", "odd", "--outcome", outcome)
    shown = _said(world, "json", "runs", "show", "latest")
    if not isinstance(shown, dict):
        return {}
    names = _page(world)
    for each in shown["people"]:
        known = [s for s in (each["label"], each["key"]) if s.strip()]
        if each["outcome"] not in _QUIET and known and not is_told(known[0], names):
            world.say("somebody is not on the page", known)
    return shown


def _page(world: World) -> frozenset[str]:
    """Make the page of the last run, in both ways; return whom it names."""
    page = Path("report.html")
    page.unlink(missing_ok=True)
    made = world.run("report", "latest", "--out", str(page))
    if not page.exists():
        world.say(f"no page: {made.err[:200]!a}")
        return frozenset()
    saved = page.read_text("utf-8")
    printed = world.run("report", "latest").out
    world.say_all(wrong_page(saved))
    if not printed.isascii():
        world.say("the page is printed beyond ASCII")
    names = names_in(saved)
    if names_in(printed) != names:
        world.say("the page that is printed names others")
    return names


def _looked_up(world: World, strings: Sequence[str]) -> None:
    """Look for people by a name that some have."""
    for s in map(str.strip, strings):
        shown = _said(world, "json", "runs", "show", "odd", f"--person={s}")
        _said(world, "text", "runs", "show", "odd", f"--person={s}", "--outcome", "create")
        if isinstance(shown, dict) and s not in {each["label"] for each in shown["people"]}:
            world.say("nobody of that name is found", s)


def _said(world: World, format: str, *args: str) -> Any:
    """Run a command; return what it said as data, or nothing."""
    ended = world.run(*args, "--format", format)
    if ended.code:
        world.say(f"ended with {ended.code}: {ended.err[:200]!a}", args)
    elif format == "json":
        found = list(wrong_json(ended.out))
        world.say_all(iter(found), args)
        return None if found else json.loads(ended.out)
    return None


def cases() -> Iterator[tuple[str, Callable[[World, Sequence[str]], None]]]:
    """Yield each kind of odd night, and what looks back on it."""
    yield "history: people", people
    yield "history: reasons", reasons
    yield "history: fields", fields
    yield "history: settings and files", settings
    yield "history: refusals", refusals
