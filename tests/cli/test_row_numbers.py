"""A source that numbers its rows gives everybody another id once somebody comes first."""

from cli_world import World

MAPPING = """\
oneway: 1
name: numbered
label: join(' ', [first, last])
source: {connector: file, resource: staff.json}
target: {connector: file, resource: users.json}
match:
  - {source: code, target: code}
fields:
  code: {from: code, write: on_create}
  first: {from: first, write: on_create}
  last: {from: last, write: on_create}
  active: {value: true, write: on_create}
leavers: {when: status == 'Former', set: {active: {value: false}}, left: "active == `false`"}
"""
NAMES = [("Ann", "Abel"), ("Bob", "Boole"), ("Cyd", "Crane"), ("Dee", "Dunn")]


def staff(names: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [
        {"id": str(at), "code": f"00{first}", "first": first, "last": last, "status": "Current"}
        for at, (first, last) in enumerate(names)
    ]


def test_nobody_who_stays_is_listed_when_all_numbers_move(bare: World) -> None:
    bare.write("m.yaml", MAPPING)
    bare.write("staff.json", staff(NAMES))
    bare.write("users.json", [])
    assert bare.run("sync", "m.yaml", "--allow", "creates=9").code == 0
    bare.write("staff.json", staff([("Zoe", "Zander"), *NAMES]))
    for _ in range(2):
        ended = bare.run("sync", "m.yaml")
        assert (ended.code, "can still get in" in ended.flat) == (0, False), ended.out


def test_who_has_gone_meanwhile_is_listed_alone(bare: World) -> None:
    bare.write("m.yaml", MAPPING + "guards: {leavers: {share: 0%, floor: 0}}\n")
    people = staff(NAMES)
    bare.write("staff.json", people)
    bare.write("users.json", [])
    assert bare.run("sync", "m.yaml", "--allow", "creates=9").code == 0
    people[2]["status"] = "Former"
    bare.write("staff.json", people)
    assert bare.run("sync", "m.yaml").code == 4
    bare.write("staff.json", staff([("Zoe", "Zander"), *NAMES[:2], NAMES[3]]))
    ended = bare.run("sync", "m.yaml")
    listed = ended.flat.partition("can still get in")[2]
    assert (ended.code, "Crane" in listed) == (5, True), ended.out
    assert "can still get in (1)" in ended.flat
