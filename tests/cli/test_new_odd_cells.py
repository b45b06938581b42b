"""`oneway new`, where a single cell of a column is unlike all others: the column keeps its type."""

import csv
from collections.abc import Mapping
from typing import Any

import pytest
from cli_world import Ended, World
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.diagnostics import Span
from oneway.core.majority import is_overwhelming
from oneway.mapping.policy import FieldRule
from oneway.planning.diff import FieldChange, loses_letters

Rows = list[dict[str, Any]]


def people(day: str = "31/12/2025") -> Rows:
    return [
        {
            "Staff No": f"{n:04}",
            "Name": f"Ann Oak{n}",
            "Email": f"p{n}@example.com",
            "Leaving Date": day if n % 3 else "",
            "Salary": str(20_000 + n),
        }
        for n in range(12)
    ]


def draft(world: World, rows: Rows, more: str = "", **target: Any) -> Ended:
    """Write both sides, of whom all but two are there, and the mapping that is drafted of them."""
    with (world.folder / "people.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
        file.write(more)
    users = [
        {"id": n, "reference": f"{n:04}", "name": f"Ann Oak{n}", "email": f"p{n}@example.com",
         "salary": 20_000 + n, "active": True, **target}
        for n in range(10)
    ]  # fmt: skip
    world.write("users.json", users)
    ended = world.run("new", "map.yaml", "--source", "people.csv", "--target", "users.json")
    assert ended.code == 0, ended.err
    return ended


def outcomes(world: World) -> Mapping[str, str]:
    """Return what becomes of each record of the drafted mapping, with its leavers answered."""
    path = world.folder / "map.yaml"
    lines = path.read_text().splitlines()
    asked = ("# leavers:", "#   when:", "#   set:", "#   left:")
    path.write_text("\n".join(each[2:] if each.startswith(asked) else each for each in lines))
    assert "0 errors" in (said := world.run("validate", "map.yaml").out) or "no mistakes" in said
    assert "passed, 0 failed" in world.run("test", "map.yaml").out
    plan = world.run("plan", "map.yaml", "--format", "json", "--allow", "leavers=20",
                     "--as-of", "2026-11-28")  # fmt: skip
    assert plan.code == 0, plan.err
    found = plan.data["outcomes"]
    return {each["source_id"]: each["outcome"] for each in found if each["source_id"]}


@pytest.mark.parametrize("day", ["31/12/2025", "2025-12-31"])
@pytest.mark.parametrize("word", ["TBC", "ask HR", "#N/A"])
def test_a_column_of_dates_stays_one_and_the_odd_cell_is_named(
    world: World, word: str, day: str
) -> None:
    rows = people(day)
    rows[4]["Leaving Date"] = word
    ended = draft(world, rows)
    assert "line 6" in ended.err
    assert "Leaving Date" in ended.err
    assert word.startswith("#") or f"holds {word!r}, where the others are dates" in ended.err
    kinds = outcomes(world)
    assert kinds["0004"] == "error"
    assert [id for id, kind in kinds.items() if kind == "error"] == ["0004"]
    assert kinds["0001"] == "leave"
    assert kinds["0003"] == "unchanged"


def test_a_column_of_numbers_stays_one_and_what_is_secret_is_not_shown(world: World) -> None:
    rows = people()
    rows[3]["Salary"] = "23500 TBC"
    ended = draft(world, rows)
    assert "record 0003: 'Salary' holds something else, where the others are numbers" in ended.err
    assert "23500" not in ended.out + ended.err
    text = (world.folder / "map.yaml").read_text()
    assert "salary: {from: to_number(Salary), sensitive: true}" in text
    assert outcomes(world)["0003"] == "error"
    assert "23500" not in world.run("plan", "map.yaml").out


def test_a_total_without_a_word_beside_it_is_no_persons(world: World) -> None:
    ended = draft(world, people(), ";;;;240066\r\n")
    assert "id: Staff No" in ended.out
    assert "Leaving Date=date:dd/MM/yyyy" in ended.out
    assert "line 14: the record has no id at 'Staff No'" in ended.err
    assert outcomes(world)["line 14"] == "error"


def test_in_json_the_leave_date_is_one_as_well(world: World) -> None:
    rows = people("2025-12-31")
    rows[4]["Leaving Date"] = "TBC"
    draft(world, people())
    (world.folder / "map.yaml").unlink()
    world.write("people.json", [{"id": r["Staff No"], **r} for r in rows])
    ended = world.run("new", "map.yaml", "--source", "people.json", "--target", "users.json")
    assert "record 0004: 'Leaving Date' holds 'TBC', where the others are dates" in ended.err
    assert [id for id, kind in outcomes(world).items() if kind == "error"] == ["0004"]


def test_an_odd_cell_of_the_target_holds_up_nobody_else(world: World) -> None:
    draft(world, people())
    (world.folder / "map.yaml").unlink()
    with (world.folder / "users.csv").open("w") as file:
        file.write("Ref,Name,Email,Last Day\n")
        file.writelines(f"{n:04},Ann Oak{n},p{n}@example.com,{'TBC' if n == 4 else '01/02/2020'}\n"
                        for n in range(10))  # fmt: skip
    ended = world.run("new", "map.yaml", "--source", "people.csv", "--target", "users.csv")
    assert "line 6: 'Last Day' holds 'TBC', where the others are dates like dd/MM/yyyy" in ended.err
    assert "unfit_cells: keep" in (world.folder / "map.yaml").read_text()
    plan = world.run("plan", "map.yaml", "--format", "json")
    assert [e["outcome"] for e in plan.data["outcomes"]].count("create") == 2


def test_a_column_of_anything_has_no_type(world: World) -> None:
    rows = people()
    for row in rows[:5]:
        row["Leaving Date"] = "TBC"
    assert "types:" not in draft(world, rows).out


@given(st.integers(0, 500), st.integers(0, 500))
def test_what_is_overwhelming_stays_so_with_fewer_odd_ones(alike: int, odd: int) -> None:
    if is_overwhelming(alike, alike + odd):
        assert alike >= 4 * odd
        assert is_overwhelming(alike + 1, alike + 1 + odd)
        assert odd == 0 or is_overwhelming(alike, alike + odd - 1)


def test_managers_are_looked_up_also_where_one_of_them_is_gone(world: World) -> None:
    draft(world, [{**row, "Manager No": f"{n % 3:04}"} for n, row in enumerate(people())])
    (world.folder / "map.yaml").unlink()
    users = world.read("users.json")
    for n, user in enumerate(users):
        user["managerId"] = 99 if n == 5 else n % 3
    world.write("users.json", users)
    assert (
        world.run("new", "map.yaml", "--source", "people.csv", "--target", "users.json").code == 0
    )
    text = (world.folder / "map.yaml").read_text()
    assert """managerId: {from: '"Manager No"', lookup: people""" in text


def test_letters_that_an_export_lost_are_not_written(world: World) -> None:
    rows = people()
    rows[6]["Name"], rows[3]["Name"] = "?ucja Oak", "Ann Oak?"
    draft(world, people())
    users = world.read("users.json")
    users[6]["name"] = "Łucja Oak"
    world.write("users.json", users)
    with (world.folder / "people.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    kinds = outcomes(world)
    assert (kinds["0006"], kinds["0003"]) == ("unchanged", "update")
    said = " ".join(world.run("plan", "map.yaml").out.split())
    assert "name is not changed: nothing of it differs but '?' where letters were" in said


@given(st.text(st.characters(codec="utf-8", categories=["L", "N"]), max_size=8))
def test_a_change_that_only_loses_letters_is_told_from_any_other(text: str) -> None:
    rule = FieldRule("name", ("name",), "Name", Span("m.yaml"))
    lost = text.encode("ascii", "replace").decode()
    plain = all(c.isascii() or c.isalpha() for c in text)
    assert loses_letters(FieldChange(rule, text, lost)) == (plain and lost != text)
    assert not loses_letters(FieldChange(rule, lost, text))
    assert not loses_letters(FieldChange(rule, text, text + "?"))
