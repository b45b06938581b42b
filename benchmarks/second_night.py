"""How long a plan takes on a second night, when one record of a hundred has changed.

    python benchmarks/second_night.py                      100,000 records on each side
    python benchmarks/second_night.py --records 10000
    python benchmarks/second_night.py --links            the same where a sync has linked them,
                                                         and a sync on which nothing changes

All processor time, in turn, less that of the same program with one person. The floor is
`orjson.loads` of both files, if orjson can be imported (as in the environment of `make bench`),
else `json.loads`, which takes longer: it says which. `hash` is a keyed digest of each line
of both and nothing else.
"""

import argparse
import json
import statistics
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from people import write_people
from plan import MAPPING, measured

FLOOR = """
import sys
try:
    from orjson import loads
except ImportError:
    from json import loads
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        for line in file:
            loads(line)
"""
HASH = """
import hashlib, sys
try:
    from blake3 import blake3
except ImportError:
    blake3 = hashlib.blake2b
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        while piece := file.read(1 << 14):
            blake3(piece, key=b"k" * 32).digest()
"""
CONNECTION = f"""oneway_connection: 1
name: NAME
mapping: {MAPPING}
settings: {{include_bank_details: true}}
schedule: never
"""
NAMES = ("full", "changed")
LINKED = ("full-linked", "changed-linked")
SYNC = "sync of the same again"


def write(folder: Path, count: int) -> None:
    """Write people of whom the target holds all, and the next night's, one of a hundred changed."""
    write_people(folder, count)
    people = [json.loads(line) for line in (folder / "source.jsonl").open()]
    users = {each["reference"]: each for each in map(json.loads, (folder / "target.jsonl").open())}
    first, second, target = [], [], []
    for place, person in enumerate(people):
        user = users.get(person["employmentDetails"]["payrollCode"])
        if user is None:
            continue
        person["status"] = "Current"
        person["employmentDetails"]["leaverDetails"] = {"hasLeft": False, "leaveDate": None}
        name = person["personalDetails"]["firstName"]
        target.append(user | {"leaveDate": None, "isLeaver": False, "firstName": name})
        first.append(json.dumps(person))
        if place % 100 == 50:
            person["personalDetails"]["lastName"] = "Changed"
        second.append(json.dumps(person))
    for file, lines in (("first", first), ("second", second), ("target", map(json.dumps, target))):
        (folder / f"{file}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in (*NAMES, *LINKED):
        part = str(name.startswith("changed")).lower()
        text = CONNECTION.replace("NAME", name) + f"only_changed: {part}\n"
        (folder / f"{name}.yaml").write_text(text)


def seconds(folder: Path, program: str, night: str, verb: str = "plan") -> float:
    """Return the processor time of one program over the files of a night."""
    if program == SYNC:
        return seconds(folder, LINKED[0], "first", "sync")
    files = (f"{night}.jsonl", "target.jsonl")
    if program in ("floor", "hash"):
        text = FLOOR if program == "floor" else HASH
        return measured([sys.executable, "-c", text, *files], folder).processor
    (folder / "source.jsonl").write_bytes((folder / f"{night}.jsonl").read_bytes())
    command = [sys.executable, "-m", "oneway", verb, f"{program}.yaml"]
    command += ["--source", "source.jsonl", "--target", "target.jsonl", "--limit", "1"]
    command += ["--reference", "departments=departments.json", "--state", "state"]
    return measured(command, folder).processor


def main() -> None:
    """Write the people, run all in turn, print the medians beside the floor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--links", action="store_true", help="beside connections that have links")
    given = parser.parse_args()
    linked = LINKED if given.links else ()
    programs = ("floor", "hash", *NAMES, *linked, *([SYNC] if linked else []))
    with tempfile.TemporaryDirectory(prefix="oneway-bench-") as name:
        many, one = Path(name, "many"), Path(name, "one")
        for folder, count in ((many, given.records), (one, 1)):
            folder.mkdir()
            write(folder, count)
        learned = -seconds(one, "changed", "first") + seconds(many, "changed", "first")
        for folder in (one, many):
            for each in linked:
                seconds(folder, each, "first", "sync")
        for each in linked[1:]:
            seconds(many, each, "second")  # keeps the links that the sync has made
        starts: dict[str, list[float]] = {each: [] for each in programs}
        times: dict[str, list[float]] = {each: [] for each in programs}
        for _ in range(given.runs):
            for each in programs:
                starts[each].append(seconds(one, each, "second"))
                times[each].append(seconds(many, each, "second"))
    start = {each: statistics.median(starts[each]) for each in programs}
    floor = statistics.median(times["floor"]) - start["floor"]
    digest = "blake3" if find_spec("blake3") else "BLAKE2b"
    print(f"the floor is {'orjson' if find_spec('orjson') else 'json'}.loads; pieces: {digest}")
    print(f"{'first night, which keeps':<26}{learned:>8.2f} s{learned / floor:>8.2f} x floor")
    for each in programs:
        took = statistics.median(times[each]) - start[each]
        print(f"{each:<26}{took:>8.2f} s{took / floor:>8.2f} x floor, start {start[each]:.2f} s")


if __name__ == "__main__":
    main()
