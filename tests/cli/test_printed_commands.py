"""Every command that the program prints about its runs works as it is printed."""

import re
import shlex
from html import unescape
from pathlib import Path

import pytest
from cli_world import MAPPING, World, person, user
from test_history import CONNECTION

GUARDS = """\
guards:
  leavers: {share: 0%, floor: 0}
  updates: {share: 0%, floor: 0}
  field_changes: {share: 0%, floor: 0}
"""


@pytest.fixture
def held(world: World) -> World:
    """A mapping whose name needs quotes, and three guards that hold everything back."""
    (world.folder / "connections").mkdir()
    mapping = MAPPING + GUARDS
    world.write("a mapping.yaml", mapping)
    connection = CONNECTION.format(name="acme").replace("../m.yaml", "../a mapping.yaml")
    world.write("connections/acme.yaml", connection)
    people = [person(1, name="New Name"), person(2), person(3, left=True)]
    world.write("people.json", people)
    world.write("users.json", [user(1), user(2), user(3)])
    return world


def printed(world: World, name: str) -> list[str]:
    """Return the commands that status, `runs show` and the report print of a connection."""
    world.run("report", name, "--out", "report.html")
    page = unescape(Path("report.html").read_text(encoding="utf-8"))
    Path("report.html").unlink()
    said = [world.run(*each).flat for each in (["status"], ["runs"], ["runs", "show", name])]
    found = [each for text in [*said, page] for each in re.findall(r"`(oneway [^`]+)`", text)]
    return [*found, *re.findall(r"<code>(oneway [^<]+)</code>", page)]


def check(world: World, commands: list[str]) -> None:
    for command in dict.fromkeys(commands):
        words = shlex.split(command)[1:]
        ended = world.run(*words)
        assert ended.code != 2, (command, ended.err)
        assert "C135" not in ended.err, command
        assert "F120" not in ended.err, command
        assert "F130" not in ended.err, command


@pytest.mark.parametrize("given", ["acme", "a mapping.yaml"])
def test_the_commands_of_a_held_night_work(held: World, given: str) -> None:
    assert held.run("sync", given).code == 4
    name = held.run("runs", "--format", "json").data["runs"][0]["connection"]
    commands = printed(held, name)
    assert f"oneway runs show {shlex.quote(name)} --outcome held" in commands
    syncs = [each for each in dict.fromkeys(commands) if each.startswith("oneway sync")]
    # One for each set of actions; the report has one more, for all of it.
    assert all(each.startswith(f"oneway sync {shlex.quote(given)} --allow ") for each in syncs)
    assert all(each.count("--allow") >= 2 for each in syncs)
    check(held, [each for each in commands if each not in syncs])
    check(held, syncs[-1:])
    if given != "acme":
        assert "a mapping.yaml, by hand" in held.run("status").flat
        (held.folder / given).rename(held.folder / "elsewhere.yaml")
        assert "no file in this folder" in held.run("status").flat
    assert held.read("users.json")[2]["leaveDate"]


def test_the_files_that_stood_in_are_part_of_the_command(held: World) -> None:
    held.write("other people.json", held.read("people.json"))
    assert held.run("sync", "a mapping.yaml", "--source", "other people.json").code == 4
    assert (
        "`oneway sync 'a mapping.yaml' --source 'other people.json' --allow"
        in held.run("status").flat
    )
