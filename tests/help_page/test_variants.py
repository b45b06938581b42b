"""The vendor's other integrations of this kind are mappings too: YAML, and no code."""

import json
from pathlib import Path

from help_page.two_systems import MAPPING, TwoSystems

EXAMPLE = MAPPING.parent / "examples" / "cascade-hr-to-expensein.yaml"
HEADER = (
    "EmployeeId,KnownAs,Forename,Surname,StartDate,ContinuousServiceDate,Gender,WorkEmail,"
    "Position,Hierarchy,LeaveDate\n"
)
PEOPLE = """\
0001,,Ada,Quill,2020-01-01,2020-01-01,F,ada@example.com,Clerk,North,
0002,Ben,Benjamin,Moss,2020-01-01,2020-01-01,M,ben@example.com,Clerk,North,
0003,  ,Cy,Reed,2020-01-01,2020-01-01,M,cy@example.com,Clerk,,
0004,,,Fenn,2020-01-01,2020-01-01,M,,Clerk,North,
"""


def test_iris_cascade_known_as_or_if_empty_forename(systems: TwoSystems, tmp_path: Path) -> None:
    """Of eight fields each must be filled in; a blank Known As gives way to Forename."""
    (tmp_path / "cascade-hr.csv").write_text(HEADER + PEOPLE)
    mapping = tmp_path / EXAMPLE.name  # a path in a mapping is relative to the mapping
    mapping.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    ended = systems.run("sync", mapping, "--format", "json")
    assert ended.code == 0, ended.err
    assert {user["reference"]: user["firstName"] for user in systems.users()} == {
        "0001": "Ada",
        "0002": "Ben",
    }
    outcomes = {each["key"]: each for each in json.loads(ended.out)["plan"]["outcomes"]}
    assert [reason["text"] for reason in outcomes["0003"]["reasons"]] == ["Hierarchy is missing"]
    assert [reason["text"] for reason in outcomes["0004"]["reasons"]] == [
        "Known As and Forename are missing",
        "Work Email is missing",
    ]
    assert systems.run("plan", mapping, "--exit-code").code == 0
