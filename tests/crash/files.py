"""A run between two files, killed at every step or system call, gone on with, and compared.

    python -m tests.crash.files matrix [--every K] [--twice N] [--workers W]
    python -m tests.crash.files real [--points 500] [--workers W] [--fail]

The same people and the same mapping as in `tests.crash.matrix`. A file has no tokens and refuses
no second user; all writes of a run reach it with one rename.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from oneway_connectors.sandbox.people import Population

from . import matrix, real
from .scene import EXPENSES, Scene

SOURCE, TARGET, DEPARTMENTS = "people.json", "users.json", "departments.json"


class Files:
    """Two files in a folder, and one of departments."""

    def __init__(self, people: Population, folder: Path) -> None:
        self._people = people
        self._folder = folder
        self.apps: dict[str, ASGIApp] = {}
        self.tokens_given = 0
        self.reset()

    def reset(self) -> None:
        """Hold again what was held at the start."""
        people = self._people
        held = {SOURCE: people.employees, TARGET: people.users, DEPARTMENTS: people.departments}
        for name, records in held.items():
            (self._folder / name).write_text(json.dumps(records), encoding="utf-8")

    def saved(self) -> bytes:
        """Return all that a run can change, as `restore` takes it."""
        return (self._folder / TARGET).read_bytes()

    def restore(self, saved: bytes) -> None:
        """Hold again what was held at an earlier moment."""
        (self._folder / TARGET).write_bytes(saved)

    def held(self) -> Counter[str]:
        """Return the users, each as text; ids, which the file gives, aside."""
        return self._records(TARGET, "id")

    def source(self) -> Counter[str]:
        """Return the employees, each as text."""
        return self._records(SOURCE)

    def writes(self) -> Counter[str]:
        """Return nothing: what was written twice shows in the users alone."""
        return Counter()

    def _records(self, name: str, without: str = "") -> Counter[str]:
        records: list[dict[str, Any]] = json.loads((self._folder / name).read_bytes())
        said = ({k: v for k, v in each.items() if k != without} for each in records)
        return Counter(json.dumps(each, sort_keys=True) for each in said)


def nowhere(urls: Mapping[str, str]) -> dict[str, str]:
    """Return no addresses: nothing is asked over a wire."""
    del urls
    return {}


FILES = Scene(
    mapping=EXPENSES.mapping,
    both=Files,
    environment=nowhere,
    settings=(
        *EXPENSES.settings,
        (
            "{connector: staffology, resource: employees}",
            f"{{connector: file, resource: {SOURCE}}}",
        ),
        ("{connector: expensein, resource: users}", f"{{connector: file, resource: {TARGET}}}"),
        ("resource: departments\n", f"resource: {DEPARTMENTS}\n"),
    ),
    written=TARGET,
)


def main() -> int:
    """Run one of the two; return 1 where anything went wrong."""
    commands = {"matrix": matrix.main, "real": real.main}
    if sys.argv[1:2] not in ([name] for name in commands):
        print(__doc__)
        return 2
    return commands[sys.argv[1]](sys.argv[2:], scene=FILES)


if __name__ == "__main__":
    sys.exit(main())
