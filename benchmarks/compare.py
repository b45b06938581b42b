"""`make bench`: plans beside what others take for the same decisions, start-up, and the rest.

    python benchmarks/compare.py --records 10000 --runs 5
    python benchmarks/compare.py --only "oneway plan"      neither the others nor the rest

Every program runs in a process of its own, in turn with the floor (orjson reads both files and
decides nothing), and is given by processor time beyond that of the same program with one person,
medians of the runs, as a ratio to the floor's. Before anything is timed, the answers of all are
compared. Where the floor takes less than a hundredth of a second, there is nothing to compare with.
The rest are the other benchmarks, each by a command that is printed: a second night, expressions
alone, many mappings, and writes.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

from peers import FIELDS, PEERS
from people import write_people
from plan import MAPPING, Figures, measured

ROOT = Path(__file__).resolve().parent
FLOOR = "orjson reads both"
ONEWAY = "oneway plan"
STARTS = {
    "python -c 'import click, yaml'": ("-c", "import click, yaml"),
    "oneway --help": ("-m", "oneway", "--help"),
    "oneway functions": ("-m", "oneway", "functions"),
    "oneway validate MAPPING": ("-m", "oneway", "validate", str(MAPPING)),
}


def plan_command(folder: Path, *more: str) -> list[str]:
    """Return the command that plans the people of a folder."""
    return [
        *(sys.executable, "-m", "oneway", "plan", str(MAPPING)),
        *("--source", str(folder / "source.jsonl"), "--target", str(folder / "target.jsonl")),
        *("--reference", f"departments={folder / 'departments.json'}"),
        *("--set", "include_bank_details=true", "--as-of", "2026-11-22", "--limit", "1", *more),
    ]


def answer_of_plan(file: Path) -> dict[str, list[str]]:
    """Return what a plan decides, as the peers answer."""
    found = {}
    for line in json.loads(file.read_text())["outcomes"]:
        if isinstance(line, list):  # unchanged
            continue
        if line["kind"] == "create":
            found[line["key"]] = ["create"]
        elif line["kind"] == "update":
            fields = {
                "bank" if change["field"].startswith("bankDetails.") else change["field"]
                for action in actions_of(line)
                for change in action["changes"]
            }
            found[line["key"]] = [name for name in FIELDS if name in fields]
    return found


def actions_of(line: dict[str, object]) -> list[dict[str, list[dict[str, str]]]]:
    """Return the actions of an outcome in a plan file."""
    several = line.get("actions", [])
    assert isinstance(several, list)
    return several


def refuse_other_answers(folder: Path) -> None:
    """End this program where any two answer differently."""
    measured(plan_command(folder, "--out", str(folder / "plan.json")), folder)
    answers = {ONEWAY: answer_of_plan(folder / "plan.json")}
    for name in PEERS:
        if name != FLOOR:
            out = folder / "answer.json"
            measured([*peer_command(name, folder), str(out)], folder)
            answers[name] = json.loads(out.read_text())
    for name, answer in answers.items():
        if answer != answers["hand-written script"]:
            sys.exit(f"{name} answers differently")
    print(f"{len(answers)} programs give one answer: {len(answers[ONEWAY])} people to be written")


def peer_command(name: str, folder: Path) -> list[str]:
    """Return the command that runs a peer."""
    return [sys.executable, str(ROOT / "peers.py"), name, str(folder)]


def rest(records: int, runs: int) -> dict[str, tuple[str, ...]]:
    """Return the arguments of the other benchmarks, at a size that fits into a few minutes."""
    return {
        "second_night.py": ("--records", str(records), "--runs", str(runs)),
        "evaluate.py": ("--records", "2000"),
        "mappings.py": (),
        "apply.py": ("--actions", "200", "--runs", str(runs)),
    }


Commands = dict[str, Sequence[str]]


def beyond_nothing(people: Commands, nobody: Commands, folder: Path, runs: int) -> None:
    """Run all commands in turn, and print what they take beyond the same with one person."""
    taken: dict[str, list[tuple[Figures, Figures]]] = {name: [] for name in people}
    for _ in range(runs):
        for name, command in people.items():
            taken[name].append((measured(command, folder), measured(nobody[name], folder)))
    print(f"\n{'':<28}{'x floor':>9}{'seconds':>9}{'of nothing':>12}{'peak MB':>9}")
    floor = _beyond(taken[FLOOR])
    for name, figures in taken.items():
        ratio = f"{_beyond(figures) / floor:.2f}" if floor > _LEAST else "-"
        seconds = statistics.median(each.processor for each, _ in figures)
        nothing = statistics.median(each.processor for _, each in figures)
        peak = max(each.memory for each, _ in figures) / 1e6
        print(f"{name:<28}{ratio:>9}{seconds:>9.2f}{nothing:>12.2f}{peak:>9.0f}")
    if floor <= _LEAST:
        print("too few records to compare: give --records 10000 or more")


_LEAST = 0.01


def _beyond(figures: Sequence[tuple[Figures, Figures]]) -> float:
    """Return the processor time of a program beyond that of the same with one person."""
    people = statistics.median(each.processor for each, _ in figures)
    return people - statistics.median(each.processor for _, each in figures)


def starting(commands: Commands, folder: Path, runs: int) -> None:
    """Run all commands in turn, and print what each takes beside the first."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(measured(command, folder).processor)
    first = next(iter(taken.values()))
    print(f"\n{'':<36}{'ratio':>8}{'seconds':>9}")
    for name, figures in taken.items():
        ratio = statistics.median(a / b for a, b in zip(figures, first, strict=True))
        print(f"{name:<36}{ratio:>8.2f}{statistics.median(figures):>9.2f}")


def commands_on(folder: Path) -> Commands:
    """Return the commands of all that is compared, on the people of a folder."""
    peers = {each: peer_command(each, folder) for each in PEERS}
    return {**peers, ONEWAY: plan_command(folder)}


def machine() -> str:
    """Return what this runs on, and with which packages."""
    packages = ("oneway", "orjson", "msgspec", "jmespath", "pandas", "polars", "duckdb", "diffsync")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    cores = os.cpu_count()
    return f"Python {platform.python_version()}, {cores} cores, {platform.machine()}; {versions}"


def main() -> None:
    """Compare the answers, then the times, then start-up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    names = [*PEERS, ONEWAY]
    help = f"a program beside the floor, all without it: {', '.join(names)}"
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help=help)
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(prefix="oneway-bench-") as name:
        folder, empty = Path(name) / "people", Path(name) / "nobody"
        folder.mkdir()
        empty.mkdir()
        print(write_people(folder, given.records))
        write_people(empty, 1)
        with ProcessPoolExecutor(1) as apart:
            # A process starts with the peak memory of the one that it is forked of.
            apart.submit(refuse_other_answers, folder).result()
        names = [FLOOR, *given.only] if given.only else names
        people, nobody = (
            {name: commands_on(each)[name] for name in names} for each in (folder, empty)
        )
        beyond_nothing(people, nobody, folder, given.runs)
        starts = {each: [sys.executable, *args] for each, args in STARTS.items()}
        starting(starts, folder, given.runs)
    others = {} if given.only else rest(given.records, given.runs)
    for script, arguments in others.items():
        print(f"\n$ python benchmarks/{' '.join((script, *arguments))}", flush=True)
        subprocess.run([sys.executable, str(ROOT / script), *arguments], check=True)


if __name__ == "__main__":
    main()
