"""Before a saved plan is applied, a system that is the source is asked for its whole list again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import World

from directory import Directory, connected

MAPPING = """\
oneway: 1
name: people
source: {connector: directory, resource: people}
target: {connector: file, resource: users.json}
match:
  - {source: code, target: code}
fields:
  code: {from: code, write: on_create}
  name: name
joiners: {}
leavers: {when: left, set: {active: {value: false}}, left: "active == `false`"}
"""
ONCE = 4
"""The requests of one list: three pages of two people, and one that shows that there is no more."""


def someone(number: int, **changed: Any) -> dict[str, Any]:
    return {"id": str(number), "code": f"{number:03}", "name": "x", "left": None} | changed


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Directory]:
    people = {str(n): someone(n) for n in range(1, 7)}
    with connected(Directory(people), tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def planned(directory: Directory, bare: World) -> World:
    """001 has left, and 006 is to be created."""
    bare.write("m.yaml", MAPPING)
    users = [{"id": f"u{n}", "code": f"{n:03}", "name": "x", "active": True} for n in range(1, 6)]
    bare.write("users.json", users)
    directory.people["1"]["left"] = True
    assert bare.run("plan", "m.yaml", "--out", "p.json").code == 0
    directory.asked.clear()
    return bare


def lists(directory: Directory) -> int:
    return directory.sent("GET").count("/people")


@pytest.mark.parametrize(("code", "of"), [("001", "1"), ("006", "6")])
def test_a_second_record_that_came_since_the_plan_stops_what_it_is_about(
    planned: World, directory: Directory, code: str, of: str
) -> None:
    directory.people["9"] = someone(9, code=code)
    ended = planned.run("apply", "p.json", "--approve", fingerprint(planned), "--format", "json")
    endings = {each["source_id"]: each["ending"] for each in ended.data["results"]}
    assert (ended.code, endings.pop(of)) == (5, "stale")
    assert set(endings.values()) == {"done"}


def test_a_plan_with_nothing_new_is_applied_after_one_more_list(
    planned: World, directory: Directory
) -> None:
    ended = planned.run("apply", "p.json", "--approve", fingerprint(planned))
    assert ended.code == 0, ended.flat
    assert lists(directory) == ONCE


def test_a_sync_has_just_read_it(planned: World, directory: Directory) -> None:
    assert planned.run("sync", "m.yaml").code == 0
    assert lists(directory) == ONCE


def fingerprint(world: World) -> str:
    return str(world.read("p.json")["fingerprint"])
