"""How every action of a run ended, and why, is told as it was: by commands alone."""

import re
from pathlib import Path

import pytest
from cli_world import MAPPING, World, person, user

from oneway.core.connector_errors import NotSent
from oneway.history.journal import Journal
from oneway.history.journal.incidents import open_incidents
from oneway_connectors.file.writer import FileWriter

ACME = """\
oneway_connection: 1
name: acme
mapping: ../m.yaml
notify: [{webhook: {url: "http://127.0.0.1:9/x"}}]
"""
LEFT = [person(n, left=True) for n in range(1, 9)]


@pytest.fixture
def acme(world: World) -> World:
    """Eight people and their users, run by a connection that tells somebody."""
    (world.folder / "connections").mkdir()
    world.write("connections/acme.yaml", ACME)
    world.write("people.json", [person(n, name=f"New {n}") for n in range(1, 9)])
    world.write("users.json", [user(n) for n in range(1, 9)])
    return world


def incidents(world: World) -> list[tuple[str, ...]]:
    with Journal.open(world.folder / ".oneway" / "journal.db") as journal:
        return [each.about for each in open_incidents(journal, "acme")]


def test_a_failure_of_writing_stays_open_while_a_guard_holds_everything_back(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(writer: FileWriter) -> None:
        raise NotSent("W152", "the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(FileWriter, "flush", full)
        assert acme.run("sync", "acme").code == 5
    assert incidents(acme) == [("W152",)]
    acme.write("people.json", LEFT)  # all that is planned is to let everybody go
    acme.write("users.json", [user(n) for n in range(1, 9)])
    assert acme.run("sync", "acme").code == 4
    assert incidents(acme) == [("W152",), ("leavers",)]


def test_what_the_whole_plan_waits_for_is_said_of_each(acme: World, tmp_path: Path) -> None:
    """With `on_breach: stop` nobody may be told that something had to go before it."""
    acme.write("m.yaml", MAPPING + "guards: {on_breach: stop}\n")
    acme.write("people.json", [*LEFT[:4], *(person(n, name=f"New {n}") for n in range(5, 9))])
    ended = acme.run("sync", "acme")
    assert ended.code == 4
    shown = acme.run("runs", "show", "latest", "--format", "json").data
    acted = [each for each in shown["people"] if each["action"] is not None]
    assert {each["ending"] for each in acted} == {"held"}
    reasons = {each["key"]: each["reason"] for each in acted}
    assert reasons["P001"] == "held back by leavers"
    assert reasons["P005"] == "held back with the whole plan by leavers (on_breach: stop)"
    assert [each["held_by"] for each in acted] == [["leavers"]] * 8
    assert "held back with the whole plan by leavers" in ended.flat


def test_guards_that_hold_the_whole_plan_are_allowed_by_one_command(acme: World) -> None:
    """Neither passes alone; and a leave is held since the first night, whichever guard holds it."""
    leavers = "guards: {leavers: {share: 0%, floor: 0}"
    people = acme.read("people.json")
    people[0] = LEFT[0]
    acme.write("m.yaml", MAPPING + leavers + "}\n")
    acme.write("people.json", people)
    assert acme.run("sync", "acme").code == 4
    both = ", updates: {share: 0%, floor: 0}, on_breach: stop}\n"
    acme.write("m.yaml", MAPPING + leavers + both)
    acme.write("people.json", [*people[:7], person(8, name="Newer 8")])
    assert acme.run("sync", "acme").code == 4
    for said in (acme.run("runs", "show", "latest").flat, acme.run("status").flat):
        commands = [each for each in said.split("`") if each.startswith("oneway sync")]
        assert len(commands) == 1
        assert " --allow updates=7 --allow leavers=1" in commands[0]
    ended = acme.run("sync", "acme", "--allow", "leavers=1")
    assert ended.code == 4
    assert re.search(r"held back by guards since [-0-9]+: the whole plan", ended.flat)
    assert acme.run("sync", *commands[0].split()[2:]).code == 0


def test_what_waits_says_until_when(acme: World) -> None:
    def refused(writer: FileWriter, *given: object) -> None:
        from oneway.core.connector_errors import Rejected

        raise Rejected("W101", "name: too long")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileWriter, "update", refused)
        assert acme.run("sync", "acme").code == 5
    assert acme.run("sync", "acme").code == 5
    shown = acme.run("runs", "show", "latest", "--format", "json").data
    waits = [each for each in shown["people"] if each["ending"] == "postponed"]
    assert len(waits) == 8
    for each in waits:
        assert each["code"] == "W101"
        assert each["until"] in each["reason"]
        assert "name: too long" in each["reason"]
