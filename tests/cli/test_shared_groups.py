"""Groups that people and the sync keep together: what the sync owns follows the source."""

from typing import Any

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: groups
source: {connector: file, resource: s.json}
target: {connector: file, resource: t.json}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  groups: {from: teams, merge: {own: OWN}}
joiners: {create: false}
leavers: {when: left, set: {off: {value: true}}, left: off}
guards: {leavers: {share: 1, floor: 9}, clears: {share: 1, floor: 9}}
"""
OWN = "[hr, it]"


@pytest.fixture
def world(bare: World) -> World:
    bare.write("m.yaml", MAPPING.replace("OWN", OWN))
    return bare


def after(world: World, teams: Any, groups: Any, **more: Any) -> Any:
    """Return the groups of one person after a sync; the second plan is empty."""
    world.write("s.json", [{"id": "1", "code": "A", "teams": teams, "left": False, **more}])
    user = {"id": "9", "reference": "A", "groups": groups, "off": False}
    world.write("t.json", [user])
    assert world.run("sync", "m.yaml").code == 0
    assert "No changes to make" in world.run("plan", "m.yaml").out
    return world.read("t.json")[0]["groups"]


def test_what_people_added_stays_and_what_is_owned_follows_the_source(world: World) -> None:
    assert after(world, ["hr"], ["it", "manual"]) == ["manual", "hr"]
    assert "merge: own hr, it" in world.run("explain", "m.yaml", "A").flat
    assert after(world, ["hr", "it", "hr"], ["it", "manual", "it"]) == ["it", "manual", "it", "hr"]
    assert after(world, ["it"], None) == ["it"]


def test_an_empty_list_takes_away_what_is_owned_and_null_says_nothing(world: World) -> None:
    assert after(world, [], ["it", "manual"]) == ["manual"]
    assert after(world, [], ["it"]) is None
    assert after(world, None, ["it", "manual"]) == ["it", "manual"]
    world.write("m.yaml", MAPPING.replace("{from: teams", "{from: teams, on_blank: clear").replace(
        "OWN", OWN))  # fmt: skip
    assert after(world, None, ["it", "manual"]) == ["manual"]


def test_who_leaves_loses_what_is_owned_alone(world: World) -> None:
    fields = "  groups: {from: teams, merge: {own: OWN}}\n"
    leaving = "set: {groups: {value: [], merge: {own: OWN}}, "
    text = MAPPING.replace(fields, "").replace("set: {", leaving).replace("OWN", OWN)
    world.write("m.yaml", f"{text}rehires: reactivate\n")
    assert after(world, ["hr"], ["it", "manual"], left=True) == ["manual"]
    world.write("s.json", [{"id": "1", "code": "A", "teams": ["hr"], "left": False}])
    assert world.run("sync", "m.yaml").code == 0
    assert world.read("t.json")[0] == {
        "id": "9", "reference": "A", "groups": ["manual"], "off": None,
    }  # fmt: skip


def test_a_pattern_owns_what_it_matches_whole(world: World) -> None:
    world.write("m.yaml", MAPPING.replace("OWN", "{pattern: 'hr|pay-[a-z]+'}"))
    assert after(world, ["pay-b"], ["chris", "hr", "pay-a", "pay-7"]) == ["chris", "pay-7", "pay-b"]


def test_an_item_that_is_not_owned_is_an_error_that_names_it(world: World) -> None:
    world.write("s.json", [{"id": "1", "code": "A", "teams": ["hr", "ops"], "left": False}])
    world.write("t.json", [{"id": "9", "reference": "A", "groups": ["it"], "off": False}])
    ended = world.run("sync", "m.yaml")
    assert "an item is not among those that the sync owns (merge: own)" in ended.flat
    assert "ops" in ended.out
    assert world.read("t.json")[0]["groups"] == ["it"]


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ("[]", "S1"),
        ("[hr, hr]", "S1"),
        ("['']", "S1"),
        ("hr", "S1"),
        ("{pattern: '(?=x)'}", "C108"),
        ("[hr], sensitive: true", "M132"),
    ],
)
def test_what_cannot_be_owned_is_a_mistake(world: World, own: str, code: str) -> None:
    text = MAPPING.replace("{own: OWN}", f"{{own: {own}}}", 1).replace("OWN", OWN)
    if "," in own and "sensitive" in own:
        text = text.replace("{own: [hr], sensitive: true}", "{own: [hr]}, sensitive: true")
    world.write("m.yaml", text)
    ended = world.run("validate", "m.yaml")
    assert ended.code == 1
    assert f"[{code}" in ended.out
    assert "m.yaml:9:" in ended.out
