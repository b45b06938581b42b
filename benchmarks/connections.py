"""Many connections that are due at the same minute, over one sandbox that enforces its limit.

    benchmarks/connections.py --connections 1000 --jobs 4 --rate 100

makes a folder with that many connections, each a customer of its own with ten to seventeen
people, and runs `oneway run-due` at four in two nights. Prints what store and sandboxes say:
that all ran, none twice, and that the second night wrote nothing; how long it took, the memory
of all processes together, and the most requests that any second held.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from at_night import AHEAD
from crowd import Crowd

from oneway.history.journal import Journal
from oneway_connectors.sandbox import running
from oneway_connectors.sandbox.expensein import KEY as EXPENSEIN_KEY
from oneway_connectors.sandbox.payroll import EMPLOYER
from oneway_connectors.sandbox.staffology import KEY as STAFFOLOGY_KEY

ROOT = Path(__file__).parent.parent
AT_NIGHT = Path(__file__).with_name("at_night.py")
SYSTEMS = ("staffology", "expensein")
KEYS = {"staffology": STAFFOLOGY_KEY, "expensein": EXPENSEIN_KEY}
TODAY = date(2026, 4, 1)
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
NIGHTS = (datetime(2026, 4, 2, 4, tzinfo=UTC), datetime(2026, 4, 3, 4, tzinfo=UTC))
CONNECTION = """\
oneway_connection: 1
name: {name}
mapping: ../staffology-to-expensein.yaml
source:
  manifest: ../connectors/staffology/manifest.yaml
  options: {{base_url: "{staffology}/of/{number}", employer: {employer}}}
  credentials: {{api_key: {{file: staffology.key}}}}
target:
  manifest: ../connectors/expensein/manifest.yaml
  options: {{base_url: "{expensein}/of/{number}/1.0"}}
  credentials: {{api_key: {{file: expensein.key}}}}
schedule: {{cron: "0 4 * * *", time_zone: UTC, spread: 0s}}
"""


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--rate", type=int, default=100, help="requests a second, of each system")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sandbox", choices=SYSTEMS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.sandbox:
        sandbox(given.sandbox, given.connections, given.rate)
        return
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), given.connections, given.jobs, given.rate)
    print(json.dumps(found, indent=2) if given.json else table(found))
    sys.exit(1 if found["wrong"] else 0)


def sandbox(system: str, customers: int, rate: int) -> None:
    """Run a sandbox until standard input ends; print where it is."""
    with running(Crowd(system, TODAY, customers=customers, rate_limit=rate)) as url:
        print(url, flush=True)
        sys.stdin.read()


def measured(folder: Path, connections: int, jobs: int, rate: int) -> dict[str, Any]:
    """Return the figures of two nights, and under `wrong` what is not as it should be."""
    names = [f"c{number:05d}" for number in range(1, connections + 1)]
    with ExitStack() as stack:
        urls = {s: stack.enter_context(listening(s, connections, rate)) for s in SYSTEMS}
        begin = time.monotonic()
        lay_out(folder, names, urls, rate)
        made = time.monotonic() - begin
        # What is seen for the first time is noted, and runs at its next due.
        noted = run_due(folder, jobs, NOON)
        first = night(folder, urls, names, jobs, NIGHTS[0])
        second = night(folder, urls, names, jobs, NIGHTS[1])
    wrong = [*first.wrong(rate, runs=1), *second.wrong(rate, runs=2)]
    wrong += [f"{c} was written in the second night" for c in second.wrote]
    return {
        "connections": connections,
        "jobs": jobs,
        "limit": rate,
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
        "files_written_s": round(made, 1),
        "noting_s": round(noted.seconds, 1),
        "first": first.figures,
        "second": second.figures,
        "wrong": wrong,
    }


@contextmanager
def listening(system: str, customers: int, rate: int) -> Iterator[str]:
    """Run a sandbox in a process of its own for the length of a block, which is given its URL."""
    command = [sys.executable, __file__, "--sandbox", system]
    command += ["--connections", str(customers), "--rate", str(rate)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


def lay_out(folder: Path, names: list[str], urls: Mapping[str, str], rate: int) -> None:
    """Write the connections, their mapping, keys, and manifests with a rate limit."""
    (folder / "connections").mkdir()
    mapping = ROOT / "mappings" / "staffology-to-expensein.yaml"
    (folder / mapping.name).write_bytes(mapping.read_bytes())
    for system in SYSTEMS:
        key = folder / "connections" / f"{system}.key"
        key.touch(mode=0o600)
        key.write_text(KEYS[system])
        shipped = ROOT / "connectors" / "oneway_connectors" / system / "manifest.yaml"
        own = folder / "connectors" / system / "manifest.yaml"
        own.parent.mkdir(parents=True)
        limit = f"rate_limit: {{requests: {rate}, seconds: 1}}\n"
        own.write_text(shipped.read_text().replace("\nresources:\n", f"\n{limit}\nresources:\n"))
    for number, name in enumerate(names, 1):
        text = CONNECTION.format(name=name, number=number, employer=EMPLOYER, **urls)
        (folder / "connections" / f"{name}.yaml").write_text(text)


@dataclass(frozen=True, slots=True)
class Ran:
    """One `oneway run-due`."""

    code: int
    seconds: float
    memory: "Peaks"
    stderr: str


@dataclass(frozen=True, slots=True)
class Night:
    """One `oneway run-due`, and what store and sandboxes said of it."""

    ran: Ran
    systems: Mapping[str, Any]
    runs: Counter[str]
    states: Counter[str]
    names: tuple[str, ...]

    @property
    def wrote(self) -> list[str]:
        """Return the customers that anything was written for."""
        found = self.systems["expensein"]
        return sorted({*found["created"], *found["updated"]})

    def wrong(self, rate: int, *, runs: int) -> list[str]:
        """Return what is not as it should be, in words."""
        found = [
            f"{n} has {self.runs[n]} runs, not {runs}" for n in self.names if self.runs[n] != runs
        ]
        if self.ran.code:
            found.append(f"run-due ended with {self.ran.code}: {self.ran.stderr[-500:]}")
        for system, each in self.systems.items():
            if each["most_in_a_second"] > rate:
                found.append(f"{system} was asked {each['most_in_a_second']} times in a second")
            found += [f"{system}: {k}" for k in each["counts"] if k.endswith(" 429")]
            found += [
                f"{n} users made for customer {c}" for c, n in each["created"].items() if n != 2
            ]
        return found

    @property
    def figures(self) -> dict[str, Any]:
        """Return the figures."""
        each = len(self.names)
        totals = {system: found["total"] for system, found in self.systems.items()}
        return {
            "seconds": round(self.ran.seconds, 1),
            "cpu_a_connection_s": round(self.ran.memory.cpu / each, 3),
            "peak_pss_mb": round(self.ran.memory.pss / 1024),
            "peak_rss_sum_mb": round(self.ran.memory.rss / 1024),
            "peak_processes": self.ran.memory.processes,
            "states": dict(self.states),
            "customers_written": len(self.wrote),
            "users_made": sum(self.systems["expensein"]["created"].values()),
            "users_changed": sum(self.systems["expensein"]["updated"].values()),
            "requests": totals,
            "requests_a_second": {s: round(n / self.ran.seconds, 1) for s, n in totals.items()},
            "most_in_a_second": {s: f["most_in_a_second"] for s, f in self.systems.items()},
            "answered_429": sum(
                n
                for f in self.systems.values()
                for k, n in f["counts"].items()
                if k.endswith(" 429")
            ),
        }


def night(
    folder: Path, urls: Mapping[str, str], names: list[str], jobs: int, at: datetime
) -> Night:
    """Run what is due at an instant, and ask everybody what happened."""
    for url in urls.values():
        asked(f"{url}/_sandbox/requests", "DELETE")
    ran = run_due(folder, jobs, at)
    systems = {s: asked(f"{url}/_sandbox/requests", "GET") for s, url in urls.items()}
    with Journal.open(folder / ".oneway" / "journal.db") as journal:
        runs = journal.runs(limit=10 * len(names))
    latest = {run.start.connection: run.state.value for run in reversed(runs)}
    counts = Counter(run.start.connection for run in runs)
    return Night(ran, systems, counts, Counter(latest.values()), tuple(names))


def run_due(folder: Path, jobs: int, at: datetime) -> Ran:
    """Run what is due at an instant."""
    command = [sys.executable, str(AT_NIGHT), "run-due", "--quiet", "--jobs", str(jobs)]
    ahead = {AHEAD: str(at.timestamp() - time.time())}
    begin = time.monotonic()
    with (folder / "stderr").open("w+") as stderr:
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=stderr, env=environment() | ahead
        )
        memory = Peaks(process.pid)
        with memory.watched():
            code = process.wait()
        stderr.seek(0)
        said = stderr.read()
    return Ran(code, time.monotonic() - begin, memory, said)


@dataclass(slots=True)
class Peaks:
    """The most memory that a process and all below it ever had, in kB, and the CPU they took.

    `pss` counts a page that several share once in all, as far as each of them has a part. `cpu`
    is in seconds, and counts those that have ended by whoever waited for them.
    """

    pid: int
    pss: int = 0
    rss: int = 0
    processes: int = 0
    cpu: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look twice a second for the length of a block."""
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            pids = below(self.pid)
            found = [memory_of(pid) for pid in pids]
            self.pss = max(self.pss, sum(each["Pss"] for each in found))
            self.rss = max(self.rss, sum(each["Rss"] for each in found))
            self.processes = max(self.processes, len(pids))
            self.cpu = max(self.cpu, sum(map(cpu_of, pids)))


def below(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found = [pid]
    for each in found:
        try:
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def memory_of(pid: int) -> Counter[str]:
    """Return the kB that the kernel counts for a process; nothing where it has ended."""
    found = Counter[str]()
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, size, *_ = line.split()
            found[name.rstrip(":")] = int(size)
    except (OSError, ValueError):
        pass
    return found


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU of a process and of those that it waited for."""
    try:
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
    except OSError:
        return 0.0
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def environment() -> dict[str, str]:
    """Return the environment of what is started: nothing of a connector is in it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ONEWAY_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def asked(url: str, method: str) -> Any:
    """Return what a sandbox says."""
    with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
        return json.load(answer)


def table(found: Mapping[str, Any]) -> str:
    """Return the figures as text."""
    lines = [f"{key:24}{value}" for key, value in found.items() if not isinstance(value, dict)]
    for name in ("first", "second"):
        lines += ["", name, *(f"  {key:22}{value}" for key, value in found[name].items())]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
