"""A value that a lookup finds is shown with the key that finds it: `8 (LAB)` rather than 8."""

import json

from cli_world import MAPPING, TEAMS, World, person, user

MOVED = "7 (OPS) -> 8 (LAB)"


def all_move(world: World, number: int = 12) -> None:
    world.write("people.json", [person(n, team="LAB") for n in range(1, number + 1)])
    world.write("users.json", [user(n) for n in range(1, number + 1)])


def test_every_place_names_what_a_lookup_finds(world: World) -> None:
    all_move(world)
    planned = world.run("plan", "m.yaml", "--allow", "field_changes.team=12", "--out", "plan.json")
    assert "team: all 12 become 8 (LAB)" in planned.flat
    assert MOVED in planned.flat
    assert "8 (LAB)" in world.run("plan", "m.yaml", "--format", "markdown").out
    # Nothing but the plan is needed later: the table may have changed by then.
    assert world.run("apply", "plan.json", "--approve", fingerprint(world)).code == 0
    assert MOVED in world.run("runs", "show", "latest").flat
    page = world.folder / "page.html"
    assert world.run("report", "latest", "--out", str(page)).code == 0
    assert "8 (LAB)" in page.read_text(encoding="utf-8")


def fingerprint(world: World) -> str:
    return str(world.read("plan.json")["fingerprint"])


def test_a_run_can_be_derived_again_with_its_names(world: World) -> None:
    all_move(world, 3)
    assert world.run("sync", "m.yaml").code == 0
    replayed = world.run("replay", "latest", "--format", "json").data
    assert replayed["same"] is True


def test_a_sensitive_table_names_nothing(world: World) -> None:
    all_move(world, 3)
    mapping = MAPPING.replace("lookup: teams}", "lookup: teams, sensitive: true}")
    world.write("m.yaml", mapping)
    assert world.run("plan", "m.yaml", "--out", "plan.json").code == 0
    assert "names" not in world.read("plan.json")
    assert "LAB" not in json.dumps(world.read("plan.json")["outcomes"])


def test_a_value_of_two_keys_has_no_name(world: World) -> None:
    all_move(world)
    world.write("teams.json", [*TEAMS, {"id": 7, "code": "OPERATIONS"}])
    assert "7 -> 8 (LAB)" in world.run("plan", "m.yaml").flat
