"""How long many mappings take to plan a few people each, as `oneway test --mutate` does.

    python benchmarks/mappings.py                  200 mappings, 200 people on each side
    python benchmarks/mappings.py --mappings 20 --records 1000

Each mapping is the shipped one with a rule, a label and a name of its own. It is read, compiled,
bound and planned in one process; the people and both manifests are read once. All of them must
decide the same.
"""

import argparse
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from people import write_people
from plan import MAPPING

from oneway.core.records import Record, Snapshot
from oneway.core.seal import Seal
from oneway.mapping.lookup_table import tabulate
from oneway.planning.planner import Header, plan
from oneway.runs.prepare.compilation import compile_data

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SETTINGS = {"include_bank_details": True}


def mapping(number: int) -> bytes:
    """Return the text of one of the mappings."""
    text = MAPPING.read_text(encoding="utf-8")
    for before, after in (
        ("name: staffology-to-expensein", f"name: number-{number}"),
        ("label: join(' ', [", f"label: join(' ', ['{number}', "),
        ("when: personalDetails.email,", f"when: personalDetails.email != 'nobody{number}',"),
    ):
        assert before in text
        text = text.replace(before, after, 1)
    return text.encode()


def snapshot(file: Path) -> Snapshot:
    """Return the records of a file."""
    with file.open("rb") as lines:
        return Snapshot(tuple(Record(str(each["id"]), each) for each in map(json.loads, lines)))


def decided(number: int, source: Snapshot, target: Snapshot, departments: Snapshot) -> object:
    """Compile one of the mappings, plan with it, and return what is decided of whom."""
    compiled, _ = compile_data(mapping(number), str(MAPPING), ())
    context = compiled.context(SETTINGS, NOW)
    (reference,) = compiled.code.references
    tables = {reference.name: tabulate(reference, departments, context)}
    program = compiled.bind(context, tables)
    header = Header(str(MAPPING), compiled.spec.digest, NOW.isoformat(), SETTINGS, {})
    made = plan(program, source, target, seal=Seal(b"k" * 32), header=header)
    return [
        (each.verb, each.source_id, each.target_id, [one.field for one in each.changes])
        for each in made.actions
    ]


def main() -> None:
    """Plan with all mappings, and print what they take together and each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mappings", type=int, default=200)
    parser.add_argument("--records", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oneway-bench-") as name:
        folder = Path(name)
        write_people(folder, given.records)
        source, target = (snapshot(folder / f"{side}.jsonl") for side in ("source", "target"))
        found = json.loads((folder / "departments.json").read_text())
    departments = Snapshot(tuple(Record(str(each["id"]), each) for each in found))
    first, times = decided(given.mappings, source, target, departments), []
    for number in range(given.mappings):
        began = time.process_time()
        same = decided(number, source, target, departments) == first
        times.append(time.process_time() - began)
        assert same, f"mapping {number} decides otherwise"
    print(
        f"{given.mappings} plans of {given.records} people by as many mappings: "
        f"{sum(times):.1f} s of the processor, {statistics.median(times) * 1000:.0f} ms each"
    )


if __name__ == "__main__":
    main()
