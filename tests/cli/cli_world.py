"""What the tests of the command line work with: a mapping over files, and how to run it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands import Ended
from patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]

MAPPING = """\
oneway: 1
name: people-to-users
title: People become users
label: name
settings:
  with_phone: {type: boolean, default: false, description: Copy phone numbers.}
  days: {type: integer, default: 30, description: Any whole number.}
  region: {type: string, default: north, description: Any text.}
  factor: {type: number, default: 1.5, description: Any number.}
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
references:
  teams: {from: target, resource: teams.json, key: code, value: id}
match:
  - {source: code, target: reference}
eligible:
  - {id: email, when: email, otherwise: Email is missing, for: [joiners, movers]}
fields:
  reference: {from: code, write: on_create}
  name: name
  email: {from: email, compare: ignore_case}
  team: {from: team, lookup: teams}
  phone: {from: phone, when: setting('with_phone'), sensitive: true}
joiners: {create: true, unless_taken: [email]}
leavers:
  when: left
  set: {leaveDate: today()}
  left: leaveDate
"""
OF_TABLES = """\
oneway: 1
name: m
source: {connector: file, resource: people.csv, options: {id: Nr}}
target: {connector: file, resource: users.csv}
match: [{source: Nr, target: number}]
fields: {number: {from: Nr, write: on_create}, name: Name}
leavers: {when: Left == 'yes', set: {on: {value: "FALSE"}}, left: on == 'FALSE'}
"""
"""From `people.csv` (Nr, Name, Left) to `users.csv` (id, number, name, on)."""
TEAMS = [{"id": 7, "code": "OPS"}, {"id": 8, "code": "LAB"}]


def person(number: int, **changed: Any) -> dict[str, Any]:
    """Return a person as the source has them."""
    code = f"P{number:03}"
    return {
        "id": f"s{number}",
        "code": code,
        "name": f"Person {number}",
        "email": f"{code}@example.com",
        "team": "OPS",
        "left": False,
        "phone": None,
    } | changed


def user(number: int, **changed: Any) -> dict[str, Any]:
    """Return the user that stands for a person."""
    found = person(number)
    return {
        "id": number,
        "reference": found["code"],
        "name": found["name"],
        "email": found["email"].lower(),
        "team": 7,
        "leaveDate": None,
    } | changed


@dataclass(frozen=True)
class World:
    """A working folder: `people.json`, `users.json`, `teams.json` and `m.yaml`."""

    folder: Path
    run: Callable[..., Ended]

    def write(self, name: str, data: object) -> Path:
        path = self.folder / name
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return path

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


def struck_out(text: str) -> str:
    """Return a drafted mapping without its questions: they are answered by doing nothing."""
    found = re.sub(r"^questions:.*\n(?:  .*\n)+", "", text, flags=re.MULTILINE)
    assert found != text
    return found


def process(
    *args: object, cwd: Path, env: dict[str, str] | None = None, code: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `python -m oneway` (or `code`) as a process of its own."""
    path = os.pathsep.join(str(ROOT / each) for each in ("engine", "connectors"))
    how = ["-c", code] if code else ["-m", "oneway"]
    return subprocess.run(
        [sys.executable, *how, *map(str, args)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, **(env or {})},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
