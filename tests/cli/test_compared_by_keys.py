"""Lists of objects in a system that adds keys to their items, and drops others."""

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: emails
source: {connector: file, resource: s.json}
target: {connector: file, resource: t.json}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  emails:
    from: "[{value: email, type: 'work', primary: `true`}]"
    compare: {by: value}
"""


@pytest.fixture
def world(bare: World) -> World:
    bare.write("m.yaml", MAPPING)
    bare.write("s.json", [{"id": "1", "code": "A", "email": "ann@example.com"}])
    bare.write("t.json", [])
    assert bare.run("sync", "m.yaml").code == 0
    user = bare.read("t.json")[0]
    user["emails"] = [{"value": "ann@example.com", "display": "Ann", "primary": True}]
    bare.write("t.json", [user])
    return bare


def test_what_the_system_makes_of_the_items_is_no_change(world: World) -> None:
    assert "No changes to make" in world.run("plan", "m.yaml").out
    assert "compare: by value" in world.run("explain", "m.yaml", "A").flat
    world.write("m.yaml", MAPPING.replace("by: value", "by: [value, type]"))
    assert "1 to update" in world.run("plan", "m.yaml").out
    world.write("m.yaml", MAPPING.replace("{by: value}", "exact"))
    assert "1 to update" in world.run("plan", "m.yaml").out


def test_the_values_may_be_compared_in_another_way(world: World) -> None:
    world.write("s.json", [{"id": "1", "code": "A", "email": "Ann@Example.com"}])
    assert "1 to update" in world.run("plan", "m.yaml").out
    world.write("m.yaml", MAPPING.replace("value}", "value, each: ignore_case}"))
    assert "No changes to make" in world.run("plan", "m.yaml").out
    assert "compare: by value (ignore_case)" in world.run("explain", "m.yaml", "A").flat


def test_another_value_is_written_and_the_whole_list_with_it(world: World) -> None:
    world.write("s.json", [{"id": "1", "code": "A", "email": "ann.oak@example.com"}])
    ended = world.run("sync", "m.yaml")
    assert ended.code == 0, ended.err
    assert world.read("t.json")[0]["emails"] == [
        {"value": "ann.oak@example.com", "type": "work", "primary": True}
    ]


def test_a_sync_of_a_sensitive_list_can_be_replayed(world: World) -> None:
    world.write("m.yaml", MAPPING.replace("compare:", "sensitive: true\n    compare:"))
    world.write("s.json", [{"id": "1", "code": "A", "email": "ann.oak@example.com"}])
    assert world.run("sync", "m.yaml").code == 0
    ended = world.run("replay", "2")
    assert ended.code == 0, ended.out + ended.err


@pytest.mark.parametrize(("old", "new", "told"), [
    ("{by: value}", "{by: []}", "m.yaml:11"),
    ("{by: value}", "{keys: value}", "m.yaml:11"),
    ("compare:", "merge: {own: [a]}\n    compare:", "whose owned items are not objects [M110]"),
    (
        "compare: {by: value}",
        "merge: {own: {pattern: a}}\n    compare: ignore_case",
        "a pattern names as they are [M110]",
    ),
])  # fmt: skip
def test_what_is_no_comparison_is_refused(world: World, old: str, new: str, told: str) -> None:
    world.write("m.yaml", MAPPING.replace(old, new))
    ended = world.run("validate", "m.yaml")
    assert ended.code == 1
    assert told in ended.err + ended.out
