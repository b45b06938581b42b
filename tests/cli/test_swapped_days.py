"""Days that parse_date() reads from an export in which days and months may be swapped."""

from datetime import date, timedelta

import pytest
from cli_world import World
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.diagnostics import Span
from oneway.core.records import Record
from oneway.mapping.expressions import parse
from oneway.mapping.profile.day_orders import day_tally

MAPPING = """\
oneway: 1
name: m
source: {connector: file, resource: p.json, options: {id: "no"}}
target: {connector: file, resource: u.json}
match: [{source: "no", target: "no"}]
fields:
  "no": {from: "no", write: on_create}
  start: parse_date(start, 'dd/MM/yyyy')
"""


def run(world: World, texts: list[str], command: str = "plan") -> str:
    world.write("m.yaml", MAPPING)
    people = [{"no": str(n), "start": each} for n, each in enumerate(texts)]
    world.write("p.json", people)
    world.write("u.json", [{"id": each["no"], "no": each["no"], "start": None} for each in people])
    ended = world.run(command, "m.yaml")
    return ended.flat + ended.err


SWAPPED = ["03/05/2024", "03/15/2024", "12/31/2023", "01/09/2024"]


@pytest.mark.parametrize("command", ["plan", "check"])
def test_days_of_an_export_in_the_other_order_are_warned_of(bare: World, command: str) -> None:
    said = run(bare, SWAPPED, command)
    assert "2 texts in 'start' of the source fit only MM/dd/yyyy, and 0 only dd/MM/yyyy" in said
    assert "R182" in said


@pytest.mark.parametrize(
    "texts",
    [
        ["15/03/2024", "31/12/2023", "03/05/2024", "12/31/2023"],  # one slip
        ["01/03/2024"] * 30 + ["03/15/2024", "04/15/2024"],  # two slips among firsts of months
        ["15/03/2024", "16/03/2024", "17/03/2024", "03/15/2024", "03/16/2024"],
        ["01/03/2024", "05/06/2024", "2024-03-01", "soon", ""],  # nothing tells
        [],
    ],
)
def test_slips_and_what_tells_nothing_are_no_doubt(bare: World, texts: list[str]) -> None:
    assert "R182" not in run(bare, texts)


DAYS = st.integers(0, 20_000).map(lambda n: date(1980, 1, 1) + timedelta(days=n))


@given(st.lists(DAYS, max_size=40), st.sampled_from(["dd/MM/yyyy", "MM/dd/yyyy"]))
def test_days_written_as_the_pattern_says_are_never_doubted(days: list[date], form: str) -> None:
    expression = parse(f"parse_date(start, '{form}')", Span("m.yaml"))
    tally, other = (day_tally([(expression, "fields.start")]) for _ in range(2))
    ways = {"dd/MM/yyyy": "%d/%m/%Y", "MM/dd/yyyy": "%m/%d/%Y"}
    (swapped,) = ways.keys() - {form}
    for n, each in enumerate(days):
        tally.note(Record(str(n), {"start": each.strftime(ways[form])}))
        other.note(Record(str(n), {"start": each.strftime(ways[swapped])}))
    assert not list(tally.doubted("the source"))
    telling = sum(each.day > 12 for each in days)
    assert bool(list(other.doubted("the source"))) == (telling > 1 and telling * 10 >= len(days))
