"""A folder with a connection, whoever runs it, and all places that tell of it."""

import io
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any
from unittest.mock import patch

sys.path[:0] = [
    str(each) for each in (Path(__file__).parents[1] / "cli", Path(__file__).parents[1])
]

from night import FILE, Night, Scheduler, now, until  # noqa: E402

from crash.disk import fill, mounted  # noqa: E402
from listener import Listener, listening  # noqa: E402
from listener import status as accepted  # noqa: E402
from oneway.cli import clock, options, report, runs, status  # noqa: E402
from oneway.cli.entry import run  # noqa: E402
from oneway.history.journal import Journal  # noqa: E402
from oneway.scheduling.health_state import HealthState  # noqa: E402
from oneway.scheduling.metrics import metrics  # noqa: E402

from .system import KEY, MANIFEST, Target, Troubles, target  # noqa: E402

NAME = "acme"
FIRST = datetime(2026, 11, 23, 12, tzinfo=UTC)
MAPPING = """\
oneway: 1
name: people-to-users
label: name
source: {connector: file, resource: people.json}
target: {connector: expenses, resource: users}
match:
  - {source: code, target: reference}
eligible:
  - {id: email, when: email, otherwise: Email is missing, for: [joiners, movers]}
fields:
  reference: {from: code, write: on_create}
  name: name
  email: {from: email, compare: ignore_case}
joiners: {create: true}
leavers:
  when: left
  set: {leaveDate: today()}
  left: leaveDate
guards:
  updates: {share: 30 %, floor: 5}
  leavers: {share: 10 %, floor: 2}
"""


@dataclass(frozen=True)
class Said:
    """What the places say after a night."""

    status: Mapping[str, Any]
    runs: Mapping[str, Any]
    shown: Mapping[str, Any]
    metrics: str
    notices: tuple[Mapping[str, Any], ...]
    report: str

    def metric(self, name: str, **labels: str) -> float:
        """Return the value of a metric of the connection; 0 where there is none."""
        for line in self.metrics.splitlines():
            wanted = {"connection": NAME, **labels}
            named = all(f'{key}="{value}"' in line for key, value in wanted.items())
            if line.startswith(f"{name}{{") and named:
                return float(line.rpartition(" ")[2])
        return 0.0


@dataclass
class Stage:
    """Where a night is lived; `day` is the next night, at four."""

    night: Night
    target: Target
    hook: Listener
    day: datetime = FIRST
    people: list[dict[str, Any]] = field(default_factory=list)
    heard: int = 0
    exit: int = 0
    end: ExitStack = field(default_factory=ExitStack)
    """What is to be undone after the night."""

    @property
    def folder(self) -> Path:
        return self.night.folder

    def write_people(self) -> None:
        """Export payroll's people."""
        (self.folder / "people.json").write_text(json.dumps(self.people))

    def four(self, days: int = 1) -> None:
        """Let it be four in the morning, so many nights on."""
        self.day = (self.day + timedelta(days=days)).replace(hour=4)
        self.night.set_clock(self.day.strftime("%Y-%m-%dT%H:%M:%S"))

    def full_disk(self) -> Path:
        """Let the state folder be a small disk that is full, and return the file that fills it."""
        state, kept = self.folder / ".oneway", self.folder / "kept"
        state.rename(kept)
        state.mkdir(mode=0o700)
        self.end.enter_context(mounted(state))
        copytree(kept, state, dirs_exist_ok=True)
        return fill(state, free=0)

    def run_due(self, days: int = 1) -> Scheduler:
        """Run what is due that night, to its end."""
        self.four(days)
        found = self.night.run("run-due")
        self.exit = found.ends()
        return found

    @contextmanager
    def hanging(self, at: int, *command: str) -> Iterator[Scheduler]:
        """Give a process that waits in the middle of its write number `at` of the night."""
        self.target.troubles.hangs_at = self.target.writes + at
        self.target.reached.clear()
        self.target.released.clear()
        with self.night.scheduler(*command) as running:
            until(self.target.reached.is_set, lambda: running.said)
            yield running

    def hang_again(self, running: Scheduler) -> None:
        """Let the write go on that hangs, and the one after it hang."""
        target, created = self.target, len(self.target.users)
        target.troubles.hangs_at = target.writes + 1
        target.reached.clear()
        target.released.set()
        until(lambda: len(target.users) > created, lambda: running.said)
        target.released.clear()

    def kill(self, running: Scheduler) -> None:
        """Kill a process and the run that it started, as a machine's end does."""
        for holder in (self.folder / ".oneway" / "locks").glob("*.holder"):
            pid = json.loads(holder.read_text())["process"]
            if pid != running.process.pid:
                with suppress(ProcessLookupError):  # of a run that ended long ago
                    os.kill(pid, signal.SIGKILL)
        running.process.kill()
        running.process.wait()
        self.target.released.set()

    def ask(self, *command: str) -> str:
        """Return what a command prints that only reads; it shares this process, not the clock."""
        out = io.StringIO()
        variables = {FILE: str(self.night.clock)}
        with (
            chdir(self.folder),
            patch.dict(os.environ, {**self.night.variables, **variables}),
            patch.object(clock, "now", now),
            patch.object(options, "now", now),
            patch.object(report, "now", now),
            patch.object(status, "now", now),
            patch.object(runs, "now", now),
            redirect_stdout(out),
        ):
            run([*command])
        return out.getvalue()

    def told(self) -> Said:
        """Ask every place."""
        fleet = json.loads(self.ask("status", "--format", "json"))
        listed = json.loads(self.ask("runs", NAME, "--format", "json"))["runs"]
        shown = json.loads(self.ask("runs", "show", NAME, "--format", "json"))
        report = self.ask("report", NAME)
        with Journal.open(self.folder / ".oneway" / "journal.db") as journal:
            page = metrics(lambda: journal, HealthState())().decode()
        notices = tuple(json.loads(each.body) for each in self.hook.heard[self.heard :])
        status = next(
            (e for e in fleet["connections"] if e["name"] == NAME), fleet["connections"][0]
        )
        return Said({**status, "fleet": fleet}, listed[0], shown, page, notices, report)


@dataclass
class Theatre:
    """One target and one receiver of notices for all nights, and the folder after a good night."""

    target: Target
    hook: Listener
    good: Path

    @contextmanager
    def stage(self, folder: Path) -> Iterator[Stage]:
        """Give a connection of eight people that has had a good night."""
        copytree(self.good, folder, dirs_exist_ok=True)
        self.target.troubles = Troubles()
        self.target.users = {100 + n: user(n) for n in range(1, 9)}
        self.hook.answers[:] = [accepted(204)]
        found = _stage(folder, self.target, self.hook)
        found.day = FIRST
        found.four()
        found.heard = len(self.hook.heard)
        with found.end:
            yield found
            self.target.released.set()


@contextmanager
def theatre(folder: Path) -> Iterator[Theatre]:
    """Give what all nights share."""
    with target() as system, listening() as hook:
        (folder / "connectors").mkdir(parents=True)
        (folder / "connectors" / "expenses.yaml").write_text(MANIFEST)
        (folder / "mapping.yaml").write_text(MAPPING)
        found = _stage(folder, system, hook)
        found.write_people()
        found.night.set_clock(FIRST.strftime("%Y-%m-%dT%H:%M:%S"))
        (folder / "connections").mkdir()
        default = {"oneway_notify": 1, "notify": [{"webhook": {"url": hook.url}}]}
        (folder / "connections" / "notify.yaml").write_text(json.dumps(default))
        found.night.connect(
            NAME,
            "mapping.yaml",
            target={
                "options": {"base_url": system.url},
                "origin": system.url,
                "manifest": "../connectors/expenses.yaml",
                "credentials": {"api_key": {"env": "ONEWAY_EXPENSES_API_KEY"}},
            },
        )
        first = found.night.run("run-due")
        assert first.ends() == 0, first.said
        good = found.run_due()
        assert good.ends() == 0, good.said
        assert len(system.users) == len(found.people), good.said
        yield Theatre(system, hook, folder)


def _stage(folder: Path, system: Target, hook: Listener) -> Stage:
    night = Night(folder, {"ONEWAY_EXPENSES_API_KEY": KEY})
    return Stage(night, system, hook, people=[person(number) for number in range(1, 9)])


def user(number: int) -> dict[str, Any]:
    """Return the user of a person after the good night."""
    found = person(number)
    names = {"reference": found["code"], "name": found["name"], "email": found["email"]}
    return {"id": 100 + number, **names}


def person(number: int, **changed: Any) -> dict[str, Any]:
    """Return a person as payroll has them."""
    code = f"P{number:03}"
    plain = {"id": f"s{number}", "code": code, "name": f"Person {number}", "left": False}
    return {**plain, "email": f"{code.lower()}@example.com", **changed}
