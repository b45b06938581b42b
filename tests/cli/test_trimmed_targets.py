"""A target file that is read without outer spaces: texts are compared, matched and written so."""

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: m
source: {connector: file, resource: p.json, options: {id: id}}
target: {connector: file, resource: u.csv, options: {spaces: %s}}
references:
  codes: {from: {connector: file, options: {id: code}}, resource: codes.json, key: code, value: to}
match: [{source: "no", target: "no", compare: %s}]
fields:
  "no": {from: "no", write: on_create}
  name: name
  email: {from: email, compare: ignore_case}
  code: {from: code, lookup: codes}
  note: {from: note, default: " none "}
joiners: {unless_taken: [email]}
"""
PEOPLE = [
    {
        "id": "1",
        "no": "A1 ",
        "name": " Ann\u00a0",
        "email": "Ann@example.com ",
        "code": "x",
        "note": "",
    },
    {"id": "2", "no": "A2", "name": "Bob", "email": "bob@example.com", "code": "y", "note": "a  b"},
    {
        "id": "3",
        "no": " A3",
        "name": "Cyd\t",
        "email": " cyd@example.com",
        "code": "x",
        "note": "-",
    },
]
HELD = (
    "id,no,name,email,code,note\n"
    "11,A1,Ann,ann@example.com,X,none\n"
    "12,A2,Bob,bob@example.com,Y,a  b\n"
)


def world_of(bare: World, spaces: str = "trim", compare: str = "exact") -> World:
    bare.write("m.yaml", MAPPING % (spaces, compare))
    bare.write("p.json", PEOPLE)
    bare.write("codes.json", [{"code": "x", "to": "X "}, {"code": "y", "to": "Y"}])
    bare.write("u.csv", HELD)
    return bare


def text_of(world: World) -> str:
    return (world.folder / "u.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("compare", ["exact", "ignore_case", "trimmed"])
def test_spaces_that_the_target_drops_cause_no_write_and_no_refusal(
    bare: World, compare: str
) -> None:
    world = world_of(bare, compare=compare)
    first = world.run("sync", "m.yaml")
    assert first.code == 0
    assert "1 was created" in first.flat
    assert "2 unchanged" in first.flat
    assert text_of(world) == HELD + "13,A3,Cyd,cyd@example.com,X,-\n"
    for _ in range(2):
        again = world.run("sync", "m.yaml")
        assert again.code == 0
        assert "No changes to make" in again.flat
        assert "3 unchanged" in again.flat


def test_a_difference_within_a_text_is_written(bare: World) -> None:
    world = world_of(bare)
    world.write("p.json", [{**PEOPLE[1], "name": "Bob  B ", "note": "a b"}])
    assert world.run("sync", "m.yaml").code == 0
    assert "12,A2,Bob  B,bob@example.com,Y,a b\n" in text_of(world)


def test_a_target_that_keeps_spaces_gets_them(bare: World) -> None:
    world = world_of(bare, spaces="keep", compare="trimmed")
    assert world.run("sync", "m.yaml").code == 0
    assert "11,A1, Ann\u00a0,Ann@example.com ,X , none \n" in text_of(world)


def test_a_long_list_is_read_as_a_short_one(bare: World) -> None:
    """Long lists are read by generated code, which leaves such texts to the interpreter."""
    world = world_of(bare)
    numbers = range(600)
    people = [
        {**PEOPLE[0], "id": f"{n}", "no": f"A{n} ", "email": f"{n}@example.com "} for n in numbers
    ]
    world.write("p.json", people)
    rows = "".join(f"{n},A{n},Ann,{n}@example.com,X,none\n" for n in numbers)
    world.write("u.csv", HELD.partition("\n")[0] + "\n" + rows)
    ended = world.run("plan", "m.yaml")
    assert "No changes to make" in ended.flat
    assert "600 unchanged" in ended.flat
