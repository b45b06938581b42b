"""A cell that does not fit its column spoils no record if the mapping does not read that column."""

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: m
label: name
source:
  connector: file
  resource: p.csv
  options: {id: code, types: "age=integer, start=date:dd/MM/yyyy"}
target:
  connector: file
  resource: u.csv
  options: {types: "badge=integer, on=boolean, since=date:dd/MM/yyyy"}
match: [{source: code, target: reference}]
eligible: [{id: started, when: "RULE", otherwise: Not yet}]
fields:
  reference: {from: code, write: on_create}
  name: name
  on: {value: true, write: on_create}
joiners: {unless_taken: [name]}
leavers:
  when: status == 'Left'
  set: {on: {value: false}}
  left: LEFT
rehires: {reactivate: {on: true}}
"""
FIT = {"age": "42", "start": "01/02/2020", "badge": "7", "since": "2020-01-01"}
UNFIT = {"age": "TBC", "start": "31/02/2020", "badge": "TBC", "since": "soon"}
DAMAGED = {"age": "#N/A", "start": '="001"', "badge": "1.23E+05", "since": "#REF!"}
FEW, MANY = 6, 3_000
"""A large file is read many rows at once."""


def planned(world: World, cells: dict[str, str], count: int, rule: str, left: str) -> object:
    """Return the outcomes of a plan in which a leaver's row, on both sides, holds these cells."""
    people, users = ["code,name,status,age,start"], ["id,reference,name,on,badge,since"]
    for n in range(count):
        held = cells if n == 3 else FIT
        status, name = ("Left" if n == 3 else "Active"), ("N3x" if n == 4 else f"N{n}")
        people.append(f"{n:04},{name},{status},{held['age']},{held['start']}")
        if n != 1:
            users.append(f"{n + 500},{n:04},N{n},true,{held['badge']},{held['since']}")
    world.write("p.csv", "\n".join(people) + "\n")
    world.write("u.csv", "\n".join(users) + "\n")
    world.write("m.yaml", MAPPING.replace("RULE", rule).replace("LEFT", left))
    plan = world.run("plan", "m.yaml", "--format", "json", "--allow", "leavers=20")
    return [
        (each["outcome"], each["key"], [change["field"] for change in each.get("changes", ())])
        for each in plan.data["outcomes"]
    ]


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize("cells", [UNFIT, DAMAGED], ids=["unfit", "damaged"])
def test_a_cell_that_nothing_reads_makes_no_difference(
    world: World, count: int, cells: dict[str, str]
) -> None:
    usual = planned(world, FIT, count, "code", "on == `false`")
    assert planned(world, cells, count, "code", "on == `false`") == usual
    assert any(outcome == "leave" for outcome, *_ in usual)
    assert "cannot be read" not in world.run("validate", "m.yaml").out
    before = (world.folder / "u.csv").read_text()
    assert world.run("sync", "m.yaml", "--allow", "leavers=20").code == 0
    after = (world.folder / "u.csv").read_text()
    kept = f"503,0003,N3,false,{cells['badge']},{cells['since']}"
    assert kept in after.splitlines(), "its text stays as it was"
    assert before.count("2020-01-01") == after.count("2020-01-01")


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize(
    ("rule", "left"),
    [("age && code", "on == `false`"), ("code", "on == `false` || badge == `0`")],
)
def test_a_cell_that_is_read_spoils_its_record(
    world: World, count: int, rule: str, left: str
) -> None:
    for cells, said in ((UNFIT, "' holds '"), (DAMAGED, "damaged_cells")):
        planned(world, cells, count, rule, left)
        assert said in world.run("plan", "m.yaml", "--verbose").out
        assert "cannot be read" in world.run("validate", "m.yaml").out


TABLE = """\
oneway: 1
name: m
source: {connector: file, resource: p.csv, options: {id: code}}
target: {connector: file, resource: u.csv, options: {id: reference}}
references:
  depts:
    from: {connector: file, options: {id: code, types: size=integer}}
    resource: d.csv
    key: KEY
    value: number
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  dept: {from: dept, lookup: depts, on_miss: {use: '9'}}
"""


@pytest.mark.parametrize("cell", ["TBC", "#N/A"])
def test_a_row_of_a_table_is_whole_if_its_odd_cell_makes_no_part_of_it(
    world: World, cell: str
) -> None:
    world.write("p.csv", "code,dept\n1,OPS\n2,XX\n")
    world.write("u.csv", "reference,dept\n1,\n2,\n")
    world.write("d.csv", f"code,number,size\nOPS,10,{cell}\nGEN,9,4\n")
    world.write("m.yaml", TABLE.replace("KEY", "code"))
    assert "may lack rows" not in world.run("plan", "m.yaml").err
    assert world.run("sync", "m.yaml").code == 0
    assert (world.folder / "u.csv").read_text().splitlines()[1:] == ["1,10", "2,9"]
    world.write("m.yaml", TABLE.replace("KEY", "size || code"))
    assert "may lack rows" in world.run("plan", "m.yaml").err


def test_what_reads_the_record_as_a_whole_reads_every_column(world: World) -> None:
    planned(world, UNFIT, FEW, "length(values(@)) > `0`", "on == `false`")
    assert "' holds '" in world.run("plan", "m.yaml", "--verbose").out
