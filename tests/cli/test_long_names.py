"""One record's name, key or id of any length is that record's error, and stops nobody else."""

import pytest
from cli_world import World, person, user

from oneway.mapping.rows import LONGEST_NAME

LONG = "x" * (LONGEST_NAME + 1)


@pytest.mark.parametrize(
    ("part", "what"),
    [("name", "the name (`label`)"), ("code", "the match key"), ("id", "the id")],
)
@pytest.mark.parametrize("several", [0, 400])  # enough for generated code
def test_a_record_with_a_long_name_stops_nobody(
    world: World, part: str, what: str, several: int
) -> None:
    # Keys of some length would be searched for like keys, which takes long.
    others = [person(number) for number in range(4, 4 + several)]
    leaver = person(2, left=True)
    world.write("people.json", [person(1, **{part: LONG}), leaver, person(3), *others])
    ended = world.run("sync", "m.yaml")
    assert "[P114]" not in ended.err
    said = " ".join(ended.out.split())
    assert f"{what} has {len(LONG):,} characters, and may have {LONGEST_NAME:,}" in said
    users = {each["reference"]: each for each in world.read("users.json")}
    assert users["P002"]["leaveDate"]
    assert LONG not in users


def test_a_leaver_with_a_long_id_is_named(world: World) -> None:
    world.write("users.json", [user(1), user(2), user(3)])
    world.write("people.json", [person(1, id=LONG, left=True), person(2), person(3)])
    ended = world.run("sync", "m.yaml")
    assert (ended.code, "[P114]" in ended.err) == (5, False)
    assert "P001" in ended.out


def test_a_target_record_with_a_long_id_stops_nobody(world: World) -> None:
    world.write("users.json", [user(1, id=LONG), user(2, name="Old"), user(3)])
    world.write("people.json", [person(1, name="New"), person(2), person(3)])
    ended = world.run("sync", "m.yaml")
    assert "[P114]" not in ended.err
    assert {each["name"] for each in world.read("users.json")} == {
        "Person 1", "Person 2", "Person 3",
    }  # fmt: skip
