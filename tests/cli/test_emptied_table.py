"""A lookup table that lost its rows, and what a plan says of a value that it does not give."""

from typing import Any

import pytest
from cli_world import Ended, World
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.compare import identity
from oneway.core.records import is_blank
from oneway.mapping.lookup_table import LookupTable

DEPTS = "code,number\nOPS,1\nFIN,2\n"
TABLE = (
    "from: {connector: file, options: {id: code}}, resource: depts.csv, key: code, value: number"
)
MAPPING = f"""\
oneway: 1
name: depts
source: {{connector: file, resource: people.json}}
target: {{connector: file, resource: users.json}}
references:
  depts: {{{TABLE}}}
match: [{{source: code, target: reference}}]
fields:
  reference: {{from: code, write: on_create}}
  name: name
  dept: {{from: dept, lookup: depts, on_miss: ineligible}}
"""


def people() -> list[dict[str, Any]]:
    return [
        {"id": f"e{n}", "code": f"{n:03}", "name": f"Ada {n}", "dept": ["OPS", "FIN"][n % 2]}
        for n in range(8)
    ]


@pytest.fixture
def synced(world: World) -> World:
    world.write("people.json", people())
    numbers = {"OPS": "1", "FIN": "2"}
    world.write("users.json", [
        {"id": f"u{n}", "reference": each["code"], "name": each["name"],
         "dept": numbers[each["dept"]]}
        for n, each in enumerate(people())
    ])  # fmt: skip
    assert night(world, 1, DEPTS).code == 0
    return world


def night(world: World, number: int, depts: str, *args: str) -> Ended:
    world.write("depts.csv", depts)
    world.write("m.yaml", MAPPING)
    return world.run("sync", "m.yaml", "--as-of", f"2026-10-{number:02}", *args)


def test_a_table_that_came_back_empty_holds_the_run(synced: World) -> None:
    changed = [{**each, "name": "Una"} for each in people()[:1]] + people()[1:]
    synced.write("people.json", changed)
    for number in (2, 3):
        held = night(synced, number, "code,number\n")
        assert "keys_gone.references.depts.code" in held.out
        assert held.code == 4
    assert synced.read("users.json")[0]["name"] == "Ada 0"
    assert night(synced, 4, DEPTS).code == 0
    assert synced.read("users.json")[0]["name"] == "Una"


def test_an_operator_lets_an_empty_table_through(synced: World) -> None:
    allow = (
        "--allow",
        "keys_gone.references.depts.code=2",
        "--allow",
        "keys_gone.references.depts.number=2",
    )
    ended = night(synced, 2, "code,number\n", *allow)
    assert ended.code == 0
    assert "Guards that fired" not in ended.out
    assert night(synced, 3, "code,number\n").code == 0


@pytest.mark.parametrize(
    ("depts", "said"),
    [
        ("code,number\nOPS,\nFIN,2\n", '"OPS" has no value in its row of depts, 4 records'),
        ("code,number\nOPS,1\nOPS,3\nFIN,2\n", '"OPS" is in 2 unreadable rows of depts'),
        ("code,number\nFIN,2\n", '"OPS" is in no row of depts'),
    ],
)
def test_a_plan_says_why_a_value_is_not_found(synced: World, depts: str, said: str) -> None:
    assert said in night(synced, 2, depts).flat


VALUES = st.sampled_from([None, "", " ", "1", "2"])


@given(st.lists(VALUES, max_size=3), st.integers(0, 2))
def test_a_table_says_why_it_gives_nothing_and_never_of_what_it_gives(
    values: list[Any], unread: int
) -> None:
    key = identity("OPS")
    table = LookupTable({key: tuple(values)} if values else {}, unread={key: unread})
    found, why = table.found("OPS")
    assert list(found) == [each for each in values if not is_blank(each)]
    assert bool(why) == (not found and bool(values or unread))
    assert table.found("FIN") == ((), "")
