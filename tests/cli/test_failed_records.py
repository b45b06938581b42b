"""Night after night over files: what was refused, and what the target keeps undoing.

A CSV file cannot hold a number, so a person whose name is one is refused each time.
"""

import re
from datetime import date, timedelta

import pytest
from cli_world import Ended, World, person, user

from oneway_connectors.file.writer import FileWriter

FIRST = date(2026, 11, 1)
CSV = """\
id,reference,name,email,team,phone,leaveDate
3,P003,Person 3,P003@example.com,7,,
"""


@pytest.fixture
def nightly(world: World) -> World:
    """One who cannot be created, one who can, one who is as she should be."""
    world.write("people.json", [person(1), person(2, name=42), person(3)])
    world.write("teams.json", [{"id": "7", "code": "OPS"}])
    world.write("users.csv", CSV)
    return world


def sync(world: World, night: int, *args: str, command: str = "sync") -> Ended:
    """Run a command on a night, counted from 1."""
    day = FIRST + timedelta(days=night - 1)
    return world.run(command, "m.yaml", "--target", "users.csv", "--as-of", str(day), *args)


def counts(world: World, night: int, *args: str) -> dict[str, int]:
    data = sync(world, night, "--format", "json", *args).data
    return {ending: number for ending, number in data["counts"].items() if number}


def test_a_refused_record_is_reported_each_night_and_sent_now_and_then(nightly: World) -> None:
    assert counts(nightly, 1) == {"done": 1, "rejected": 1}
    seen = {night: counts(nightly, night) for night in range(2, 17)}
    sent = [night for night, found in seen.items() if found == {"rejected": 1}]
    assert sent == [2, 4, 8, 15]
    assert all(found == {"postponed": 1} for night, found in seen.items() if night not in sent)
    ended = sync(nightly, 16)
    assert ended.code == 5
    assert (
        "refused 5 times since 2026-11-01 with the same values; next try 2026-11-22" in ended.flat
    )
    assert "cannot contain the number of field 'name' [W150]" in ended.flat
    assert "postponed (1): the target refused the same values before" in ended.flat


def test_a_plan_says_it_too_in_every_form(nightly: World) -> None:
    sync(nightly, 1)
    sync(nightly, 2)
    text = sync(nightly, 3, command="plan")
    assert text.code == 0
    assert "1 action that the target refused before is not sent today." in text.flat
    assert (
        "! postponed since 2026-11-01: the target refused the same values before; "
        "next try 2026-11-04" in text.flat
    )
    assert "Refused before (1) ! P002 42: refused 2 times" in text.flat
    markdown = sync(nightly, 3, "--format", "markdown", command="plan").out
    assert "<summary>Refused before</summary>" in markdown
    (found,) = sync(nightly, 3, "--format", "json", command="plan").data["refused"]
    assert (found["times"], found["next_try"], found["code"]) == (2, "2026-11-04", "W150")


def test_other_values_are_sent_at_once_and_then_it_has_healed(nightly: World) -> None:
    counts(nightly, 1)
    counts(nightly, 2)
    assert counts(nightly, 3) == {"postponed": 1}
    people = nightly.read("people.json")
    people[1]["name"] = 43
    nightly.write("people.json", people)
    ended = sync(nightly, 3)
    assert "refused 2 times since 2026-11-01 with other values; sent again now" in ended.flat
    assert "refused once on 2026-11-03" in sync(nightly, 4, command="plan").flat
    people[1]["name"] = "Person 2"
    nightly.write("people.json", people)
    assert counts(nightly, 5) == {"done": 1}
    assert sync(nightly, 6, "--format", "json", command="plan").data["refused"] == []


def test_what_is_planned_no_more_has_healed(nightly: World) -> None:
    people = nightly.read("people.json")
    counts(nightly, 1)
    nightly.write("people.json", [people[0], people[2]])
    assert counts(nightly, 2, "--allow", "source_shrink=1") == {}
    nightly.write("people.json", people)
    assert counts(nightly, 2) == {"rejected": 1}


def test_somebody_may_send_it_now(nightly: World) -> None:
    counts(nightly, 1)
    assert counts(nightly, 1) == {"postponed": 1}
    assert counts(nightly, 1, "--retry-now") == {"rejected": 1}
    planned = sync(nightly, 1, "--retry-now", "--out", "plan.json", command="plan")
    assert "next try" not in planned.flat
    assert re.search(r"oneway apply plan.json --approve [0-9a-f]{12} --retry-now", planned.flat)
    kept = nightly.run("apply", "plan.json")
    assert (kept.code, "postponed (1)" in kept.flat) == (5, True)
    sent = nightly.run("apply", "plan.json", "--retry-now")
    assert (sent.code, "rejected (1)" in sent.flat) == (5, True)


def test_a_resumed_run_waits_as_well(nightly: World, monkeypatch: pytest.MonkeyPatch) -> None:
    counts(nightly, 1)
    people = nightly.read("people.json")
    nightly.write("people.json", [*people, person(5)])

    def dies(_: FileWriter) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FileWriter, "flush", dies)
        assert sync(nightly, 1).code == 130
    ended = nightly.run("resume")
    assert (ended.code, "1 done, 1 postponed" in ended.out) == (5, True)


@pytest.mark.parametrize("sensitive", [False, True])
def test_a_field_that_the_target_keeps_changing_does_not_stick(
    world: World, sensitive: bool
) -> None:
    args = ("--set", "with_phone=true") if sensitive else ()
    world.write("people.json", [person(3, phone="0000-CANARY"), person(2)])

    def night(number: int, *more: str, command: str = "sync") -> Ended:
        # What the target makes of it, each morning.
        name = "Person 3" if sensitive else "PERSON 3"
        world.write("users.json", [user(2), user(3, name=name, phone="0000-OLD")])
        return world.run(command, "m.yaml", "--as-of", f"2026-11-{number:02}", *args, *more)

    for number in (1, 2):
        ended = night(number)
        assert (ended.code, "sticking" in ended.out) == (0, False)
        assert "stick" not in world.run("status").out
    for command in ("plan", "sync"):
        ended = night(3, command=command)
        field = "phone: *** (changed)" if sensitive else 'name: "PERSON 3" -> "Person 3"'
        assert "Not sticking (1)" in ended.out
        assert f"! P003 Person 3: {field}; " in ended.flat
        assert "written in each of the last 2 runs, and planned again" in ended.flat
        assert "CANARY" not in ended.out
    (found,) = night(4, "--format", "json", command="plan").data["not_sticking"]
    assert (found["field"], found["runs"]) == ("phone" if sensitive else "name", 3)
    assert found["after"] == ("***" if sensitive else "Person 3")
    status = world.run("status").flat
    assert "! 1 change does not stick: written again, as the target undid them" in status
    field = "phone" if sensitive else "name"
    again = f"{field} was written in each of the last 3 runs, as the target undoes it"
    assert f"P003 Person 3: {again} (since 2026-11-03)" in status
    shown = world.run("runs", "show", "latest").flat
    assert f"! does not stick since 2026-11-03: {again}; written again with the next run" in shown
    explained = night(4, "P003", command="explain").flat
    assert f"; does not stick since 2026-11-03: {again}; written again with the next" in explained
    markdown = night(4, "--format", "markdown", command="plan").out
    assert "<summary>Not sticking</summary>" in markdown
    night(4, "--out", "plan.json", command="plan")
    assert "! not sticking: P003" in world.run("apply", "plan.json").err
    for file in (world.folder / ".oneway").rglob("*"):
        assert file.is_dir() or b"CANARY" not in file.read_bytes()


@pytest.mark.parametrize("gone", [True, False])
def test_a_leave_that_does_not_stick_is_named_whatever_day_it_sets(
    world: World, gone: bool
) -> None:
    """The target answers that all is well, and the leaver keeps the access."""
    text = (world.folder / "m.yaml").read_text()
    guards = "guards: {leavers: {share: 0%, floor: 20}}\n"
    world.write("m.yaml", text + guards + ("absent: deactivate\n" if gone else ""))
    world.write("people.json", [person(2)] if gone else [person(2), person(3, left=True)])

    def night(number: int) -> Ended:
        world.write("users.json", [user(2, leaveDate=None), user(3, leaveDate=None)])
        return world.run(
            "sync", "m.yaml", "--as-of", f"2026-11-{number:02}", "--allow", "source_shrink=9"
        )

    assert "Not sticking" not in night(1).out
    # Access is at stake, so one night is enough.
    assert '2026-11-02"; written in the last run' in night(2).flat
    (told,) = world.run("status", "--format", "json").data["connections"]
    assert "not_sticking" in told["needs"]
    (found,) = told["not_sticking"]
    assert (found["key"], found["runs"], found["since"][:10]) == ("P003", 2, "2026-11-02")
    (story,) = (each for each in told["stories"] if each["key"] == "P003")
    assert (story["ending"], story["since"], story["next_try"]) == (
        "not_sticking",
        found["since"],
        None,
    )
    assert found["verb"] == ("deactivate" if gone else "leave")
    assert "Changes that do not last" in world.run("report", "latest").out
    ended = night(3)
    assert "Not sticking (1)" in ended.out
    assert '2026-11-03"; written in each of the last 2 runs' in ended.flat


def test_a_night_in_which_it_sticks_begins_the_count_anew(world: World) -> None:
    def night(day: int, name: str) -> Ended:
        world.write("users.json", [user(3, name=name), user(2)])
        return world.run("sync", "m.yaml", "--as-of", f"2026-11-{day:02}")

    world.write("people.json", [person(3), person(2)])
    for day, name in enumerate(("OLD", "OLD", "Person 3", "OLD", "OLD"), 1):
        assert "Not sticking" not in night(day, name).out
    assert "Not sticking (1)" in night(6, "OLD").out


def test_another_value_each_night_is_no_such_thing(world: World) -> None:
    world.write("people.json", [person(3), person(2)])
    for day in range(1, 6):
        world.write("users.json", [user(3, name=f"Old {day}"), user(2)])
        ended = world.run("sync", "m.yaml", "--as-of", f"2026-11-{day:02}")
        assert "Not sticking" not in ended.out


def test_a_write_that_was_not_done_does_not_count(world: World) -> None:
    """A guard holds it back night after night: nothing was written that could stick."""
    text = (world.folder / "m.yaml").read_text()
    world.write("m.yaml", text + "guards: {updates: {share: 0%, floor: 0}}\n")
    world.write("people.json", [person(3), person(2)])
    for day in range(1, 5):
        world.write("users.json", [user(3, name="Old"), user(2)])
        ended = world.run("sync", "m.yaml", "--as-of", f"2026-11-{day:02}")
        assert (ended.code, "Not sticking" in ended.out) == (4, False)
