"""Odd strings in the records of files: CSV, JSON and JSONL, read and written."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from .output import wrong_json, wrong_markdown
from .world import World

MAPPING = """\
oneway: 1
name: files
label: name
source: {connector: file, resource: people.%s, options: {id: id}}
target: {connector: file, resource: users.%s, options: {id: id}}
references:
  teams: {from: {connector: file, options: {id: id}}, resource: teams.%s, key: name, value: id}
match: [{source: code, target: code}]
eligible: [{id: code, when: code, otherwise: Code is missing}]
fields:
  code: {from: code, write: on_create}
  name: name
  note: {from: note, on_blank: clear}
  team: {from: team, lookup: teams}
"""
COLUMNS = ("id", "code", "name", "note", "team")
KINDS = (("csv", "csv"), ("jsonl", "json"), ("json", "csv"), ("csv", "jsonl"))
_ALLOW = ("--allow", "clears=100000", "--allow", "field_changes=100000")


def through(world: World, kinds: tuple[str, str], strings: Sequence[str]) -> None:
    """Sync people of whom each holds one odd string in one column, or in the user's."""
    first, second = kinds
    if "csv" in kinds:
        # UTF-8 cannot hold half a character; over JSON it is an escape.
        strings = [s for s in strings if not any("\ud800" <= c <= "\udfff" for c in s)]
    world.fresh()
    people = [
        {c: s if c == column else f"{c}{n}x{i}" for c in COLUMNS}
        for n, column in enumerate(COLUMNS[:4])
        for i, s in enumerate(strings)
    ] + [{c: s if c == "team" else f"{c}x{i}" for c in COLUMNS} for i, s in enumerate(strings)]
    users = [
        {"id": f"u{n}x{i}", "code": f"code{n}x{i}", "name": s, "note": s, "team": ""}
        for n in range(0, 4, 2)
        for i, s in enumerate(strings)
    ]
    _write(world, f"people.{first}", people)
    _write(world, f"users.{second}", users)
    _write(world, f"teams.{first}", [{"id": f"t{i}", "name": s} for i, s in enumerate(strings)])
    world.write("m.yaml", MAPPING % (first, second, first))
    world.run("plan", "m.yaml", "--verbose", *_ALLOW)
    world.say_all(wrong_markdown(world.run("plan", "m.yaml", "--format", "markdown").out))
    world.say_all(wrong_json(world.run("plan", "m.yaml", "--format", "json", *_ALLOW).out))
    ended = world.run("sync", "m.yaml", "--format", "json", *_ALLOW)
    world.say_all(wrong_json(ended.out))
    if not ended.out:
        world.say(f"nothing but {ended.err!a}"[:300])
        return
    _compare(world, json.loads(ended.out), people, second)
    again = world.run("plan", "m.yaml", "--format", "json", *_ALLOW)
    _say_unsettled(world, json.loads(ended.out), json.loads(again.out))
    world.tried += len(people) + len(users)


def _compare(world: World, said: dict, people: list[dict[str, str]], kind: str) -> None:
    """Say whose values arrived otherwise than payroll has them, or were refused without a word."""
    results = {each["action"]: each for each in said["results"]}
    users = {each.get("code", ""): each for each in _read(f"users.{kind}")}
    by_id = {each["id"]: each for each in people}
    for each in said["plan"]["outcomes"]:
        person = by_id.get(each["source_id"])
        if person is None or each["action"] is None:
            if not each["reasons"] and each["outcome"] not in ("unchanged", "absent"):
                world.say(f"{each['outcome']} without a reason", each["source_id"])
            continue
        result = results[each["action"]["id"]]
        if result["ending"] != "done":
            if not result["reason"]:
                world.say(f"{result['ending']} without a reason", person)
            continue
        user = users.get(person["code"], {})
        for column in ("name", "note"):
            if person[column].strip() and user.get(column) != person[column]:
                world.say(f"{ascii(user.get(column))[:80]} arrived as {column}", person)


def _say_unsettled(world: World, first: dict, again: dict) -> None:
    actions = {each["action"]["id"] for each in again["outcomes"] if each["action"]}
    done = {each["action"] for each in first["results"] if each["ending"] == "done"}
    for id in sorted(actions & done):
        found = next(e for e in again["outcomes"] if e["action"] and e["action"]["id"] == id)
        world.say("written, and planned again", (found["key"], found["action"]["changes"]))


def explained(world: World, strings: Sequence[str]) -> None:
    """Ask for people by every odd string, some of whom hold it in every field."""
    world.write("m.yaml", MAPPING % ("json", "json", "json"))
    people = [dict.fromkeys(COLUMNS, s) | {"id": f"i{n}"} for n, s in enumerate(strings[::9])]
    for name in ("people", "teams"):
        _write(world, f"{name}.json", people)
    _write(world, "users.json", [])
    for position, s in enumerate(strings):
        format = ("text", "json")[position % 2]
        ended = world.run("explain", "m.yaml", "--format", format, "--", s)
        world.tried += 1
        if format == "json" and ended.out:
            world.say_all(wrong_json(ended.out), s)


def _write(world: World, name: str, rows: list[dict[str, str]]) -> None:
    """Write rows as others would: Python's own csv and json."""
    if name.endswith(".csv"):
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(rows[0]) if rows else COLUMNS, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
        world.write(name, text.getvalue())
    elif name.endswith(".jsonl"):
        world.write(name, "".join(json.dumps(row) + "\n" for row in rows))
    else:
        world.write(name, json.dumps(rows))


def _read(name: str) -> list[dict[str, str]]:
    with Path(name).open(encoding="utf-8", newline="") as file:
        if name.endswith(".csv"):
            return list(csv.DictReader(file, strict=True))
        if name.endswith(".jsonl"):
            return [json.loads(line) for line in file]
        return json.load(file)
