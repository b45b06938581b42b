"""Siblings of situations that people report, over files and over both kinds of stores.

Nine people, to each of whom something else happens in one night. What a careful person wants is
the same whatever the files are and wherever the links are kept.
"""

import csv
import json
from typing import Any

import pytest
from cli_world import World

from postgres import Server

MAPPING = """\
oneway: 1
name: siblings
label: name
source: {connector: file, resource: people.json}
target: {connector: file, resource: TARGET}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  name: name
  email: {from: email, compare: ignore_case}
joiners: {unless_taken: [email]}
leavers: {when: left, set: {leaveDate: today()}, left: leaveDate}
"""
WANTED = {
    "s1": "conflict rekeyed",  # a new code
    "s2": "conflict rekeyed",  # a new code and a new address
    "n3": "conflict reused",  # somebody else has the code of 3, who vanished
    "s4": "conflict rekeyed",  # 4 and 5 have swapped codes
    "s5": "conflict rekeyed",
    "r6": "conflict reissued",  # a new id, code and address, and the old name
    "s7": "error gone",  # the record was deleted
    "s8": "conflict rekeyed",  # has left, and under a new code
    "s9": "unchanged",
}


def person(number: int, **changed: Any) -> dict[str, Any]:
    code = f"P{number:03}"
    found = {"id": f"s{number}", "code": code, "name": f"Person {number}"}
    return found | {"email": f"{code.lower()}@example.com", "left": False} | changed


BEFORE = [person(number) for number in range(1, 10)]
AFTER = [
    person(1, code="N001"),
    person(2, code="N002", email="oak@example.com"),
    person(3, id="n3", name="Somebody Else", email="elm@example.com"),
    person(4, code="P005"),
    person(5, code="P004"),
    person(6, id="r6", code="N006", email="ash@example.com"),
    person(7),
    person(8, code="N008", left=True),
    person(9),
]


@pytest.fixture(params=["JSON", "JSON Lines", "CSV", "secret", "PostgreSQL"])
def siblings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, bare: World) -> World:
    """Nine people, and an empty target."""
    name = {"CSV": "users.csv", "JSON Lines": "users.jsonl"}.get(request.param, "users.json")
    text = MAPPING.replace("TARGET", name)
    if request.param == "secret":
        for field in ("{from: code, write: on_create", "{from: email, compare: ignore_case"):
            text = text.replace(field, f"{field}, sensitive: true")
    if request.param == "PostgreSQL":
        server: Server = request.getfixturevalue("server")
        monkeypatch.setenv("ONEWAY_STORE", server.database())
    bare.write("m.yaml", text)
    empty = {"users.csv": "id,reference,name,email,leaveDate\n", "users.json": "[]\n"}
    bare.write(name, empty.get(name, ""))
    bare.write("people.json", BEFORE)
    return bare


def users(world: World) -> list[dict[str, Any]]:
    """Return the records of the target, whatever it is kept as."""
    (file,) = world.folder.glob("users.*")
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".csv":
        return list(csv.DictReader(text.splitlines()))
    return list(read(text, lines=file.suffix == ".jsonl"))


def read(text: str, *, lines: bool) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()] if lines else json.loads(text)


def without(world: World, number: int) -> None:
    """Delete a record of the target."""
    (file,) = world.folder.glob("users.*")
    lines = [each for each in users(world) if each["name"] != f"Person {number}"]
    match file.suffix:
        case ".csv":
            with file.open("w", newline="", encoding="utf-8") as opened:
                writer = csv.DictWriter(opened, list(lines[0]))
                writer.writeheader()
                writer.writerows(lines)
        case ".jsonl":
            world.write(file.name, "".join(json.dumps(each) + "\n" for each in lines))
        case _:
            world.write(file.name, lines)


def said(world: World) -> dict[str, str]:
    """Return what the plan says of each person, by source id."""
    plan = world.run("plan", "m.yaml", "--format", "json").data
    about = {"rekeyed", "reused", "reissued", "gone", "claimed", "taken", "adopted"}
    return {
        each["source_id"]: " ".join(
            [each["outcome"], *sorted(r["code"] for r in each["reasons"] if r["code"] in about)]
        )
        for each in plan["outcomes"]
        if each["source_id"]
    }


def test_what_befalls_nine_people_in_one_night_doubles_and_mixes_up_nobody(
    siblings: World,
) -> None:
    assert siblings.run("sync", "m.yaml").code == 0
    without(siblings, 7)
    siblings.write("people.json", AFTER)
    before = users(siblings)
    assert len(before) == 8
    for _ in range(2):
        assert said(siblings) == WANTED
        siblings.run("sync", "m.yaml")
        assert users(siblings) == before
