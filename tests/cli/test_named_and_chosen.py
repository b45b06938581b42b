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


RIGHTS = """\
choices:
  rights:
    columns: {dept: dept}
    rows:
      - {dept: OPS, then: [vpn, till]}
      - {dept: Süd, then: [vpn]}
      - {then: []}
match:
"""


def rights(world: World, merge: str = ", merge: {own: [vpn, till]}") -> str:
    text = MAPPING.replace("match:\n", RIGHTS)
    groups = f"  name: name\n  groups: {{from: choose('rights'){merge}}}\n"
    world.write("users.json", [user(n, groups=["vpn", "till", "mine"]) for n in (1, 2, 3, 4)])
    return text.replace("  name: name\n", groups)


def test_a_value_that_is_nearly_the_word_of_a_row_takes_no_rights(world: World) -> None:
    """`Ops ` fell to the last row, as another department does: the groups were gone, in silence."""
    world.write("m.yaml", rights(world))
    depts = ("Ops ", "Su\u0308d", "FIN", "OPS")
    world.write("people.json", [person(n, dept=dept) for n, dept in enumerate(depts, 1)])
    planned = world.run("sync", "m.yaml")
    assert planned.code == 0
    for who, word in (("P001", "OPS"), ("P002", "Süd")):
        said = f"groups: dept: another spelling of '{word}' in 1 record ({who}), so the field is"
        assert f"{said} left alone" in planned.flat
    all_groups = [each["groups"] for each in world.read("users.json")]
    assert all_groups == [["vpn", "till", "mine"]] * 2 + [["mine"], ["vpn", "till", "mine"]]
    assert (
        "left alone: dept: another spelling of 'OPS'" in world.run("explain", "m.yaml", "P001").flat
    )


def test_nothing_is_said_of_a_sensitive_value_that_is_nearly_a_word(world: World) -> None:
    source = "source: {connector: file, resource: people.json"
    record = "{type: object, properties: {dept: {sensitive: true}}, additionalProperties: true}"
    world.write("m.yaml", rights(world, "").replace(source, f"{source}, record: {record}"))
    world.write("people.json", [person(1, dept="Ops "), person(2, dept="OPS")])
    planned = world.run("plan", "m.yaml")
    assert "groups: dept: another spelling or type of a word in 1 record (P001)" in planned.flat
    assert "'OPS'" not in planned.flat
