"""Pay of `3.000`, from the draft to the target: a person says what it means, and nobody guesses."""

import csv
import json
from typing import Any

import pytest
from cli_world import World

TARGET = [
    {"id": 11, "no": "1", "name": "Ann Ash", "salary": 2900, "hours": 38.5},
    {"id": 12, "no": "2", "name": "Bob Birch", "salary": 4500, "hours": 40},
    {"id": 13, "no": "3", "name": "Cyd Cedar", "salary": 2750, "hours": 19.25},
]
ROWS = ["1;Ann Ash;{};38,5", "2;Bob Birch;{};40", "3;Cyd Cedar;{};19,25", "4;Dee Dorn;{};20"]


def draft(world: World, pay: list[str], target: list[dict[str, Any]], ending: str) -> str:
    """Return the mapping that is drafted for an export with this pay."""
    rows = [row.format(each) for row, each in zip(ROWS, pay, strict=True)]
    world.write("p.csv", "\n".join(["Nr;Name;salary;hours", *rows]) + "\n")
    path = world.folder / f"u.{ending}"
    if ending == "json":
        path.write_text(json.dumps(target))
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, target[0])
            writer.writeheader()
            writer.writerows(target)
    (world.folder / "m.yaml").unlink()
    ended = world.run("new", "m.yaml", "--source", "p.csv", "--target", path.name)
    assert ended.code == 0, ended.err
    assert "0 errors" in world.run("validate", "m.yaml").out
    return (world.folder / "m.yaml").read_text()


THOUSANDS = ["3.000", "4.500", "2.750", "3.100"]


@pytest.mark.parametrize("ending", ["json", "csv"])
@pytest.mark.parametrize("pay", [THOUSANDS, [each.replace(".", ",") for each in THOUSANDS]])
def test_numbers_that_may_be_thousands_are_a_question(
    world: World, ending: str, pay: list[str]
) -> None:
    text = draft(world, pay, TARGET, ending)
    other = "," if "." in pay[0] else "."
    assert f"fields.salary: In salary, is {pay[0].replace('3', '1')} a thousand (decimal" in text
    drafted = next(each for each in text.splitlines() if each.startswith("  # salary:"))
    assert f"parse_number(salary, ''{other}'')" in drafted
    assert "sensitive: true}" in drafted
    assert f"Of 3 matched records, 2 agree with '{other}', 0 with" in drafted
    assert "P118" in world.run("sync", "m.yaml").err
    path = world.folder / "m.yaml"
    answered = [each for each in text.splitlines() if "leavers:" not in each and "?" not in each]
    answered = [each for each in answered if not each.startswith("questions:")]
    at = answered.index("fields:                      # target field: where its value comes from")
    path.write_text(
        "\n".join([*answered[: at + 1], drafted.replace("# ", "", 1), *answered[at + 1 :]])
    )
    assert world.run("sync", "m.yaml").code == 0, world.run("validate", "m.yaml").err
    written = (world.folder / f"u.{ending}").read_text()
    assert ('"salary": 3000' in written) if ending == "json" else ("Ash,3000,38.5" in written)


@pytest.mark.parametrize(
    ("pay", "drafted"),
    [
        (["3.000,00", "4.500,00", "2.750", "3.100"], "parse_number(salary, '','')"),
        (["3,000.00", "4,500.00", "2,750.50", ""], "parse_number(salary, ''.'')"),
        (["3000.00", "4500.00", "2750.50", "3100"], "to_number(salary)"),
        (["3000", "4500", "", "3100"], "to_number(salary)"),
    ],
)
def test_numbers_that_tell_their_decimal_mark_are_drafted_with_it(
    world: World, pay: list[str], drafted: str
) -> None:
    text = draft(world, pay, TARGET, "json")
    line = next(each for each in text.splitlines() if each.startswith("  salary:"))
    assert drafted in line
    assert "fields.salary" not in text
    assert "hours: parse_number(hours, ',')" in text


RULES = """\
oneway: 1
name: m
source: {connector: file, resource: p.csv, options: {id: "no"OPTIONS}}
target: {connector: file, resource: u.json}
match: [{source: "no", target: "no"}]
fields:
  "no": {from: "no", write: on_create}
  salary: VALUE
"""


@pytest.mark.parametrize("rows", [2, 3_000])
@pytest.mark.parametrize(
    ("options", "value", "said"),
    [
        ("", "to_number(pay)", "R180"),
        ("", "pay && to_number(pay)", "R180"),
        ("", "parse_number(pay, ',')", ""),
        ("", "pay", ""),
        (", types: pay=number", "pay", "set the option decimal"),
        (", types: pay=number, decimal: comma", "pay", ""),
    ],
)
def test_a_mapping_that_reads_such_numbers_without_their_mark_is_warned(
    world: World, options: str, value: str, said: str, rows: int
) -> None:
    lines = [f"{n},{n % 900 + 1}.{n % 10}00" for n in range(rows)]
    world.write("p.csv", "\n".join(["no,pay", *lines]) + "\n")
    world.write("u.json", '[{"id": 1, "no": "0", "salary": 1}]')
    text = RULES.replace("OPTIONS", options).replace("VALUE", f'"{value}"')
    world.write("m.yaml", text)
    for command in ("plan", "check"):
        ended = world.run(command, "m.yaml")
        found = ended.flat
        assert any(each in found for each in ("R180", "set the option decimal")) is bool(said)
        assert said in found
