"""`impact` against a comparison of plans that knows nothing of it: 1,000 people, 100 edits.

The other comparison writes down all that each plan says of each person, and compares the texts.
Then one edit that touches everybody, over 100,000 people: how large the comment is.

    python -m tests.proving.effects             # 1,000 people × 100 edits, and 100,000 people
    python -m tests.proving.effects --people 60 --edits 8 --crowd 500
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from oneway.core.diagnostics import Refused
from oneway.core.records import Record, Snapshot, Value
from oneway.core.seal import Seal
from oneway.documents.yaml_source import parse
from oneway.mapping.compiler import Compiled
from oneway.mapping.lookup_table import tabulate
from oneway.planning.guards import judge
from oneway.planning.impact import impact
from oneway.planning.plan import Kind, Outcome, Plan, Verb
from oneway.planning.planner import Header, plan
from oneway.render.impact import MOST_BYTES, as_markdown
from oneway.runs.compare.impact import EditImpact, Version
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.proving.mutate import edits

MAPPING = Path(__file__).resolve().parents[2] / "mappings" / "staffology-to-expensein.yaml"
AS_OF = datetime(2026, 11, 24, 4, tzinfo=UTC)
SEAL = Seal(b"the same for all plans, so that digests can be compared")
NAMES = ("Ada", "Bea", "Cyd", "Dov", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon")
DEPARTMENTS = tuple(
    {"id": 11 + n, "reference": code} for n, code in enumerate(("ADM", "OPS", "HR"))
)


def people(count: int, seed: int = 7) -> tuple[Snapshot, Snapshot]:
    """Return employees and users in every situation that the mapping tells apart."""
    draw = Random(seed)
    employees, users = [], []
    for number in range(count):
        employee, user = employee_of(number, draw), None
        if draw.random() < 0.85:
            user = user_of(number, employee, draw)
        employees.append(Record(f"e{number}", employee))
        if user is not None:
            users.append(Record(f"{number}", user))
    return Snapshot(tuple(employees)), Snapshot(tuple(users))


def employee_of(number: int, draw: Random) -> dict[str, Value]:
    first, last = draw.choice(NAMES), f"{draw.choice(NAMES)}-{number % 97}"
    return {
        "id": f"e{number}",
        "status": draw.choices(("Current", "Former"), (9, 1))[0],
        "personalDetails": {
            "firstName": draw.choice((first, first, first, None, " ")),
            "lastName": last,
            "email": draw.choice((f"p{number}@example.com", f"P{number}@Example.com", None)),
        },
        "employmentDetails": {
            "payrollCode": f"{number:06}" if draw.random() < 0.97 else None,
            "department": {"code": draw.choice(("ADM", "OPS", "HR", "NONE", None))},
            "leaverDetails": {
                "hasLeft": draw.random() < 0.05,
                "leaveDate": draw.choice((None, "2026-10-01", "2026-12-24")),
            },
        },
        "bankDetails": {
            "accountName": last,
            "accountNumber": f"{number:08}",
            "sortCode": "00-00-91",
        },
    }


def user_of(number: int, employee: Mapping[str, Any], draw: Random) -> dict[str, Value]:
    person = employee["personalDetails"]
    return {
        "id": number,
        "reference": f"{number:06}" if draw.random() < 0.98 else f" {number:06}",
        "firstName": draw.choice((person["firstName"], "Zoe", None)),
        "lastName": draw.choice((person["lastName"], str(person["lastName"]).upper())),
        "email": draw.choice((f"p{number}@example.com", f"other{number}@example.com")),
        "departmentId": draw.choice((11, 12, 13, None)),
        "leaveDate": draw.choice((None, None, None, "2026-10-01", "2026-12-24", "2026-11-24")),
        "isLeaver": False,
        "bankDetails": None,
    }


def planned(compiled: Compiled, source: Snapshot, target: Snapshot) -> Plan:
    settings = {each.name: each.default for each in compiled.spec.settings}
    context = compiled.context(settings, AS_OF)
    rows = Snapshot(tuple(Record(str(each["id"]), each) for each in DEPARTMENTS))
    tables = {each.name: tabulate(each, rows, context) for each in compiled.code.references}
    header = Header(str(MAPPING), compiled.spec.digest, AS_OF.isoformat(), settings, {})
    return plan(compiled.bind(context, tables), source, target, seal=SEAL, header=header)


def written_down(made: Plan) -> dict[str, str]:
    """Return all that a plan does to each person, or says of why it does nothing, as text."""
    return {f"{e.source_id}/{e.target_id if e.source_id is None else ''}": told(e)
            for e in made.outcomes}  # fmt: skip


def told(outcome: Outcome) -> str:
    stays = outcome.kind in (Kind.INELIGIBLE, Kind.CONFLICT, Kind.ERROR)
    leaves = any(each.verb is Verb.DEACTIVATE for each in outcome.actions)
    writes = sorted(
        f"{change.field} {change.before!r} {change.after!r}"
        for action in outcome.actions
        for change in action.changes
    )
    why = sorted(reason.code for reason in outcome.reasons) if stays else []
    return json.dumps(["leave" if leaves else outcome.kind.value, writes, why])


def compared(count: int, most: int) -> Iterator[str]:
    """Yield what is wrong: an edit, and the people on whom the two comparisons differ."""
    document = parse(MAPPING.read_bytes(), str(MAPPING))
    source, target = people(count)
    original = compile_data(MAPPING.read_bytes(), str(MAPPING), ())
    before = planned(original[0], source, target)
    ours = written_down(before)
    tried = touched = 0
    for edit in edits(document):
        if tried == most:
            break
        data = json.dumps(edit.data).encode()
        try:
            edited = compile_data(data, str(MAPPING), (), known=original[1])[0]
        except Refused:
            continue
        tried += 1
        after = planned(edited, source, target)
        theirs = written_down(after)
        brute = {each for each in ours.keys() | theirs.keys() if ours.get(each) != theirs.get(each)}
        found = {
            f"{e.shown.source_id}/{e.shown.target_id if e.shown.source_id is None else ''}"
            for e in impact(before, after).people
        }
        touched += len(brute)
        if found != brute:
            yield f"{edit.place} {edit.text}: {sorted(found ^ brute)[:5]}"
    print(f"{count:,} people × {tried} edits: {touched:,} people are treated differently")


def comment(count: int) -> tuple[int, int, int]:
    """Return how many people one edit touches, and the bytes of its comment: unnamed, named."""
    source, target = people(count)
    text = MAPPING.read_text().replace("lastName: personal", "lastName: upper(personal", 1)
    text = text.replace("upper(personalDetails.lastName", "upper(personalDetails.lastName)", 1)
    plans = [
        planned(compile_data(each.encode(), str(MAPPING), ())[0], source, target)
        for each in (MAPPING.read_text(), text)
    ]
    found = impact(*plans)
    guards = compile_data(MAPPING.read_bytes(), str(MAPPING), ())[0].spec.guards
    sides = [Version(each, breaches=judge(each, guards).breaches) for each in plans]
    effect = EditImpact(found, *sides)
    sizes = [len(as_markdown(effect, names=names).encode()) for names in (False, True)]
    return len(found.people), *sizes  # type: ignore[return-value]


def main() -> None:
    """Print what differs, and how large the comment is."""
    options = argparse.ArgumentParser()
    options.add_argument("--people", type=int, default=1_000)
    options.add_argument("--edits", type=int, default=100)
    options.add_argument("--crowd", type=int, default=100_000)
    given = options.parse_args()
    wrong = list(compared(given.people, given.edits))
    for each in wrong:
        print(each)
    print(f"{len(wrong)} edits on which impact and the comparison of plans differ")
    touched, without, named = comment(given.crowd)
    said = f"{given.crowd:,} people, {touched:,} touched: the comment has {without:,} bytes"
    print(f"{said}, with names {named:,} (at most {MOST_BYTES:,})")


if __name__ == "__main__":
    main()
