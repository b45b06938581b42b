"""A row that slides out of a lookup table while its pages are read takes nobody's value."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import World

from directory import MANIFEST, Directory, connected

MAPPING = """\
oneway: 1
name: teams
source: {connector: file, resource: staff.json}
target: {connector: file, resource: users.json}
references:
  teams: {from: {connector: directory}, resource: people, key: code, value: name}
match:
  - {source: code, target: code}
fields:
  code: {from: code, write: on_create}
  team: {from: team, lookup: teams, ON_MISS}
"""
KEEPS = "on_miss: keep"
TAKES = ("on_miss: clear", "on_miss: {use: None}", "on_miss: {look_up: T1}")


def users(count: int) -> list[dict[str, Any]]:
    return [{"id": f"u{n}", "code": f"{n:03}", "team": f"Team {n}"} for n in range(2, 2 + count)]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Directory]:
    """Seven teams, listed two by two."""
    teams = {str(n): {"id": str(n), "code": f"T{n}", "name": f"Team {n}"} for n in range(1, 8)}
    with connected(Directory(teams), tmp_path, monkeypatch) as found:
        found.counting = False
        yield found


@pytest.fixture
def world(directory: Directory, bare: World) -> World:
    """Six people, each in a team of their own."""
    bare.write("connectors/directory.yaml", MANIFEST.replace(", total: total", ""))
    people = [{"id": f"s{n}", "code": f"{n:03}", "team": f"T{n}"} for n in range(2, 8)]
    bare.write("staff.json", people)
    bare.write("users.json", users(6))
    return bare


def slide(directory: Directory, gone: str = "1") -> Callable[[int], None]:
    """Return what removes a team while page 3 is asked for, so that team 5 slides out of sight."""

    def leave(page: int) -> None:
        if page == 3:
            directory.people.pop(gone, None)

    return leave


@pytest.mark.parametrize("on_miss", TAKES)
def test_a_row_that_slides_is_there_at_a_second_look(
    world: World, directory: Directory, on_miss: str
) -> None:
    gone = "2" if "look_up" in on_miss else "1"  # its own row must not miss
    world.write("m.yaml", MAPPING.replace("ON_MISS", on_miss))
    if gone == "2":
        world.write("staff.json", [each for each in world.read("staff.json") if each["id"] != "s2"])
    directory.before_page = slide(directory, gone)
    ended = world.run("sync", "m.yaml")
    assert ended.code == 0, ended.out
    assert "1 record came only when the list was read again" in ended.flat
    assert world.read("users.json") == users(6)


def test_a_new_person_gets_for_good_what_slid(world: World, directory: Directory) -> None:
    world.write("m.yaml", MAPPING.replace("ON_MISS", f"{KEEPS}, write: on_create"))
    world.write("users.json", [each for each in users(6) if each["code"] != "005"])
    directory.before_page = slide(directory)
    assert world.run("sync", "m.yaml").code == 0
    assert {each["code"]: each["team"] for each in world.read("users.json")}["005"] == "Team 5"


def test_what_two_looks_do_not_show_is_taken(world: World, directory: Directory) -> None:
    world.write("m.yaml", MAPPING.replace("ON_MISS", TAKES[0]))
    del directory.people["5"]
    ended = world.run("sync", "m.yaml")
    assert ended.code == 0
    assert "read again" not in ended.flat
    assert world.read("users.json")[3]["team"] is None


def test_a_second_look_that_may_lack_rows_takes_nothing(world: World, directory: Directory) -> None:
    world.write("m.yaml", MAPPING.replace("ON_MISS", TAKES[0]))
    seen: list[int] = []

    def move(page: int) -> None:
        seen.append(page)
        if seen.count(1) == 2 and page == 2:  # team 1 goes behind, and 3 comes on page 1
            directory.people = {"0": {"id": "0", "code": "T0", "name": "x"}, **directory.people}

    del directory.people["5"]
    directory.before_page = move
    ended = world.run("sync", "m.yaml")
    assert (ended.code, "6 records; NOT COMPLETE" in ended.flat) == (0, True), ended.out
    assert world.read("users.json") == users(6)


@pytest.mark.parametrize(
    ("on_miss", "gone", "requests"), [(TAKES[0], "9", 5), (KEEPS, "5", 4), (TAKES[0], "5", 8)]
)
def test_a_table_is_read_again_only_if_a_miss_takes_something(
    world: World, directory: Directory, on_miss: str, gone: str, requests: int
) -> None:
    world.write("m.yaml", MAPPING.replace("ON_MISS", on_miss))
    directory.people.pop(gone, None)
    assert world.run("sync", "m.yaml").code == 0
    assert len(directory.sent("GET")) == requests


def test_a_table_that_came_by_one_request_is_not_read_again(
    world: World, directory: Directory
) -> None:
    paging = "{type: page, param: page, start: 1, size_param: per, size: 2}"
    manifest = MANIFEST.replace(", total: total", "").replace(paging, "{type: none}")
    world.write("connectors/directory.yaml", manifest)
    directory.people = {id: directory.people[id] for id in ("2", "3")}
    world.write("m.yaml", MAPPING.replace("ON_MISS", TAKES[0]))
    assert world.run("plan", "m.yaml").code == 4
    assert len(directory.sent("GET")) == 1
