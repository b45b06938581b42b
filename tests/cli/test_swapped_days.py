"""Days that parse_date() reads from an export in which days and months may be swapped."""

from datetime import date, timedelta
from itertools import cycle

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


def run(
    world: World,
    texts: list[str],
    command: str = "plan",
    mapping: str = MAPPING,
    countries: tuple[str, ...] = ("GB",),
) -> str:
    world.write("m.yaml", mapping)
    people = [
        {"no": str(n), "start": each, "country": country}
        for n, (each, country) in enumerate(zip(texts, cycle(countries), strict=False))
    ]
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


GB, US = "parse_date(start, 'dd/MM/yyyy')", "parse_date(start, 'MM/dd/yyyy')"
TABLE = """\
choices:
  starts:
    columns: {country: country}
    rows:
      - {country: GB, then: {from: "parse_date(start, 'dd/MM/yyyy')"}}
      - {then: {from: "parse_date(start, 'MM/dd/yyyy')"}}
fields:
"""
WHEN = """\
{{from: "{GB}", when: country == 'GB'}}
  other: {{from: "{US}", when: country == 'US'}}
"""


def _reading(start: str, more: str = "fields:\n") -> str:
    return MAPPING.replace(f"start: {GB}", f"start: {start}").replace("fields:\n", more)


MIXED = {
    "iif": _reading(f"iif(country == 'GB', {GB}, {US})"),
    "and-or": _reading(f"country == 'US' && {US} || {GB}"),
    "table": _reading("choose('starts')", TABLE),
    "when": _reading(WHEN.format(GB=GB, US=US).strip()),
    "both": _reading("parse_date(start, 'dd/MM/yyyy', 'MM/dd/yyyy')"),
    "trimmed": _reading(f"iif(country == 'GB', {GB}, parse_date(trim(start), 'M/d/yyyy'))"),
    "piped": _reading(f"iif(country == 'GB', {GB}, start | parse_date(@, 'MM/dd/yyyy'))"),
    "setting": _reading(
        "parse_date(start, 'dd/MM/yyyy', setting('form'))",
        "settings: {form: {type: string, default: MM/dd/yyyy, description: Form}}\nfields:\n",
    ),
    "branch": _reading(f"iif(country == 'GB', {GB}, start)"),
    "or": _reading(f"country == 'US' && start || {GB}"),
    "coalesced": _reading(f"coalesce(iif(country == 'US', start, null), {GB})"),
    "one": _reading(f"{{from: \"{GB}\", when: country == 'GB'}}"),
    "default": _reading(
        f'{{from: "iif(country == \'US\', start, null)", default: {{from: "{GB}"}}}}'
    ),
    "named": _reading(
        f"iif(country == 'GB', let('british'), {US})", f'let:\n  british: "{GB}"\nfields:\n'
    ),
    "only": _reading(
        GB,
        "only: [{id: country, when: country == 'GB', otherwise: Not of this country}]\nfields:\n",
    ),
}


@pytest.mark.parametrize("command", ["plan", "check"])
@pytest.mark.parametrize("form", MIXED)
def test_days_read_by_the_form_of_their_country_are_no_doubt(
    bare: World, form: str, command: str
) -> None:
    texts = ["15/03/2024", "03/16/2024", "03/05/2024", "12/31/2023", "28/02/2024", "12/30/2023"]
    said = run(bare, texts, command, MIXED[form], ("GB", "US", "US", "US", "GB", "US"))
    assert "R182" not in said
    assert "error" not in said, said


@pytest.mark.parametrize(
    "start",
    [
        f"iif(is_blank(start), null, {GB})",
        f"start && {GB}",
        f"coalesce(first, {GB})",
        "parse_date(start, 'dd/MM/yyyy', 'yyyy-MM-dd')",
        f"country == 'US' || {GB} < '2024-01-01'",
        f"iif(length(start) == `10`, {GB}, null)",
        f'{{from: "{GB}", when: start}}',
    ],
)
def test_conditions_that_choose_no_form_leave_the_doubt(bare: World, start: str) -> None:
    assert "R182" in run(bare, SWAPPED, "plan", _reading(start))


def test_a_swapped_export_is_doubted_where_the_mapping_leaves_out_records(bare: World) -> None:
    assert "R182" in run(bare, SWAPPED, "plan", MIXED["only"])


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
