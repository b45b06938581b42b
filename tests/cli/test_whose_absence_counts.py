"""A target that two employers share: only the absence of our own people counts."""

from typing import Any

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: shared
source: {connector: file, resource: s.json, options: {id: code}}
target: {connector: file, resource: t.json}
match:
  - {source: "concat('UK-', code)", target: reference}
fields:
  reference: {from: "concat('UK-', code)", write: on_create}
  name: name
leavers:
  when: left
  set: {active: {value: false}}
  left: active == `false`
absent: {deactivate: {when: "starts_with(reference, 'UK-')"}}
guards: {leavers: {share: 1, floor: 9}, target: {shrink: 1}}
"""


def user(id: str, reference: object, **more: object) -> dict[str, Any]:
    return {"id": id, "reference": reference, "name": f"N{id}", "active": True, **more}


@pytest.fixture
def world(bare: World) -> World:
    bare.write("m.yaml", MAPPING)
    bare.write("s.json", [{"code": "1", "name": "N1", "left": False}])
    users = [user("1", "UK-1"), user("2", "DE-1"), user("3", "UK-9"), user("4", None)]
    bare.write("t.json", users)
    return bare


def active(world: World) -> list[str]:
    return [each["id"] for each in world.read("t.json") if each["active"]]


def test_those_of_others_are_left_alone(world: World) -> None:
    ended = world.run("sync", "m.yaml")
    assert ended.code == 0, ended.out + ended.err
    assert active(world) == ["1", "2", "4"]
    said = world.run("plan", "m.yaml", "--verbose").flat
    assert "no source record matches; its absence does not count: DE-1" in said
    assert "its absence counts: no" in world.run("explain", "m.yaml", "DE-1").flat
    assert world.run("replay", "1").code == 0


def test_of_whom_it_is_not_known_is_left_alone_with_a_warning(world: World) -> None:
    world.write("m.yaml", MAPPING.replace("starts_with(reference, 'UK-')", "employer == 'UK'"))
    users = [user("1", "UK-1", employer="UK"), user("3", "UK-9"), user("5", "UK-5", employer="DE")]
    world.write("t.json", [*users, user("6", "UK-6", employer=" uk")])
    ended = world.run("sync", "m.yaml")
    assert ended.code == 0, ended.out + ended.err
    assert active(world) == ["1", "3", "5", "6"]
    assert ended.flat.count("it is not known whether its absence counts") == 1
    said = "it is not known whether its absence counts, by employer == 'UK' (2): UK-9 N3, UK-6 N6"
    assert said in ended.flat


def test_a_record_that_became_another_employers_since_the_plan_is_stale(world: World) -> None:
    assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
    users = world.read("t.json")
    users[2]["reference"] = "DE-9"
    world.write("t.json", users)
    ended = world.run("apply", "p.json", "--approve", world.read("p.json")["fingerprint"])
    assert active(world) == ["1", "2", "3", "4"]
    assert "1 stale" in ended.flat


@pytest.mark.parametrize(("old", "new", "told"), [
    ("reference, 'UK-')", "refrence, 'UK-')", "did you mean 'reference'?"),
    ("{when: \"starts_with(reference, 'UK-')\"}", "{}", "m.yaml:14:10: error: key 'when'"),
    ("deactivate: {when", "report: {when", "m.yaml:14:1: error: key 'deactivate' is missing"),
])  # fmt: skip
def test_mistakes(world: World, old: str, new: str, told: str) -> None:
    world.write("m.yaml", MAPPING.replace(old, new))
    ended = world.run("plan", "m.yaml")
    assert (ended.code, told in ended.flat) == (1, True), ended.flat


def test_nothing_sensitive_decides_whose_absence_counts(world: World) -> None:
    text = MAPPING.replace("name: name", "name: {from: name, sensitive: true}")
    world.write("m.yaml", text.replace("starts_with(reference, 'UK-')", "name"))
    ended = world.run("plan", "m.yaml")
    assert "a sensitive field would decide whose absence counts [M133]" in ended.flat
