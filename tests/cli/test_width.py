"""What commands print fits 80 columns, wherever a line can be broken; names may be long."""

import csv
import json
import re

from cli_world import World

MAPPING = "staff-of-all-countries-to-users-of-the-expense-system.yaml"
PEOPLE = "people-export-of-the-whole-company-of-all-countries-2026-11-29.csv"
USERS = "users-of-the-expense-system-of-all-countries.json"
PLAN = "plan-of-the-night-of-the-thirtieth-of-november-for-review.json"
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
    (world.folder / USERS).write_text(json.dumps(users))


def may_be_wide(line: str) -> bool:
    """Return whether a line is not broken on purpose, or cannot be.

    A command is to be copied; editors and CI read the first line of a finding; a path is one word.
    """
    command = line.lstrip().startswith("oneway ")
    finding = re.search(r": (error|warning|note): .*\[[A-Z][0-9]+\]$", line) is not None
    path = next((word for word in line.split(" ") if MAPPING[:20] in word or PEOPLE in word), "")
    return command or finding or len(line) - len(path) < WIDTH // 2


def test_what_is_printed_fits_a_terminal(world: World) -> None:
    long_names(world)
    commands = [
        ("new", MAPPING, "--source", PEOPLE, "--target", USERS),
        ("validate", MAPPING),
        ("test", MAPPING, "--coverage"),
        ("prove", MAPPING, "--situations", "50"),
        ("plan", MAPPING, "--out", PLAN),
        ("plan", MAPPING, "--verbose"),
        ("check", MAPPING),
        ("explain", MAPPING, "00003"),
        ("explain", MAPPING, "00007"),
        ("apply", PLAN, "--approve", "x"),
        ("sync", MAPPING),
        ("sync", MAPPING, "--allow", "leavers=20"),
        ("runs",),
        ("runs", "1"),
        ("status",),
        ("functions",),
        ("functions", "parse_number"),
        ("connectors",),
        ("connectors", "expensein"),
        ("impact", MAPPING, "--old", MAPPING),
        ("same", MAPPING, MAPPING),
        ("report", PLAN, "--out", "report.html"),
        ("replay", "2"),
    ]
    wide: list[str] = []
    for command in commands:
        ended = world.run(*command)
        if command[0] == "new":  # the rest of the commands is about an answered mapping
            answered(world)
        lines = (ended.out + "\n" + ended.err).splitlines()
        wide += [
            f"{command[0]}: {line}" for line in lines if len(line) > WIDTH and not may_be_wide(line)
        ]
    assert wide == []


def answered(world: World) -> None:
    """Take the `# ` from all that is offered, and answer the questions."""
    for name in (MAPPING, MAPPING.replace(".yaml", ".test.yaml")):
        path = world.folder / name
        text = re.sub("^# (?!only)", "", path.read_text(), flags=re.MULTILINE)
        path.write_text(re.sub(r"^questions:.*?\n\n", "\n", text, flags=re.MULTILINE | re.DOTALL))
