"""A plan in which one change waits for another is applied a second time: done, in part, cut off."""

from collections.abc import Callable
from typing import Any

import pytest
from cli_world import MAPPING, World, person, user

from oneway_connectors.file.writer import FileWriter

BOSSES = MAPPING.replace(
    "match:\n",
    "  bosses: {from: target, resource: users.json, key: reference, value: id}\nmatch:\n",
).replace("  team: {", "  boss: {from: boss, lookup: bosses}\n  team: {")


class Crash(BaseException):
    """The process dies."""


@pytest.fixture
def waiting(world: World) -> World:
    """Two who join, one as the boss of the other, and somebody whose name changes."""
    world.write("m.yaml", BOSSES)
    people = [person(1), person(2, boss="P001"), person(3, name="Changed")]
    world.write("people.json", people)
    world.write("users.json", [user(3)])
    assert "once created" in world.run("plan", "m.yaml", "--out", "plan.json").out
    return world


def test_all_of_it_was_done(waiting: World) -> None:
    assert (
        "Applied: 4 done. 2 were created, 2 were changed." in waiting.run("apply", "plan.json").out
    )
    after = waiting.read("users.json")
    again = waiting.run("apply", "plan.json")
    assert (again.code, "nothing left to do" in again.out) == (0, True), again.err
    assert waiting.read("users.json") == after


def test_a_part_of_it_was_stale(waiting: World) -> None:
    waiting.write("users.json", [user(3, name="By hand")])
    assert "3 done, 1 stale" in waiting.run("apply", "plan.json").out
    again = waiting.run("apply", "plan.json")
    assert (again.code, "[P117]" in again.err) == (1, True), again.err


@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("command", [("apply", "plan.json"), ("resume",), ("sync", "m.yaml")])
def test_it_was_cut_off(
    waiting: World, monkeypatch: pytest.MonkeyPatch, happened: bool, command: tuple[str, ...]
) -> None:
    flush, flushed = FileWriter.flush, []

    def dies(writer: FileWriter) -> None:
        flushed.append(writer)
        if happened or len(flushed) == 1:
            flush(writer)
        if len(flushed) == 2:
            raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(FileWriter, "flush", dies)
        with pytest.raises(Crash):
            waiting.run("apply", "plan.json")
    ended = waiting.run(*command)
    assert "bug in this program" not in ended.err
    assert waiting.run("sync", "m.yaml").code == 0
    found = {each["reference"]: each for each in waiting.read("users.json")}
    assert found["P002"]["boss"] == found["P001"]["id"]
    assert len(found) == len(waiting.read("users.json")) == 3
    assert waiting.run("plan", "m.yaml", "--exit-code").code == 0


@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
def test_what_it_made_before_it_was_killed_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch, at: int, happened: bool
) -> None:
    world.write("m.yaml", MAPPING)
    people = [person(1, left=True), person(2, left=True), person(3, name="Changed"), person(4)]
    world.write("people.json", [*people, person(5)])
    world.write("users.json", [user(1), user(2), user(3)])
    world.run("plan", "m.yaml", "--out", "plan.json")
    _killed_at(world, monkeypatch, at, happened=happened)
    made = at - 1 + happened
    again = world.run("apply", "plan.json")
    assert again.code == 0, again.out + again.err
    assert "Applied: 5 done." in again.out
    if made:
        assert f"{made} done before, by run 1." in again.out.replace("\n", " ")
    last = world.run("apply", "plan.json")
    assert (last.code, "nothing left to do" in last.out) == (0, True), last.out + last.err
    assert world.run("plan", "m.yaml", "--exit-code").code == 0


def test_what_somebody_changed_after_it_was_made_is_not_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write("m.yaml", MAPPING)
    world.write("people.json", [person(1, left=True), person(2, name="Changed"), person(3)])
    world.write("users.json", [user(1), user(2)])
    world.run("plan", "m.yaml", "--out", "plan.json")
    _killed_at(world, monkeypatch, 3, happened=False)
    users = world.read("users.json")
    for each in users:
        each["name"] = "By hand" if each["reference"] == "P002" else each["name"]
    world.write("users.json", users)
    again = world.run("apply", "plan.json")
    assert again.code == 5
    assert "2 done, 1 stale" in again.out
    assert "1 done before, by run 1." in again.out.replace("\n", " ")


def test_a_record_that_somebody_deleted_after_it_was_made_is_not_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write("m.yaml", MAPPING)
    world.write("people.json", [person(1), person(2), person(3)])
    world.write("users.json", [user(1)])
    world.run("plan", "m.yaml", "--out", "plan.json")
    _killed_at(world, monkeypatch, 2, happened=False)
    users = world.read("users.json")
    assert [each["reference"] for each in users] == ["P001", "P002"]
    world.write("users.json", users[:1])
    again = world.run("apply", "plan.json")
    assert (again.code, "done before" in again.out) == (5, False), again.out
    assert "1 done, 1 stale" in again.out


def _killed_at(world: World, monkeypatch: pytest.MonkeyPatch, at: int, *, happened: bool) -> None:
    """Apply the plan, one write at a time, and die at a write, which has happened or not."""
    sent = []

    def dying(write: Callable[..., Any]) -> Callable[..., Any]:
        def written(writer: FileWriter, *args: Any) -> Any:
            sent.append(args)
            if len(sent) < at or happened:
                result = write(writer, *args)
                writer.flush()
            if len(sent) == at:
                raise Crash
            return result

        return written

    with monkeypatch.context() as patch:
        patch.setattr(FileWriter, "batch", 1)
        for name in ("create", "update"):
            patch.setattr(FileWriter, name, dying(getattr(FileWriter, name)))
        with pytest.raises(Crash):
            world.run("apply", "plan.json")


def test_a_run_that_only_found_what_was_done_did_not_apply_the_plan(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write("m.yaml", MAPPING)
    world.write("people.json", [person(1, left=True), person(2, name="Changed"), person(3)])
    world.write("users.json", [user(1), user(2)])
    world.run("plan", "m.yaml", "--out", "plan.json")
    _killed_at(world, monkeypatch, 3, happened=True)
    made = world.read("users.json")
    hidden = [{**each, "name": "By hand"} if each["reference"] == "P002" else each for each in made]
    world.write("users.json", hidden)
    for _ in range(2):
        found = world.run("apply", "plan.json")
        assert (found.code, "1 stale" in found.out) == (5, True), found.out + found.err
    world.write("users.json", made)
    again = world.run("apply", "plan.json")
    assert (again.code, "3 done" in again.flat) == (0, True), again.out + again.err
