"""Five hundred connections, seven of them in trouble: the first screen shows all seven."""

import json

import pytest
from cli_world import World

from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.history.journal import Breached, Journal, RunStart, Why
from oneway.planning.access import StillIn

MANY = 500
SCREEN = (80, 24)
LEAVERS = Breached("leavers", "leavers: 7 now, at most 2 pass", "--allow leavers=7", ("a1",))
STOPPED = Diagnostic(Span("people.json"), Severity.ERROR, "R160", "the source has no records")
KINDS = ("access", "another with access", "refused", "interrupted", "held", "died", "broken")
TROUBLED = {name: f"customer-{number:03}" for number, name in enumerate(KINDS, 100)}


def start(name: str, **more: object) -> RunStart:
    at = "2026-11-28T04:00:01Z"
    return RunStart("m", "d" * 64, "f" * 64, at, at, "me", name, why=Why.SCHEDULE, **more)  # type: ignore[arg-type]


@pytest.fixture
def fleet(world: World) -> World:
    (world.folder / "connections").mkdir()
    for number in range(MANY):
        name = f"customer-{number:03}"
        file = {"oneway_connection": 1, "name": name, "mapping": "../m.yaml", "schedule": "never"}
        (world.folder / "connections" / f"{name}.yaml").write_text(json.dumps(file))
    (world.folder / "connections" / f"{TROUBLED['broken']}.yaml").write_text(
        "oneway_connection: 1\n"
    )
    state = world.folder / ".oneway"
    state.mkdir(mode=0o700)
    with Journal.open(state / "journal.db") as journal, journal.at_once():
        for number in range(MANY):
            _run(journal, f"customer-{number:03}")
    return world


def _run(journal: Journal, name: str) -> None:
    ended = "2026-11-28T04:00:09Z"
    inside = StillIn("00141", "Ralph Inglethorpe", "s1", "1078", "the target refused it")
    if name == TROUBLED["refused"]:
        journal.refused(start(name), (STOPPED,), ended)
        return
    if name == TROUBLED["broken"]:
        return
    held = name == TROUBLED["held"]
    run = journal.begin(start(name, breaches=(LEAVERS,) if held else ()), planned=3)
    if name in (TROUBLED["interrupted"], TROUBLED["died"]):
        return
    still = (inside,) if name in (TROUBLED["access"], TROUBLED["another with access"]) else ()
    counts = {"held": 7} if held else {"done": 3}
    journal.finish(run, counts, ended, 3, 3, still)


def test_the_first_screen_shows_all_that_are_in_trouble(fleet: World) -> None:
    ended = fleet.run("status")
    lines = ended.out.splitlines()
    wide, high = SCREEN
    assert len(lines) < high  # and the prompt
    assert all(len(line) <= wide for line in lines)
    assert all(name in ended.out for name in TROUBLED.values())
    assert lines[0].startswith("500 connections: 7 need a person (")
    assert "493 others need no action tonight: `oneway status --all`" in ended.flat
    # The worst first: who can still get in, what an error stopped, what was interrupted, ...
    order = [line.split()[1] for line in lines if line.startswith("! ")]
    names = ("access", "another with access", "refused", "interrupted", "died", "broken", "held")
    assert [each for each in order if each.startswith("customer")] == [
        TROUBLED[name] for name in names if name != "broken"
    ]


def test_some_of_them_can_be_chosen(fleet: World) -> None:
    data = fleet.run("status", "--only", "access", "--format", "json").data
    assert [each["name"] for each in data["connections"]] == [
        TROUBLED["access"],
        TROUBLED["another with access"],
    ]
    one = fleet.run("status", "--connection", "customer-007")
    assert one.out.startswith("customer-007  done 2026-11-28 04:00")
    assert (
        "no connection 'customer-0077'" in fleet.run("status", "--connection", "customer-0077").err
    )


def test_all_of_them_are_told_of_in_full(fleet: World) -> None:
    every = fleet.run("status", "--all").out
    assert every.count("customer-") >= MANY
