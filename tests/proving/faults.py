"""Mistakes that are put into a sound mapping: `prove` must find each, with a case that replays.

python -m tests.proving.faults
"""

import argparse
import time
from datetime import UTC, datetime

from oneway.mapping.compiler import Compiled
from oneway.render import proving as render
from oneway.render.style import Style
from oneway.runs.mapping_tests.check import check_test
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.proving.laws import BrokenLaw
from oneway.runs.proving.prove import DEFAULT_SITUATIONS, MappingProof, prove

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)

MAPPING = """\
oneway: 1
name: people-to-members
source: {connector: file, resource: people.json, options: {id: code}}
target: {connector: file, resource: members.json}
references:
  teams: {from: {connector: file}, resource: teams.json, key: code, value: number}
match:
  - {source: code, target: reference}
eligible:
  - {id: email, when: email, otherwise: Email is missing, for: [joiners, movers]}
fields:
  reference: {from: code, write: on_create}
  name: join(' ', [first || '', last || ''])
  email: {from: lower(email), compare: ignore_case}
  team: {from: team, lookup: teams}
  start: start
joiners: {unless_taken: [email]}
leavers:
  when: status == 'Left'
  set: {leaveDate: leaveDate || today()}
  left: is_past(leaveDate)
"""

TEST = """\
oneway_test: 1
mapping: mapping.yaml
as_of: 2026-11-24
references: {teams: [{code: OPS, number: 1}]}
record: {code: A7, first: Ada, last: Quill, email: ada@example.com, team: OPS, status: Here,
         start: "2020-01-01", leaveDate: null}
target: {id: 70, reference: A7, name: Ada Quill, email: ada@example.com, team: 1,
         start: "2020-01-01", leaveDate: null}
never:
  - {name: Nobody who has left is created, for: status == 'Left', outcome: [create]}
  - {name: Nobody without a last name is created, for: "!last", outcome: [create]}
"""


SOUND = MAPPING.replace(
    "  - {id: email", "  - {id: last, when: last, otherwise: Last name is missing}\n  - {id: email"
).replace("Last name is missing}", "Last name is missing, for: [joiners, movers]}")

USUAL, GAPS, LEAVE = "the usual syncs", "gaps take nothing", "leavers leave"
NAME = "name: join(' ', [first || '', last || ''])"
EMAIL = "email: {from: lower(email), compare: ignore_case}"
TEAM = "team: {from: team, lookup: teams}"
DATE = "{leaveDate: leaveDate || today()}"
LAST = "  - {id: last, when: last, otherwise: Last name is missing, for: [joiners, movers]}\n"

FAULTS = [
    # what is wrong, in place of what, the law that finds it
    ("when: email,", "when: '!email',", USUAL),
    ("when: email,", "when: email == 'x',", USUAL),
    ("when: last,", "when: last == 'Smith',", USUAL),
    ("when: status == 'Left'", "when: status != 'Left'", USUAL),
    ("when: status == 'Left'", "when: status", USUAL),
    ("when: status == 'Left'", "when: '!status'", GAPS),
    ("when: status == 'Left'", "when: status != 'Here'", GAPS),
    ("when: status == 'Left'", "when: status == 'Left' || !team", GAPS),
    ("when: status == 'Left'", "when: status == 'Left' || !email", GAPS),
    ("when: status == 'Left'", "when: is_blank(start)", GAPS),
    (DATE, "{leaveDate: leaveDate}", LEAVE),
    (TEAM, "team: team", USUAL),
    (TEAM, "team: {from: last, lookup: teams, on_miss: clear}", USUAL),
    (NAME, "name: join(' ', [last, first])", USUAL),
    (NAME, "name: upper(last)", USUAL),
    (EMAIL, "email: {from: upper(email)}", USUAL),
    ("start: start", "start: leaveDate || status", USUAL),
    ("start: start", "start: format_date(start, 'dd/MM/yyyy')", USUAL),
    ("left: is_past(leaveDate)", "left: '!is_past(leaveDate)'", USUAL),
    ("left: is_past(leaveDate)", "left: '!leaveDate'", USUAL),
    (LAST, "", "claim"),
]


def compiled(text: str) -> Compiled:
    return compile_data(text.encode(), "mapping.yaml", ())[0]


def mapping_test(text: str) -> MappingTest:
    return load_test(text.encode(), "mapping.test.yaml")


def records(each: BrokenLaw) -> int:
    """Return how many records there are in a situation that breaks a law."""
    return len(each.situation.source) + len(each.situation.target)


def replays(proof: MappingProof, mapping: str) -> bool:
    """Return whether each case that is printed fails in `oneway test`, as it should."""
    if not proof.broken:
        return False
    said = render.text(proof, Style())
    lines = (line for line in said.splitlines() if line.startswith("    ") and line[4] in "- ")
    text = TEST.split("never:")[0] + "cases:\n" + "".join(f"{line[4:]}\n" for line in lines)
    result = check_test(mapping_test(text), compiled(mapping))
    return result.failed == len(result.cases) == len(proof.broken)


def main() -> None:
    """Print each fault: whether it was found, in what time, by how many records, and replays."""
    options = argparse.ArgumentParser()
    options.add_argument("--situations", type=int, default=DEFAULT_SITUATIONS)
    most = options.parse_args().situations
    found, slowest = 0, 0.0
    print("found  seconds  records  replays  fault")
    for good, bad, law in FAULTS:
        mapping = SOUND.replace(good, bad)
        started = time.process_time()
        proof = prove(compiled(mapping), AS_OF, mapping_test(TEST), most)
        seconds = time.process_time() - started
        named = [each for each in proof.broken if each.law == law]
        count = max((records(each) for each in named), default=0)
        again = replays(proof, mapping)
        found, slowest = found + bool(named), max(slowest, seconds)
        words = ("yes" if named else "NO", f"{seconds:.1f}", str(count), "yes" if again else "NO")
        print("{:5}  {:>7}  {:>7}  {:7}".format(*words), f" {good.strip()} -> {bad.strip()}")
    print(f"{found} of {len(FAULTS)} found; the slowest took {slowest:.1f} s of processor time")


if __name__ == "__main__":
    main()
