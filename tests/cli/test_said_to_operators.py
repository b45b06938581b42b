"""What a night's operator reads: a command that works, and words that are true."""

import re
from typing import Any

from cli_world import World

MAPPING = """\
oneway: 1
name: m
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  name: name%s
"""
CONNECTION = """\
oneway_connection: 1
name: hr
mapping: ../m.yaml
schedule: never
notify: []
"""


def people(number: int) -> list[dict[str, Any]]:
    return [{"id": f"{n:03}", "code": f"{n:03}", "name": f"P {n}"} for n in range(number)]


def connected(world: World) -> None:
    world.write("m.yaml", MAPPING % "")
    (world.folder / "connections").mkdir()
    world.write("connections/hr.yaml", CONNECTION)
    world.write("people.json", people(40))
    users = [{"id": e["id"], "reference": e["code"], "name": e["name"]} for e in people(40)]
    world.write("users.json", users)
    assert world.run("sync", "hr").code == 0


def test_guards_of_a_whole_run_are_allowed_by_one_command_though_nothing_is_to_be_written(
    world: World,
) -> None:
    connected(world)
    world.write("people.json", people(15))
    assert world.run("sync", "hr").code == 4
    status = world.run("status").flat
    (command,) = re.findall(r"`oneway (sync hr --allow [^`]*)`", status)
    assert "0 actions" not in status
    assert "0 actions" not in world.run("status", "--exit-code").flat
    assert "The run is held back since" in status
    assert world.run(*command.split()).code == 0


def test_a_trouble_that_no_connection_has_is_said_so(world: World) -> None:
    connected(world)
    ended = world.run("status", "--only", "access")
    assert (ended.code, ended.out) == (0, "No connection has this problem.\n")


def test_validate_looks_into_the_folders_that_are_there(world: World) -> None:
    connected(world)
    ended = world.run("validate")
    assert (ended.code, ended.out) == (0, "1 file checked: no mistakes\n")
    (world.folder / "connections").rename(world.folder / "elsewhere")
    assert "[F120]" in world.run("validate").out


def test_a_plan_names_the_fields_that_look_sensitive_and_are_shown(world: World) -> None:
    connected(world)
    world.write("m.yaml", MAPPING % "\n  sortCode: name")
    said = world.run("plan", "hr").err
    assert "m.yaml:9:3: 'sortCode' looks sensitive, but is not marked as such" in said
    assert "add `sensitive: true` to 'sortCode'" in said
    assert "[M221]" in said


def test_a_drafted_match_key_that_is_bank_data_is_sensitive(world: World) -> None:
    accounts = [{"id": f"p{n}", "accountNumber": f"{n:08}", "name": f"P {n}"} for n in range(9)]
    users = [{**each, "id": str(n)} for n, each in enumerate(accounts)]
    world.write("p.json", [{k: v for k, v in e.items() if k != "name"} for e in accounts])
    world.write("u.json", [{k: v for k, v in e.items() if k != "name"} for e in users])
    assert world.run("new", "n.yaml", "--source", "p.json", "--target", "u.json").code == 0
    lines = (world.folder / "n.yaml").read_text().splitlines()
    (key,) = (each for each in lines if each.startswith("  accountNumber:"))
    assert "sensitive: true" in key
