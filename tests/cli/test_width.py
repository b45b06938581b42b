"""What each command prints fits 80 columns, wherever a line can be broken; names may be long."""

import csv
import json
import re

import pytest
from cli_world import World

from oneway.cli import console, entry
from oneway.cli.exits import Exit
from oneway.render.layout import columns
from oneway.render.style import Style

MAPPING = "staff-of-all-countries-to-users-of-the-expense-system.yaml"
PEOPLE = "people-export-of-the-whole-company-of-all-countries-2026-11-29.csv"
USERS = "users-of-the-expense-system-of-all-countries.json"
PLAN = "plan-of-the-night-of-the-thirtieth-of-november-for-review.json"
CONNECTION = "the-customer-with-the-longest-name-of-all-of-them-in-the-list"[:60].rstrip("-")
SMALL = "a-small-mapping-of-a-few-fields-of-the-people-of-all-countries.yaml"
BAD_CONNECTION = "a-connection-whose-file-is-broken-in-several-places-at-once.yaml"
WIDTH = 80


def long_names(world: World) -> None:
    rows = [
        {
            "Staff No": f"{n:05}",
            "First Name": "Maximiliana-Theodora",
            "Last Name": f"Featherstonehaugh-Cholmondeley{n}",
            "Email": f"maximiliana.featherstonehaugh-cholmondeley{n}@a-very-long-name.example.com",
            "Status": "Left" if n % 7 == 3 else "Active",
            "Contract Type": "Contractor" if n % 5 == 4 else "Employee",
            "Department": ["Operations", "People"][n % 2],
            "Salary": f"{n + 1}.000",
        }
        for n in range(30)
    ]
    rows[5]["Email"], rows[8]["Staff No"] = "", "00007"
    with (world.folder / PEOPLE).open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    users = [
        {"id": 500 + n, "reference": row["Staff No"], "firstName": row["First Name"],
         "lastName": row["Last Name"], "email": row["Email"], "active": True,
         "department": row["Department"][:3].upper(), "salary": 1000 * n}
        for n, row in enumerate(rows[:20])
    ]  # fmt: skip
    world.write(USERS, users)


UNTIL_STOPPED = {"serve", "lsp", "sandbox"}
"""What prints lines of a log, or a protocol, until it is stopped."""
SYSTEMS = {"connect", "demo"}
"""What needs systems: test_connect.py and test_start.py look at their lines."""

COMMANDS = [
    ("new", MAPPING, "--source", PEOPLE, "--target", USERS),
    ("validate", MAPPING),
    ("validate", "broken.yaml", BAD_CONNECTION),
    ("test", MAPPING, "--coverage"),
    ("test", SMALL, "--mutate"),
    ("test", MAPPING, "--record", "00003"),
    ("prove", MAPPING, "--situations", "50"),
    ("same", MAPPING, MAPPING),
    ("same", MAPPING, "edited.yaml", "--situations", "50"),
    ("ci", "github"),
    ("ci", "gitlab", "--source", PEOPLE),
    ("impact", MAPPING, "--old", MAPPING),
    ("impact", MAPPING, "--old", "edited.yaml"),
    ("plan", MAPPING, "--out", PLAN),
    ("plan", MAPPING, "--verbose"),
    ("plan", "misread.yaml"),
    ("keys",),
    ("apply", PLAN, "--approve", "x"),
    ("sync", MAPPING),
    ("sync", MAPPING, "--allow", "leavers=20"),
    ("sync", CONNECTION),
    ("resume",),
    ("status",),
    ("status", "--all", "--verbose"),
    ("runs",),
    ("runs", "show", "1"),
    ("runs", "show", "latest"),
    ("report", PLAN, "--out", "report.html"),
    ("replay", "2"),
    ("run-due", "--dry-run"),
    ("run-due",),
    ("notify", "test", CONNECTION),
    ("notify", "list"),
    ("explain", MAPPING, "00003"),
    ("explain", MAPPING, "00007"),
    ("explain", MAPPING, "nobody of this name"),
    ("check", MAPPING),
    ("compile", MAPPING),
    ("eval", 'join(` `, ["First Name", Email])', "--mapping", MAPPING, "--record", "00003"),
    ("functions",),
    ("functions", "parse_number"),
    ("docs",),
    ("docs", "no such page"),
    ("connectors",),
    ("connectors", "expensein"),
    ("init",),
    ("schema", "no such schema"),
    ("forget", "00003", "--connection", CONNECTION),
    ("disconnect", CONNECTION),
]  # fmt: skip


def may_be_wide(line: str) -> bool:
    """Return whether a line is not broken on purpose, or cannot be.

    A command is to be copied; a line of a log is one event; a path, or a value without a space, is
    one word.
    """
    command = line.lstrip().startswith("oneway ") or ": oneway " in line
    event = re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", line) is not None
    word = max((word for word in line.split(" ")), key=len, default="")
    return command or event or len(line) - len(word) < WIDTH // 2


def is_code(command: tuple[str, ...], line: str) -> bool:
    """Return whether a line is of a file that is printed: code, or a workflow."""
    return command[0] in ("compile", "ci") and not line.lstrip().startswith("#")


@pytest.fixture
def read_by_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print as on a terminal: a program that reads has each finding's first line whole."""
    style = Style(color=False, width=WIDTH, terminal=True)
    monkeypatch.setattr(console, "_style", lambda *_, **__: style)


@pytest.mark.usefixtures("read_by_a_person")
def test_what_is_printed_fits_a_terminal(world: World) -> None:
    long_names(world)
    wide: list[str] = []
    for command in COMMANDS:
        ended = world.run(*command)
        assert ended.code != Exit.USAGE, (command, ended.err)
        if command[0] == "new":  # the rest of the commands is about an answered mapping
            answered(world)
            edited(world)
        lines = (ended.out + "\n" + ended.err).splitlines()
        wide += [
            f"{' '.join(command)}: {line}"
            for line in lines
            if columns(line) > WIDTH and not may_be_wide(line) and not is_code(command, line)
        ]
    assert not wide, "\n".join(wide)


def test_every_command_is_among_them() -> None:
    named = {each[0] for each in COMMANDS} | UNTIL_STOPPED | SYSTEMS
    assert named == {each.name for each in entry.COMMANDS}


@pytest.mark.parametrize("command", [each.name for each in entry.COMMANDS])
def test_the_help_of_every_command_fits_a_terminal(world: World, command: str) -> None:
    ended = world.run(command, "--help")
    assert [line for line in ended.out.splitlines() if len(line) > WIDTH] == []


def edited(world: World) -> None:
    """Make what is wrong or different in every way that these commands tell."""
    text = (world.folder / MAPPING).read_text()
    world.write("edited.yaml", text.replace("trim(", "upper("))
    world.write("broken.yaml", text.replace("firstName:", "firstNaem:").replace("lower(", "lowr("))
    world.write("misread.yaml", text.replace("    types: ", "    types: Email=date:dd/MM/yyyy, "))
    small = {
        "oneway": 1, "name": "small",
        "source": {"connector": "file", "resource": PEOPLE, "options": {"id": "Staff No"}},
        "target": {"connector": "file", "resource": USERS},
        "match": [{"source": '"Staff No"', "target": "reference"}],
        "fields": {"reference": '"Staff No"', "email": "lower(Email)", "firstName": '"First Name"'},
        "leavers": {
            "when": "Status == 'Left'", "set": {"active": {"value": False}}, "left": "!active",
        },
    }  # fmt: skip
    world.write(SMALL, small)
    recorded = world.run("test", SMALL, "--record", "00004")
    world.write(SMALL.replace(".yaml", ".test.yaml"), recorded.out)
    (world.folder / "connections").mkdir()
    notify = [{"folder": {"path": "../reports-of-the-night-for-payroll-and-for-the-operators"}}]
    good = {"oneway_connection": 1, "name": CONNECTION, "mapping": f"../{MAPPING}"}
    (world.folder / "connections" / f"{CONNECTION}.yaml").write_text(
        json.dumps(good | {"notify": notify})
    )
    world.write(BAD_CONNECTION, good | {"settings": {"no_such": 1}, "schedul": "never"})


def answered(world: World) -> None:
    """Take the `# ` from all that is offered, and answer the questions."""
    for name in (MAPPING, MAPPING.replace(".yaml", ".test.yaml")):
        path = world.folder / name
        text = re.sub("^# (?!only)", "", path.read_text(), flags=re.MULTILINE)
        path.write_text(re.sub(r"^questions:.*?\n\n", "\n", text, flags=re.MULTILINE | re.DOTALL))
