"""An item of the target's list that is nearly one which the sync owns stays, and is told."""

import json
from typing import Any

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: lists
source: {connector: file, resource: people.json, options: {id: code}}
target: {connector: file, resource: staff.json}
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  %s
leavers:
  when: left
  set: {active: {value: false}%s}
  left: active == `false`
"""
OWN = "groups: {%s, merge: {own: [IT, 9]}}"
FIELD = (OWN % "from: groups", "")
LEAVE = ("name: name", ", " + OWN % "value: []")


def said(world: World, parts: tuple[str, str], groups: list[object]) -> tuple[str, Any]:
    """Sync a person without groups, and return what is said, and the groups that they then have."""
    world.write("m.yaml", MAPPING % parts)
    left = parts is LEAVE
    people = [{"code": str(n), "name": "P", "groups": [], "left": left and n == 1} for n in (1, 2)]
    world.write("people.json", json.dumps(people))
    user = {"name": "P", "active": True, "groups": groups}
    users = [{"id": str(n), "reference": str(n), **user} for n in (1, 2)]
    world.write("staff.json", json.dumps(users))
    ended = world.run("sync", "m.yaml", "--allow", "leavers=1")
    return " ".join(ended.out.split()), world.read("staff.json")[0]["groups"]


@pytest.mark.parametrize("parts", [FIELD, LEAVE])
@pytest.mark.parametrize("item", ["it", "IT ", "\uff29\uff34", "9"])
def test_it_stays_and_is_told(world: World, parts: tuple[str, str], item: str) -> None:
    text, groups = said(world, parts, ["others", item])
    assert groups == ["others", item]
    assert "in 2 records of the target (1, 2), so it stays" in text


@pytest.mark.parametrize("parts", [FIELD, LEAVE])
def test_what_is_another_item_is_not(world: World, parts: tuple[str, str]) -> None:
    text, groups = said(world, parts, ["others", "IT", 9, "IT Support", "99"])
    assert groups == ["others", "IT Support", "99"]
    assert "so it stays" not in text
