"""What `on_miss` writes in place of a value that a lookup table lacks, night by night."""

from typing import Any

import pytest
from cli_world import Ended, World

DEPTS = "code,number\nGEN,9\nOPS,1\nFIN,2\n"
MAPPING = """\
oneway: 1
name: depts
source: {{connector: file, resource: people.json}}
target: {{connector: file, resource: users.json}}
references:
  depts:
    from: {{connector: file, options: {{id: code}}}}
    resource: depts.csv
    key: code
    value: number
match: [{{source: code, target: reference}}]
fields:
  reference: {{from: code, write: on_create}}
  name: name
  dept: {{from: dept, lookup: depts, on_miss: {on_miss}{more}}}
leavers:
  when: gone
  set: {{active: {{value: false}}, last: {{from: dept, lookup: depts, on_miss: {on_miss}}}}}
  left: active == `false`
"""
USE, LOOK_UP = "{use: '9'}", "{look_up: GEN}"
NUMBERS = {"OPS": "1", "FIN": "2"}
BOTH = pytest.mark.parametrize("on_miss", [USE, LOOK_UP])


def people(number: int = 20) -> list[dict[str, Any]]:
    return [
        {"id": f"e{n}", "code": f"{n:03}", "name": f"Ada {n}", "dept": ["OPS", "FIN"][n % 2],
         "gone": False}
        for n in range(number)
    ]  # fmt: skip


@pytest.fixture
def synced(world: World) -> World:
    world.write("people.json", people())
    world.write("users.json", [
        {"id": f"u{n}", "reference": each["code"], "name": each["name"], "active": True,
         "dept": NUMBERS[each["dept"]]}
        for n, each in enumerate(people())
    ])  # fmt: skip
    assert night(world, 1).code == 0
    return world


def night(
    world: World, number: int, depts: str = DEPTS, on_miss: str = LOOK_UP, more: str = "",
    command: str = "sync",
) -> Ended:  # fmt: skip
    world.write("depts.csv", depts)
    world.write("m.yaml", MAPPING.format(on_miss=on_miss, more=more))
    return world.run(command, "m.yaml", "--as-of", f"2026-10-{number:02}")


def change(world: World, *changes: dict[str, Any]) -> None:
    """Change the first people of the source."""
    found = people()
    world.write("people.json", [
        {**each, **(changes[n] if n < len(changes) else {})} for n, each in enumerate(found)
    ])  # fmt: skip


def depts(world: World) -> list[str]:
    return [each.get("dept") for each in world.read("users.json")]


@BOTH
def test_a_value_that_the_table_lacks_gets_the_fallback_and_is_reported(
    synced: World, on_miss: str
) -> None:
    change(synced, {"dept": "NEW"})
    ended = night(synced, 2, on_miss=on_miss)
    shown = "9" if on_miss == USE else "GEN"
    assert (
        f'dept: "NEW" is in no row of depts, 1 record: 000; in its place: "{shown}"' in ended.flat
    )
    assert '"1" (OPS) -> "9" (GEN), a fallback' in ended.flat
    assert depts(synced)[0] == "9"
    again = night(synced, 3, on_miss=on_miss)
    assert "No changes to make" in again.flat
    assert "in its place" in again.flat
    back = night(synced, 4, f"{DEPTS}NEW,3\n", on_miss=on_miss)
    assert back.code == 0
    assert depts(synced)[0] == "3"


@BOTH
def test_a_table_that_lost_rows_moves_nobody(synced: World, on_miss: str) -> None:
    held = night(synced, 2, "code,number\nGEN,9\nOPS,1\n", on_miss=on_miss)
    assert held.code == 4
    assert "clears" in held.out
    assert "9" not in depts(synced)
    assert night(synced, 3, on_miss=on_miss).code == 0


@pytest.mark.parametrize("on_miss", [USE, LOOK_UP, "clear"])
@pytest.mark.parametrize(
    "table",
    [
        "code,number\n",
        "code,number\nGEN,\nOPS,\n",
        "code,other\nGEN,9\nOPS,1\n",
        "code,number\nGEN,9\nOPS,1\nFIN,2\nNEW,\n",
        "code,number\nGEN,9\nOPS,1\nFIN,2\nNEW,3\nNEW,4\n",
        "code,number\nGEN,9\nOPS,#N/A\n",
        "code,number\nGEN,9\nOPS,1\nnew,3\n",
        "code,number\nGEN,9\nOPS,1\n NEW,3\n",
    ],
)
def test_a_table_that_may_know_the_value_gives_no_fallback(
    world: World, on_miss: str, table: str
) -> None:
    world.write("people.json", [{**people(1)[0], "dept": "NEW"}])
    world.write("users.json", [
        {"id": "u0", "reference": "000", "name": "Ada 0", "active": True, "dept": "1"}
    ])  # fmt: skip
    night(world, 1, table, on_miss)
    assert depts(world) == ["1"]


@BOTH
@pytest.mark.parametrize("dept", [None, "", " ", {}])
def test_a_blank_value_gets_no_fallback(synced: World, on_miss: str, dept: Any) -> None:
    change(synced, {"dept": dept})
    night(synced, 2, on_miss=on_miss)
    assert depts(synced)[0] == "1"


def test_an_absent_value_gets_no_fallback(synced: World) -> None:
    found = people()
    del found[0]["dept"]
    synced.write("people.json", found)
    night(synced, 2)
    assert depts(synced)[0] == "1"


@pytest.mark.parametrize("command", ["plan", "check"])
def test_a_key_that_is_looked_up_instead_and_is_not_there_is_told(
    synced: World, command: str
) -> None:
    ended = night(synced, 2, "code,number\nOPS,1\nFIN,2\n", command=command)
    assert "has no row with a value for GEN" in ended.flat
    change(synced, {"dept": "NEW"})
    night(synced, 3, "code,number\nOPS,1\nFIN,2\n")
    assert depts(synced)[0] == "1"


def test_a_value_in_another_form_is_told(synced: World) -> None:
    change(synced, {"dept": "ops"})
    ended = night(synced, 2)
    assert '"ops" is only in another form in a row of depts' in ended.flat
    assert "in its place" not in ended.flat
    assert depts(synced)[0] == "1"


def test_explain_and_check_show_the_fallback(synced: World) -> None:
    change(synced, {"dept": "NEW"})
    assert "NEW: 0 rows, 1 record; in its place: GEN" in night(synced, 2, command="check").flat
    said = synced.run("explain", "m.yaml", "000").flat
    assert "NEW is in no row of depts (on_miss: look_up GEN)" in said


def test_new_people_get_the_fallback(synced: World) -> None:
    new = {"id": "e99", "code": "099", "name": "Una", "dept": "NEW", "gone": False}
    synced.write("people.json", [*people(), new])
    assert night(synced, 2).code == 0
    assert depts(synced)[-1] == "9"


def test_a_leave_is_not_held_for_a_fallback(synced: World) -> None:
    users = synced.read("users.json")
    synced.write("users.json", [{**each, "last": "1"} for each in users])
    change(synced, *[{"gone": True, "dept": "NEW"}] * 2, *[{"dept": "NEW"}] * 3)
    assert night(synced, 2).code == 4
    users = synced.read("users.json")
    assert [each["active"] for each in users[:3]] == [False, False, True]
    assert [each["last"] for each in users[:3]] == ["9", "9", "1"]
    assert depts(synced)[:5] == ["1", "2", "1", "2", "1"]


def test_a_sensitive_value_and_its_fallback_are_not_shown(synced: World) -> None:
    change(synced, {"dept": "SECRET"})
    ended = night(synced, 2, on_miss="{use: '9876'}", more=", sensitive: true")
    assert "***" in ended.out
    assert "SECRET" not in ended.out + ended.err
    assert "9876" not in ended.out + ended.err
    assert depts(synced)[0] == "9876"


@pytest.mark.parametrize("on_miss", ["keep", "clear"])
@pytest.mark.parametrize("depts", [DEPTS, "code,number\n", "code,number\nNEW,\nGEN,9\n"])
@pytest.mark.parametrize("more", [", default: '7'", ", initial: '7'"])
def test_nothing_stands_in_for_a_miss_of_a_new_person(
    synced: World, on_miss: str, depts: str, more: str
) -> None:
    """`default` and `initial` are for a blank value; here the table is short, empty or blank."""
    joiner = {"id": "e20", "code": "020", "name": "Bo New", "dept": "NEW", "gone": False}
    synced.write("people.json", [*people(), joiner])
    ended = night(synced, 2, depts, on_miss, more, "plan")
    assert "create 020" in ended.flat
    assert 'dept "7"' not in ended.flat
