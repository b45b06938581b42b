"""Edits that comments and pages advise leave CI green: they compile, pass the test and prove.

Each piece of a mapping that a comment shows in backticks, and each `--set`, has its edit here.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oneway.runs.mapping_tests.check import check_test
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.proving.prove import prove
from unit.test_docs import compiled, examples, whole

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"
AS_OF = datetime(2026, 11, 24, 9, tzinfo=UTC)
FEW = 300

LATE = "|| is_past(parse_date(employmentDetails.leaverDetails.leaveDate))"
PAST = """even once it has passed
    record: {employmentDetails.leaverDetails.leaveDate: "2026-11-20"}
    target: {}
    expect: {outcome: %s}"""
Edit = tuple[str, str]
ADVICE: list[tuple[str, list[str], Edit, Edit]] = [
    # the mapping, what its comment shows, the edit of the mapping, and that of its test
    (
        "staffology-to-expensein",
        [LATE, "outcome: leave"],
        ("hasLeft\n", f"hasLeft {LATE}\n"),
        (PAST % "unchanged", PAST % "leave"),
    ),
]
SHOWN = re.compile(r"`([^`]+)`")


def edited(file: Path, edit: Edit) -> bytes:
    text = file.read_text(encoding="utf-8")
    assert text.count(edit[0]) == 1
    return text.replace(*edit).encode()


def mappings() -> list[Path]:
    found = [*MAPPINGS.glob("*.yaml"), *(MAPPINGS / "examples").glob("*.yaml")]
    return [each for each in found if not each.name.endswith(".test.yaml")]


def test_every_edit_that_a_comment_shows_is_listed() -> None:
    shown = set()
    for file in mappings():
        lines = file.read_text(encoding="utf-8").splitlines()
        remarks = " ".join(each.lstrip("# ") for each in lines if each.lstrip().startswith("#"))
        # A word alone names a key or a value of the records; `--set` edits nothing.
        found = (each for each in SHOWN.findall(remarks) if " " in each)
        shown |= {(file.stem, each) for each in found if not each.startswith("--")}
    assert shown == {(name, each) for name, advice, _, _ in ADVICE for each in advice}


@pytest.mark.parametrize(("name", "advice", "edit", "of_test"), ADVICE)
def test_an_advised_edit_passes_what_ci_runs(
    name: str, advice: list[str], edit: Edit, of_test: Edit
) -> None:
    assert all(any(each in text for text in (*edit, *of_test)) for each in advice)
    file, beside = MAPPINGS / f"{name}.yaml", MAPPINGS / f"{name}.test.yaml"
    mapping = compile_data(edited(file, edit), str(file), ())[0]
    test = load_test(edited(beside, of_test), str(beside))
    assert check_test(test, mapping).failed == 0
    for each in (test, None):
        assert prove(mapping, AS_OF, each, FEW).broken == ()


@pytest.mark.parametrize("text", [*examples("yaml mapping"), *examples("yaml mapping-part")])
def test_an_example_of_the_documentation_breaks_no_law(text: str) -> None:
    mapping = compiled(text if "oneway: 1" in text else whole(text))
    assert [(each.law, each.text) for each in prove(mapping, AS_OF, None, FEW).broken] == []
