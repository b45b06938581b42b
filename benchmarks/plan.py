"""How long, and in how much memory, `oneway plan` plans two files of records.

    python benchmarks/plan.py                      100,000 records on each side
    python benchmarks/plan.py --records 10000

Prints, for each figure, the median of the runs. Times are also given as a ratio to the
floor: reading the same two files with `json.loads` and nothing else, in a process of its
own, run in turn with the plan, so that a slow or busy machine slows both.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from people import write_people

ROOT = Path(__file__).resolve().parent.parent
MAPPING = ROOT / "mappings" / "staffology-to-expensein.yaml"
FLOOR = """
import json, sys
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        for line in file:
            json.loads(line)
"""


ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
"""As usual, modules are compiled once: otherwise all that a start takes is Python's compiler."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one process took: seconds by the clock and of the processor, peak bytes of memory."""

    wall: float
    processor: float
    memory: int


def measured(command: Sequence[str], folder: Path) -> Figures:
    """Run a command to its end and return what it took; end this program where it fails."""
    began = time.perf_counter()
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdout=output, stderr=output
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        print((folder / "output.txt").read_text(encoding="utf-8", errors="replace")[-2000:])
        sys.exit(f"{command[0]} ended with {process.returncode}")
    wall = time.perf_counter() - began
    return Figures(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def main() -> None:
    """Generate the people, run both in turn, print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oneway-bench-") as name:
        folder = Path(name)
        counts = write_people(folder, given.records)
        plan = [
            *(sys.executable, "-m", "oneway", "plan", str(MAPPING)),
            *("--source", "source.jsonl", "--target", "target.jsonl"),
            *("--reference", "departments=departments.json"),
            *("--set", "include_bank_details=true", "--as-of", "2026-11-22", "--limit", "1"),
        ]
        floor = [sys.executable, "-c", FLOOR, "source.jsonl", "target.jsonl"]
        pairs = [(measured(plan, folder), measured(floor, folder)) for _ in range(given.runs)]
    figures = {
        "records": counts,
        "plan_seconds": statistics.median(a.wall for a, _ in pairs),
        "floor_seconds": statistics.median(b.wall for _, b in pairs),
        "processor_ratio": statistics.median(a.processor / b.processor for a, b in pairs),
        "peak_bytes": max(a.memory for a, _ in pairs),
        "peak_bytes_a_record": max(a.memory for a, _ in pairs) / sum(counts.values()),
    }
    print(json.dumps(figures, indent=2) if given.json else table(figures))


def table(figures: dict[str, object]) -> str:
    """Return the figures for people."""
    lines = [
        f"{name:<22}{value:>14,.2f}" if isinstance(value, float) else f"{name:<22}{value!s:>14}"
        for name, value in figures.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
