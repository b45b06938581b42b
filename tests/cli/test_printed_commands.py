"""Every command that the program prints about its runs works as it is printed.

`tests/unit/test_commands_in_words.py` looks at those of all texts, also of rarer troubles.
"""

import re
import shlex
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from cli_world import MAPPING, TEAMS, World, person, user
from test_history import CONNECTION

from commands import wrong_with
from oneway.cli.entry import run
from oneway.history.journal import Journal, RunStart
from oneway_connectors.file.writer import FileWriter

GUARDS = """\
guards:
  leavers: {share: 0%, floor: 0}
  updates: {share: 0%, floor: 0}
  field_changes: {share: 0%, floor: 0}
"""
EACH = pytest.mark.parametrize("given", ["acme", "a mapping.yaml"])
"""A connection, and its mapping without one, whose name needs quotes."""


@pytest.fixture
def named(world: World) -> World:
    """A mapping whose name needs quotes, and a connection that has it."""
    (world.folder / "connections").mkdir()
    world.write("a mapping.yaml", MAPPING)
    connection = CONNECTION.format(name="acme").replace("../m.yaml", "../a mapping.yaml")
    world.write("connections/acme.yaml", connection)
    (world.folder / "m.yaml").unlink()
    return world


@pytest.fixture
def held(named: World) -> World:
    """Three guards that hold everything back."""
    named.write("a mapping.yaml", MAPPING + GUARDS)
    people = [person(1, name="New Name"), person(2), person(3, left=True)]
    named.write("people.json", people)
    named.write("users.json", [user(1), user(2), user(3)])
    return named


def printed(world: World, name: str) -> list[str]:
    """Return the commands that status, `runs show` and the report print of a connection."""
    page = ""
    if world.run("report", name, "--out", "report.html").code == 0:
        page = unescape(Path("report.html").read_text(encoding="utf-8"))
        Path("report.html").unlink()
    asked = (["status"], ["status", "--all"], ["runs"], ["runs", "show", name], ["notify", "list"])
    return commands_in(*(world.run(*each).flat for each in asked), page)


def commands_in(*texts: str) -> list[str]:
    """Return the commands that texts and pages print, each once."""
    found = [each for text in texts for each in re.findall(r"`(oneway [^`]+)`", text)]
    found += [each for text in texts for each in re.findall(r"<code>(oneway [^<]+)</code>", text)]
    return list(dict.fromkeys(found))


WAITS = {"serve", "connect"}
"""Commands that run until they are stopped, or ask: whether they are whole is looked at."""


def check(world: World, commands: list[str], *, gone: bool = False) -> None:
    """Run commands, those that write last; `gone` where a file of the run is missing."""
    for command in sorted(commands, key=lambda each: each.split()[1] in ("sync", "resume")):
        assert wrong_with(command) == "", command
        words = shlex.split(command)[1:]
        if words[0] in WAITS:
            continue
        ended = world.run(*words)
        assert ended.code != 2, (command, ended.err)
        assert "C135" not in ended.err, command
        assert gone or "F120" not in ended.err, command
        assert "F130" not in ended.err, command


@EACH
def test_the_commands_of_a_held_night_work(held: World, given: str) -> None:
    assert held.run("sync", given).code == 4
    name = held.run("runs", "--format", "json").data["runs"][0]["connection"]
    commands = printed(held, name)
    assert f"oneway runs show {shlex.quote(name)} --outcome held" in commands
    syncs = [each for each in commands if each.startswith("oneway sync")]
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


class Crash(BaseException):
    """The process dies."""


def interrupted(world: World, given: str) -> None:
    def dies(_writer: FileWriter) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileWriter, "flush", dies)
        with pytest.raises(Crash):
            run(["sync", given])


def refused_by_the_target(world: World, _given: str) -> None:
    """A CSV file cannot hold a number."""
    world.write("a mapping.yaml", MAPPING.replace("users.json", "users.csv"))
    world.write("people.json", [person(1), person(2, name=42), person(3)])
    world.write("teams.json", [{**TEAMS[0], "id": "7"}])
    row = "3,P003,Person 3,P003@example.com,7,,"
    world.write("users.csv", f"id,reference,name,email,team,phone,leaveDate\n{row}\n")


def in_the_future(world: World, given: str) -> None:
    world.run("sync", given)
    with Journal.open(world.folder / ".oneway" / "journal.db") as journal:
        name, at = journal.connections()[0], "2999-01-01T00:00:00Z"
        start = RunStart("m", "d", "f", as_of=at, started=at, by="a test", connection=name)
        journal.finish(journal.begin(start), {}, at)


NIGHTS: dict[str, Callable[[World, str], object]] = {
    "interrupted": interrupted,
    "a record is refused": refused_by_the_target,
    "the source is empty": lambda world, _: world.write("people.json", []),
    "the source is gone": lambda world, _: (world.folder / "people.json").unlink(),
    "a column is gone": lambda world, _: world.write("people.json", [{"id": "s1", "name": "A"}]),
    "the mapping is broken": lambda world, _: world.write("a mapping.yaml", MAPPING + "fields: 1"),
    "a run in the future": in_the_future,
    "the target is empty": lambda world, given: (
        world.run("sync", given),
        world.write("users.json", []),
    ),
}
"""What goes wrong before the night's run: it fails, is refused, held or finds what died."""
PRINT_NONE = {"a column is gone", "a record is refused", "the mapping is broken"}
"""Nights whose remedy is an edit."""


@EACH
@pytest.mark.parametrize("night", sorted(NIGHTS))
def test_the_commands_of_a_bad_night_work(named: World, night: str, given: str) -> None:
    NIGHTS[night](named, given)
    before = printed(named, "latest") if night == "interrupted" else []
    words = ("sync", "plan", "check", "explain", "validate")
    more = {"explain": ("P001",)}
    said = [named.run(each, given, *more.get(each, ())) for each in words if night != "interrupted"]
    assert all(ended.code != 2 for ended in said), [ended.err for ended in said]
    after = printed(named, "latest")
    commands = [*before, *commands_in(*(ended.flat for ended in said)), *after]
    assert commands or night in PRINT_NONE
    check(named, list(dict.fromkeys(commands)), gone="gone" in night)
