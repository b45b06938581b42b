"""A mapping with a named expression and a table of rules, from validation to its second night."""

from cli_world import MAPPING, World, person, user

NAMED = """\
let:
  shout: upper(name)
choices:
  group:
    columns: {shout: let('shout'), level: level}
    rows:
      - {level: 9, then: heads}
      - {shout: [PERSON 1, PERSON 2], then: first}
      - {then: others}
match:
"""


def test_it_is_validated_planned_explained_and_applied(world: World) -> None:
    text = MAPPING.replace("match:\n", NAMED)
    text = text.replace("  name: name\n", "  name: let('shout')\n  group: choose('group')\n")
    world.write("m.yaml", text)
    world.write("people.json", [person(1, level=9), person(2, level=1), person(3)])
    world.write("users.json", [user(2, group=None), user(3, group="mine")])
    assert world.run("validate", "m.yaml").code == 0
    planned = world.run("plan", "m.yaml", "--out", "plan.json").out
    assert "let('shout')" in planned
    assert "choose('group')" in planned
    assert "choose('group')" in world.run("explain", "m.yaml", "P001").out
    # Which row fits the third is not known.
    said = " ".join(world.run("explain", "m.yaml", "P003").out.split())
    assert "group: left alone: a key that the expression reads is absent" in said
    assert world.run("apply", "plan.json").code == 0
    users = {each["reference"]: each for each in world.read("users.json")}
    assert {code: (each["name"], each["group"]) for code, each in users.items()} == {
        "P001": ("PERSON 1", "heads"), "P002": ("PERSON 2", "first"), "P003": ("PERSON 3", "mine")
    }  # fmt: skip
    assert "No changes to make" in world.run("plan", "m.yaml").out
