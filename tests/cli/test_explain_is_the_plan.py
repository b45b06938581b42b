"""`oneway explain` says of every person what `oneway plan` says of them."""

from typing import Any

from cli_world import World, person, user
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from test_impact_is_two_plans import ONE_OR_NONE, edited, moved, people, users

CONNECTION = "oneway_connection: 1\nname: {0}\nmapping: ../{0}.yaml\nschedule: never\n"


def agree(world: World, name: str) -> list[str]:
    """Hold each explanation against the plan; return the kinds of the plan."""
    plan = world.run("plan", name, "--format", "json").data
    still_in = {(each["source_id"], each["target_id"]) for each in plan.get("still_in", ())}
    for planned in plan.get("outcomes", ()):
        ids = (planned["source_id"], planned["target_id"])
        told = world.run("explain", name, planned["source_id"] or ids[1], "--format", "json").data
        assert isinstance(told, list), told
        (said,) = [each for each in told if (each["source_id"], each["target_id"]) == ids]
        assert said["outcome"] == planned["outcome"], (planned, said)
        reasons = [(each["code"], each["text"]) for each in planned["reasons"]]
        assert [(each["code"], each["text"]) for each in said["reasons"]] == reasons
        assert said["still_in"] is (ids in still_in), (planned, said)
        written = {change["field"] for action in planned["actions"] for change in action["changes"]}
        assert written <= {each["field"] for each in said["fields"]}
    return [each["outcome"] for each in plan.get("outcomes", ())]


@settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None)
@given(moved(), ONE_OR_NONE.filter(lambda names: "broken" not in names), st.booleans())
def test_explain_says_what_the_plan_says(
    world: World, rows: Any, now: set[str], linked: bool
) -> None:
    for path in world.folder.rglob("*journal.db*"):
        path.unlink()
    world.write("people.json", people())
    world.write("users.json", users())
    world.write("m.yaml", edited(set()))
    if linked:
        assert world.run("sync", "m.yaml").code == 0
    source, target = rows
    world.write("people.json", source)
    world.write("users.json", target)
    world.write("m.yaml", edited(now))
    for kind in set(agree(world, "m.yaml")):
        event(kind)


def test_explain_knows_what_another_connection_says_of_a_shared_person(world: World) -> None:
    (world.folder / "connections").mkdir()
    for name in ("acme", "beta"):
        text = edited(set()).replace("people.json", f"{name}.json").replace(": people", f": {name}")
        world.write(f"{name}.yaml", text)
        world.write(f"{name}.json", [person(1, status="Active", alt="")])
        world.write(f"connections/{name}.yaml", CONNECTION.format(name))
    world.write("users.json", [user(1, active=True)])
    for name in ("acme", "beta"):
        assert world.run("sync", name).code == 0
    world.write("acme.json", [person(1, status="Left", alt="")])
    assert "beta" in world.run("plan", "acme", "--verbose").flat
    assert agree(world, "acme") == ["ignored"]


def test_explain_says_what_a_guard_holds_and_who_can_therefore_still_get_in(world: World) -> None:
    world.write("m.yaml", edited({"tight"}))
    world.write("people.json", [each | {"status": "Left"} for each in people()])
    world.write("users.json", users())
    assert agree(world, "m.yaml") == ["leave"] * 7
    (said,) = world.run("explain", "m.yaml", "P001", "--format", "json").data
    assert said["still_in"]
    assert "leavers" in str(said["why"])
