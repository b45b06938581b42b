"""A clock that goes back: a clear error before anything is written by it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_world import World, person

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
