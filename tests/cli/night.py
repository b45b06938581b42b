"""A night that tests can move: `oneway` as a process whose clock is ours.

The clock is the machine's, and so many seconds more as a file says, so that it goes on by
itself and can be put anywhere while the process runs.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from cli_world import MAPPING, TEAMS, person
from test_cli_process import environment

from oneway.history.journal import Journal, Run, Why
from oneway.history.journal.schedule_claims import ClaimedDue, schedule_statuses
from patience import PATIENCE

T = TypeVar("T")
FILE = "NIGHT_CLOCK"
"""The variable with the path of the file."""
_PATHS = [str(each) for each in Path(__file__).parents[:2]]
DRIVEN = f"import sys; sys.path[:0] = {_PATHS!r}; import night; night.main()"


def now() -> datetime:
    """Return the present of the night."""
    more = timedelta(seconds=float(Path(os.environ[FILE]).read_text()))
    return (datetime.now(UTC) + more).replace(microsecond=0)


def main() -> None:
    """Be `oneway`, by this clock; `serve` looks more often, for tests put clocks and files."""
    from oneway.cli import clock
    from oneway.scheduling import loop

    clock.now = now
    loop.POLL, loop.LOOK = timedelta(seconds=0.2), timedelta(seconds=0.1)
    from oneway.cli import main as oneway

    oneway()


@dataclass
class Night:
    """A working folder with connections over files, and schedulers that run there."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    logs: int = 0

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    def set_clock(self, text: str) -> None:
        """Put the clock to an instant; it goes on from there."""
        more = datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime.now(UTC)
        self._set_ahead(more.total_seconds())

    def let_pass(self, seconds: float) -> None:
        """Let so many seconds be gone at once, also under a process that runs."""
        self._set_ahead(float(self.clock.read_text()) + seconds)

    def _set_ahead(self, seconds: float) -> None:
        beside = self.clock.with_suffix(".new")
        beside.write_text(str(seconds))
        beside.replace(self.clock)

    def add(self, name: str, people: int = 3, **keys: Any) -> None:
        """Make a connection with people and users of its own."""
        data = {"people": [person(n) for n in range(1, people + 1)], "users": [], "teams": TEAMS}
        mapping = MAPPING
        for each, content in data.items():
            mapping = mapping.replace(f"{each}.json", f"{each}-{name}.json")
            (self.folder / f"{each}-{name}.json").write_text(json.dumps(content))
        (self.folder / f"{name}-mapping.yaml").write_text(mapping)
        self.connect(name, f"{name}-mapping.yaml", **keys)

    def connect(self, name: str, mapping: str, **keys: Any) -> None:
        """Write a connection's file; its schedule is 04:00 UTC, without a spread."""
        found = {
            "oneway_connection": 1,
            "name": name,
            "mapping": os.path.relpath(mapping, "connections"),
            "schedule": {"cron": "0 4 * * *", "spread": "0s"},
            **keys,
        }
        (self.folder / "connections").mkdir(exist_ok=True)
        (self.folder / "connections" / f"{name}.yaml").write_text(json.dumps(found))

    @contextmanager
    def scheduler(self, *args: str, stderr: int | None = None) -> Iterator["Scheduler"]:
        """Give a running `oneway serve` (or what the arguments say), killed in the end.

        `stderr` is the file that standard error goes to, in place of a log.
        """
        self.logs += 1
        log = self.folder / f"log-{self.logs}.txt"
        command = [sys.executable, "-c", DRIVEN, *(args or ("serve", "--listen", "off"))]
        env = environment(**{FILE: str(self.clock), **self.variables})
        with (
            log.open("w") as file,
            subprocess.Popen(
                command,
                cwd=self.folder,
                env=env,
                stderr=file if stderr is None else stderr,
                stdout=subprocess.PIPE,
                text=True,
            ) as process,
        ):
            try:
                yield Scheduler(process, log)
            finally:
                process.kill()

    def run(self, *args: str, stderr: int | None = None) -> "Scheduler":
        """Run a command to its end."""
        with self.scheduler(*args, stderr=stderr) as found:
            found.out, _ = found.process.communicate(timeout=PATIENCE)
        return found

    def runs(self, name: str | None = None) -> tuple[Run, ...]:
        """Return the runs that were made by the schedule, oldest first."""
        with Journal.open(self.folder / ".oneway" / "journal.db") as journal:
            found = journal.runs(name, limit=1000)
        return tuple(each for each in reversed(found) if each.start.why is Why.SCHEDULE)

    def last_due(self, name: str) -> ClaimedDue | None:
        """Return the newest due of a connection that was taken."""
        with Journal.open(self.folder / ".oneway" / "journal.db") as journal:
            return schedule_statuses(journal)[name].last


@dataclass
class Scheduler:
    """A process, and what it has said so far."""

    process: subprocess.Popen[str]
    log: Path
    out: str = ""

    @property
    def said(self) -> str:
        return self.log.read_text()

    def says(self, *words: str) -> str:
        """Wait until each of some words was said, and return all that was."""

        def all_said() -> str | None:
            text = self.said
            return text if all(word in text for word in words) else None

        return until(all_said, lambda: f"never said {words}, but: {self.said}")

    def ends(self) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(PATIENCE)


def until(found: Callable[[], T | None], why: Callable[[], str]) -> T:
    """Return what is found once it is; fail with why it was not."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(why())
