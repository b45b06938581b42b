"""How a mapping is written changes nothing that `impact` or `same` could say."""

from random import Random

import pytest
from cli_world import MAPPING, World, person, user

from laws.test_same_in_other_words import Writer
from oneway.cli.exits import Exit
from oneway.documents.yaml_source import parse


@pytest.mark.parametrize("seed", range(6))
def test_impact_of_a_mapping_in_other_words_is_nothing(world: World, seed: int) -> None:
    data = parse(MAPPING.encode(), "m.yaml").data
    assert isinstance(data, dict)
    world.write("again.yaml", Writer(Random(seed)).text(data))
    world.write("people.json", [person(1), person(2, left=True), person(3), person(4, email="")])
    world.write("users.json", [user(2), user(3, name="Old"), user(5)])
    for old, new in (("m.yaml", "again.yaml"), ("again.yaml", "m.yaml")):
        ended = world.run("impact", new, "--old", old)
        assert ended.code == Exit.DONE
        assert ended.out.startswith("Nothing changes for any of 5 records.")
        assert world.run("same", old, new).code == Exit.DONE
    assert world.run("sync", "m.yaml").code == Exit.DONE
    ended = world.run("impact", "again.yaml", "--old", "m.yaml")
    assert (ended.code, ended.out[:15]) == (Exit.DONE, "Nothing changes")


def test_same_that_cannot_decide_does_not_end_as_if_it_had(world: World) -> None:
    world.write("open.yaml", MAPPING.replace("  name: name\n", "  name: '[name][0]'\n"))
    assert world.run("same", "m.yaml", "open.yaml", "--situations", "20").code == Exit.UNDECIDED
