"""Whatever two sides hold: what `oneway new` drafts of them passes its own test, and breaks no law.

So it does as it is written, and once a person takes the `# ` from everything that it offers.
"""

import csv
import json
import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.cli.entry import run

FIRST = ("Ann", "Bob", "Cy", "Dee", "Eve", "Fay", "Gus", "Hal")
LAST = ("Oak", "Elm", "Ash", "Fir", "Yew", "Bay", "van Box")
MOST = 16
Column = Callable[[int], Any]
Columns = dict[str, Column]


def day(n: int, form: str) -> str:
    return (date(2024, 1, 5) + timedelta(days=17 * n)).strftime(form)


def of(*values: Any) -> Column:
    """Return the column that repeats some values."""
    return lambda n: values[n % len(values)]


def sometimes(column: Column, every: int, other: Any) -> Column:
    """Return a column of which one value in so many is another."""
    return lambda n: other if n % every == 3 else column(n)


def first(n: int) -> str:
    return FIRST[n % len(FIRST)]


def last(n: int) -> str:
    return LAST[n % len(LAST)]


def email(n: int) -> str:
    return f"{first(n)}.{n}@example.com"


def one(heading: Sequence[str], *columns: Column) -> st.SearchStrategy[Columns]:
    """Return one column under one of some headings."""
    return st.builds(
        lambda name, made: {name: made}, st.sampled_from(heading), st.sampled_from(columns)
    )


def some(*parts: st.SearchStrategy[Columns]) -> st.SearchStrategy[Columns]:
    """Return some parts of a table, of each of which a table may have none."""
    each = [part | st.just({}) for part in parts]
    return st.tuples(*each).map(lambda found: {k: v for part in found for k, v in part.items()})


NAMES = st.sampled_from(
    [
        {"First Name": first, "Last Name": last},
        {"First Name": lambda n: first(n) + " " * (n % 2), "Last Name": lambda n: last(n).upper()},
        {"Name": lambda n: f"{first(n)} {last(n)}"},
        {"Name": lambda n: f" {last(n)},  {first(n)} "},
        {"first": first, "middle": of("", "B", "C D"), "last": last},
    ]
)
STATUS = one(
    ("Status", "Employment Status", "state", "Left"),
    sometimes(of("Active"), 7, "Left"),
    sometimes(of("ACTIVE", "On leave"), 6, "TERMINATED"),
    sometimes(of("aktiv"), 5, "ausgeschieden "),
    sometimes(of(""), 5, "Yes"),
    of("Active"),
)
ENDING = st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y"]).flatmap(
    lambda form: one(
        ("Leaving Date", "End", "Austritt", "x"),
        lambda n: day(n, form) if n % 6 == 3 else "",
        lambda n: "TBC" if n == 4 else day(n + 90, form) if n % 5 == 3 else "",
    )
)
OTHERS = (
    one(("Start Date", "Hired"), lambda n: day(n, "%d/%m/%Y"), lambda n: day(n + 60, "%Y-%m-%d")),
    one(("Contract Type", "Kind"), sometimes(of("Employee", "Part-time"), 5, "Contractor"),
        of("Employee", "Intern", "Apprentice")),
    one(("Manager", "Manager Email"), lambda n: f"{n % 3 + 1:04}", lambda n: email(n % 3)),
    one(("Department", "Team"), of("Operations", "People", "Sales"), of("OPS", "HR", "SLS")),
    one(("Salary", "Hours"), lambda n: f"{n + 1}.000", lambda n: f"{n},5", lambda n: str(n)),
    one(("Notes",), of(""), of("a: b", "# c", "'d'")),
)  # fmt: skip
NESTED = some(
    one(("termination",), sometimes(of(None), 5, {"terminationDate": "2025-11-10", "reason": "V"}),
        lambda n: {"terminationDate": day(n, "%Y-%m-%d") if n % 5 == 3 else None}),
    one(("address",), of({"city": "Bath", "zip": "1"}, None), of({}, {"city": "Bath"})),
    one(("isActive",), sometimes(of(True), 5, False)),
    one(("salary",), lambda n: 1000 + n),
    one(("tags",), of([], ["a"])),
)  # fmt: skip
KEYS = one(
    ("Staff No", "code", "Nr"), lambda n: f"{n + 1:04}", lambda n: str(n + 1), lambda n: f"W-{n}"
)
EMAILS = one(("Email", "Work Email"), email, sometimes(email, 6, ""), lambda n: email(n).lower())
PEOPLE = st.builds(lambda *parts: {k: v for each in parts for k, v in each.items()}, KEYS, NAMES,
                   some(EMAILS, STATUS, ENDING, *OTHERS))  # fmt: skip

SWITCH = one(("active", "Active", "status", "closed"), of(True), of("true"), of("Yes", "No"), of(1),
             of("active", "inactive"))  # fmt: skip
USERS = some(
    one(("reference", "no", "employeeNumber"), lambda n: f"{n + 1:04}", lambda n: str(n + 1),
        lambda n: n + 1),
    NAMES | st.just({"name": lambda n: f"{first(n)} {last(n)}"}),
    one(("email",), lambda n: email(n).lower(), email),
    SWITCH,
    one(("leaveDate", "endDate"), of(None), of("")),
    one(("department",), of("OPS", "HR", "SLS"), of("", "Sales")),
    one(("managerId",), lambda n: n % 3 + 500, of(None)),
    one(("salary", "hours"), lambda n: 1000 * n + 1000, lambda n: n + 0.5, lambda n: str(n)),
)  # fmt: skip


def write(path: Path, columns: Columns, count: int, id: Any = None) -> None:
    rows = [{key: column(n) for key, column in columns.items()} for n in range(count)]
    if id is not None:
        rows = [{"id": id(n), **row} for n, row in enumerate(rows)]
    if path.suffix == ".json":
        path.write_text(json.dumps(rows))
        return
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";" if count % 2 else ",")
        writer.writeheader()
        writer.writerows(rows)


def offered(folder: Path) -> None:
    """Take the `# ` from all that is offered, but for `only`, which is the other answer."""
    for path in folder.glob("m*.yaml"):
        path.write_text(re.sub("^# (?!only)", "", path.read_text(), flags=re.MULTILINE))


@given(
    people=PEOPLE, nested=st.just({}) | NESTED, users=USERS,
    endings=st.tuples(st.sampled_from(["json", "csv"]), st.sampled_from(["json", "csv"])),
    counts=st.tuples(st.integers(1, MOST), st.integers(0, MOST)),
    ids=st.sampled_from([lambda n: n + 500, lambda n: f"acc{n}", None]),
)  # fmt: skip
@settings(max_examples=settings().max_examples // 6)  # each is a folder, and ten commands
def test_a_draft_passes_its_own_test_and_breaks_no_law(
    tmp_path_factory: pytest.TempPathFactory, people: Columns, nested: Columns, users: Columns,
    endings: tuple[str, str], counts: tuple[int, int], ids: Any,
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("draft")
    source, target = folder / f"p.{endings[0]}", folder / f"u.{endings[1]}"
    write(source, {**people, **(nested if endings[0] == "json" else {})}, counts[0])
    if counts[1] == 0 and endings[1] == "json":
        target.write_text("[]")
    else:
        write(target, users, max(counts[1], 1), ids or (lambda n: str(n)))
    mapping = str(folder / "m.yaml")
    assert run(["new", mapping, "--source", str(source), "--target", str(target), "--quiet"]) == 0
    commands = [["validate"], ["prove", "--situations", "100"]]
    if (folder / "m.test.yaml").exists():  # there is none where no record stands for the others
        commands.append(["test"])
    for _ in range(2):
        text = "\n".join(path.read_text() for path in sorted(folder.glob("m*.yaml")))
        for command, *options in commands:
            assert run([command, mapping, "--quiet", *options]) == 0, f"{command}:\n{text}"
        offered(folder)
