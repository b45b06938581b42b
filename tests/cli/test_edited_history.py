"""A mapping goes on with its history when the name of a file, or its own name, is edited."""

from typing import Any

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: people
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
label: name
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  name: name
  active: {value: true, write: on_create}
leavers:
  when: status == 'Former'
  set: {active: {value: false}}
  left: active == `false`
"""
PEOPLE = 20


def rows(*left: int, word: str = "Former", of: int = PEOPLE) -> list[dict[str, Any]]:
    return [
        {"id": f"e{n}", "code": f"{n:03}", "name": f"P {n}",
         "status": word if n in left else "Current"}
        for n in range(1, of + 1)
    ]  # fmt: skip


def users() -> list[dict[str, Any]]:
    return [
        {"id": f"u{n}", "reference": f"{n:03}", "name": f"P {n}", "active": True}
        for n in range(1, PEOPLE + 1)
    ]


@pytest.fixture
def listed(world: World) -> World:
    """One who left in another spelling was listed on the second night; the third has no record."""
    world.write("users.json", users())
    night(world, 1, rows())
    assert night(world, 2, rows(3, word="FORMER")).code == 5
    return world


def night(world: World, number: int, source: Any, text: str = MAPPING, **given: str) -> Any:
    """Sync on a night over these people, with the mapping as it is by then."""
    world.write(given.get("file", "people.json"), source)
    world.write("m.yaml", text)
    command = given.get("command", "sync")
    return world.run(command, "m.yaml", "--as-of", f"2026-10-{number:02}")


RENAMED = MAPPING.replace("people.json", "people-1003.json")
ANOTHER_NAME = MAPPING.replace("name: people", "name: staff")


@pytest.mark.parametrize("text", [RENAMED, ANOTHER_NAME])
def test_who_was_listed_stays_listed_through_an_edit_of_a_name(listed: World, text: str) -> None:
    file = "people-1003.json" if text == RENAMED else "people.json"
    shown = night(listed, 3, rows()[:2] + rows()[3:], text, file=file, command="plan")
    ended = night(listed, 3, rows()[:2] + rows()[3:], text, file=file)
    assert ended.code == 5
    was = "file people.json as source" if text == RENAMED else "the name people"
    for each in (shown, ended):
        assert "003 P 3 (record u3)" in each.flat
        assert f"had {was}: this one goes on with its history" in each.flat
    again = night(listed, 4, rows()[:2] + rows()[3:], text, file=file)
    assert again.code == 5
    assert "history" not in again.out
    back = night(listed, 5, rows()[:2] + rows()[3:])
    assert back.code == 5
    assert "goes on with its history" in back.flat


def test_guards_see_the_nights_before_a_new_name_of_the_file(world: World) -> None:
    """A file with the date in its name, edited each night."""
    world.write("users.json", users())
    codes = []
    for number, source in enumerate([rows(1, 2), rows(1, 2, 3, 4), rows(of=6)], start=1):
        file = f"people-{number}.json"
        text = MAPPING.replace("people.json", file)
        shown = night(world, number, source, text, file=file, command="plan")
        ended = night(world, number, source, text, file=file)
        assert ("Guards that fired" in shown.out) == (ended.code == 4)
        codes.append((ended.code, "source_shrink" in ended.out))
    assert codes == [(0, False), (4, False), (4, True)]
    assert sum(not each["active"] for each in world.read("users.json")) == 2


def test_with_another_target_who_was_listed_stays_listed_and_links_do_not(listed: World) -> None:
    listed.write("members.json", users())
    text = MAPPING.replace("users.json", "members.json")
    ended = night(listed, 3, rows()[:2] + rows()[3:], text)
    assert ended.code == 5
    assert "003 P 3 (record u3)" in ended.flat
    assert "guards compare with no earlier run; 1 leaver could still get in after it" in ended.flat
    assert "goes on with its history" not in ended.flat


def test_the_history_of_another_mapping_file_is_not_taken(listed: World) -> None:
    """A copy for another company, over a file of its own, has a history of its own."""
    listed.write("others.json", rows())
    listed.write("copy.yaml", MAPPING.replace("people.json", "others.json"))
    ended = listed.run("sync", "copy.yaml", "--as-of", "2026-10-03")
    assert ended.code == 0
    assert "history" not in ended.out


def test_a_plan_leaves_the_store_as_it_is(listed: World) -> None:
    for _ in range(2):
        shown = night(listed, 3, rows(), RENAMED, file="people-1003.json", command="plan")
        assert "goes on with its history" in shown.flat
    assert night(listed, 3, rows(3, word="FORMER")).code == 5
