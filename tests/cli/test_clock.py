"""A clock that goes back: a clear error before anything is written by it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_world import World, person, user

AS_OF = "2026-11-22T04:00:00Z"


def joined(world: World, *numbers: int) -> None:
    world.write("people.json", [person(number) for number in numbers])


def test_a_run_that_would_go_by_an_earlier_instant_is_refused(world: World) -> None:
    assert world.run("sync", "m.yaml", "--as-of", AS_OF).code == 0
    joined(world, 1, 2, 3, 5, 6)
    before = world.read("users.json")
    ended = world.run("sync", "m.yaml", "--as-of", "2026-11-21")
    assert (ended.code, "[F117]" in ended.err) == (1, True)
    assert "the last run's was 2026-11-22 04:00:00 UTC" in ended.flat
    assert world.read("users.json") == before
    assert world.run("plan", "m.yaml", "--as-of", "2026-11-21").code == 0
    # Clocks are corrected by seconds all the time.
    assert world.run("sync", "m.yaml", "--as-of", "2026-11-22T03:59:00Z").code == 0
    assert world.read("users.json") != before


def test_a_machine_whose_clock_has_gone_back_writes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.run("sync", "m.yaml", "--as-of", AS_OF).code == 0
    joined(world, 1, 2, 3, 5, 6)
    before = world.read("users.json")
    assert world.run("plan", "m.yaml", "--out", "plan.json").code == 0
    for module in ("sync", "apply"):
        monkeypatch.setattr(f"oneway.cli.{module}.now", lambda: datetime(2021, 1, 1, tzinfo=UTC))
    for command in (("sync", "m.yaml", "--as-of", AS_OF), ("apply", "plan.json")):
        ended = world.run(*command)
        assert (ended.code, "[F117]" in ended.err) == (1, True), ended.err
        assert "the clock says 2021-01-01 00:00:00 UTC" in ended.flat
    assert world.read("users.json") == before


def test_a_run_that_writes_does_not_go_by_an_instant_yet_to_come(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sync", "apply"):
        monkeypatch.setattr(f"oneway.cli.{module}.now", lambda: datetime(2026, 11, 22, tzinfo=UTC))
    before = world.read("users.json")
    later = ("--as-of", "2026-11-24")
    assert world.run("plan", "m.yaml", *later, "--out", "later.json").code == 0
    for command in (("sync", "m.yaml", *later), ("apply", "later.json")):
        ended = world.run(*command)
        assert (ended.code, "[F123]" in ended.err) == (1, True), ended.err
        assert "2026-11-24 00:00:00 UTC, is in the future" in ended.flat
        assert "`oneway plan` with --as-of shows" in ended.flat
    assert world.read("users.json") == before
    # Tomorrow's date is today's where the sun rises first.
    assert world.run("sync", "m.yaml", "--as-of", "2026-11-23").code == 0
    assert world.read("users.json") != before


def test_other_connections_have_clocks_of_their_own(world: World, tmp_path: Path) -> None:
    assert world.run("sync", "m.yaml", "--as-of", AS_OF).code == 0
    text = world.folder.joinpath("m.yaml").read_text(encoding="utf-8")
    world.write("other.yaml", text.replace("name: people-to-users", "name: another"))
    assert world.run("sync", "other.yaml", "--as-of", "2026-11-01").code == 0


LEAVING = "  when: left\n"
NIGHT = "2026-11-22T00:00:30Z"


def at(monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    for module in ("options", "sync", "plan", "apply", "explain"):
        told = datetime.fromisoformat(instant)
        monkeypatch.setattr(f"oneway.cli.{module}.now", lambda told=told: told)


def by_day(world: World) -> None:
    """Let people leave after a day, come back, and 2 have had their last day on the 21st."""
    mapping = world.folder.joinpath("m.yaml").read_text(encoding="utf-8")
    mapping = mapping.replace(LEAVING, "  when: is_past(until)\n")
    world.write("m.yaml", f"{mapping}rehires: {{reactivate: {{leaveDate: null}}}}\n")
    days = {2: "2026-11-21", 3: "2026-11-22"}
    world.write("people.json", [person(n, until=days.get(n)) for n in (1, 2, 3)])
    world.write("users.json", [user(n) for n in (1, 2, 3)])


def left(world: World) -> list[int]:
    return [each["id"] for each in world.read("users.json") if each["leaveDate"] is not None]


@pytest.mark.parametrize("how", ["sync", "apply", "as of tomorrow"])
def test_a_day_that_is_over_for_one_machine_stays_over_for_a_slower_one(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    by_day(world)
    at(monkeypatch, NIGHT if how != "as of tomorrow" else "2026-11-21T12:00:00Z")
    ahead = ("--as-of", "2026-11-22T12:00:00Z") if how == "as of tomorrow" else ()
    assert world.run("sync", "m.yaml", *ahead).code == 0
    assert left(world) == [2]
    at(monkeypatch, "2026-11-21T23:58:30Z")
    if how == "sync":
        ended = world.run("sync", "m.yaml")
        assert "2026-11-22T00:00:30Z" in ended.out
    else:
        assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
        ended = world.run("apply", "p.json")
    assert left(world) == [2], ended.out
    # What was planned by a day that a run would refuse is not applied, and that is told.
    assert ended.code == (5 if how == "as of tomorrow" else 0), ended.out + ended.err


def test_a_plan_and_an_explanation_by_a_slower_clock_are_of_the_instant_of_a_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_day(world)
    at(monkeypatch, NIGHT)
    assert world.run("sync", "m.yaml").code == 0
    at(monkeypatch, "2026-11-21T23:58:30Z")
    asked = (("plan", "m.yaml", "--exit-code"), ("explain", "m.yaml", "2"))
    planned, explained = (world.run(*command) for command in asked)
    assert (planned.code, "2026-11-22T00:00:30Z" in planned.out) == (0, True), planned.out
    assert "rehire" not in explained.out
    # Another day may still be looked at.
    assert world.run("plan", "m.yaml", "--exit-code", "--as-of", "2026-11-21").code == 3


def test_what_a_slower_machine_writes_is_recorded_no_earlier(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NIGHT)
    assert world.run("sync", "m.yaml").code == 0
    joined(world, 1, 2, 3, 5, 6)
    at(monkeypatch, "2026-11-21T23:58:30Z")
    assert world.run("sync", "m.yaml").code == 0
    runs = json.loads(world.run("runs", "--format", "json").out)["runs"]
    assert {each["started"] for each in runs} == {NIGHT}
    assert {each["as_of"] for each in runs} == {NIGHT}
