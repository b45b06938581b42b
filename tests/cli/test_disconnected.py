"""What a disconnected connection left open is said once, and asks for nobody afterwards."""

from pathlib import Path

import pytest
from cli_world import OF_TABLES, World

from oneway.history.journal import Journal
from oneway.scheduling.health_state import HealthState
from oneway.scheduling.metrics import metrics

WORDS = """record: {type: object, additionalProperties: true,
  properties: {Left: {type: string, enum: ["yes", "no"]}}}}"""


@pytest.fixture
def left(world: World) -> World:
    """A world in which somebody has perhaps left and can still get in, by two names."""
    text = OF_TABLES.replace("options: {id: Nr}}", "options: {id: Nr}, " + WORDS, 1)
    world.write("w.yaml", text)
    world.write("people.csv", "Nr,Name,Left\n1,Ann Bell,no\n2,Bob Cole,\n")
    world.write("users.csv", "id,number,name,on\n10,1,Ann,TRUE\n11,2,Bob Cole,TRUE\n")
    Path("connections").mkdir()
    world.write("connections/acme.yaml", "oneway_connection: 1\nname: acme\nmapping: ../w.yaml\n")
    assert world.run("sync", "acme").code == 5
    assert world.run("status", "--exit-code").code == 5
    return world


def told() -> str:
    with Journal.open(Path(".oneway/journal.db")) as journal:
        return metrics(lambda: journal, HealthState())().decode()


def named(found: str, connection: str) -> set[str]:
    """Return the gauges that a connection has."""
    lines = (line for line in found.splitlines() if f'connection="{connection}"' in line)
    return {line.partition("{")[0] for line in lines if not line.startswith("#")}


def test_who_can_still_get_in_is_named_once_by_disconnect(left: World) -> None:
    assert "oneway_leavers_with_access" in named(told(), "acme")
    ended = left.run("disconnect", "acme")
    assert ended.code == 5
    assert "Have perhaps left, and can still get in (1). No run will end their access" in ended.flat
    assert "2 (record 11): " in ended.flat
    status = left.run("status", "--exit-code")
    assert (status.code, "disconnected" in status.out) == (0, True)
    assert "acme" not in left.run("status", "--only", "access").out
    (acme,) = left.run("status", "--format", "json").data["connections"]
    assert (acme["needs"], bool(acme["disconnected"])) == ([], True)
    gauges = {each for each in named(told(), "acme") if not each.endswith(("_total", "_created"))}
    assert {each for each in gauges if "duration_seconds_" not in each} == {"oneway_unscheduled"}
    assert left.run("disconnect", "acme").code == 1
    refused = " ".join(left.run("forget", "2").err.split())
    assert "end their access by hand, and add --force" in refused
    assert "run a sync" not in refused


def test_its_next_run_asks_again(left: World) -> None:
    assert left.run("disconnect", "acme").code == 5
    Path("connections/acme.yaml.disconnected").rename("connections/acme.yaml")
    assert "disconnected" not in left.run("status").out
    assert left.run("status", "--exit-code").code == 5
    assert left.run("sync", "acme").code == 5
    Path("connections/acme.yaml").rename("connections/old")
    ended = left.run("status", "--exit-code")
    assert (ended.code, "no file in this folder" in ended.flat) == (5, True)
    assert "then `oneway disconnect acme`; if not, put the file back" in ended.flat
    assert "oneway sync acme" not in ended.flat
    assert "oneway_leavers_with_access" in named(told(), "acme")
    assert left.run("disconnect", "acme", "--format", "json").data["still_in"][0]["key"] == "2"
    assert left.run("status", "--exit-code").code == 0


def test_a_mapping_that_was_run_by_hand_is_disconnected_by_its_name(left: World) -> None:
    left.write("people.csv", "Nr,Name,Left\n1,Ann Bell,no\n2,Bob Cole,no\n")
    assert left.run("sync", "acme").code == 0
    left.write("people.csv", "Nr,Name,Left\n1,Ann Bell,no\n2,Bob Cole,\n")
    assert left.run("sync", "w.yaml").code == 5
    (name,) = (
        each["name"]
        for each in left.run("status", "--format", "json").data["connections"]
        if each["name"] != "acme"
    )
    assert "oneway_unscheduled" in named(told(), name)
    Path("w.yaml").rename("gone.yaml")
    assert left.run("status", "--exit-code").code in (1, 5)
    assert left.run("disconnect", name).code == 5
    assert left.run("disconnect", name).code == 1
    assert left.run("disconnect", "another").code == 1
    assert name not in left.run("status", "--only", "access").out
