"""`python -m tests.laws`: a law that does not hold is found, and can be made to fail again."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAWS = """
from hypothesis import given, settings
from hypothesis import strategies as st

few = settings(max_examples=20, database=None, derandomize=False, deadline=None)


@few
@given(st.integers())
def test_holds(number):
    pass


@few
@given(st.integers(0, 999))
def test_hardly_ever_fails(number):
    assert number % 50 != 3
"""


def test_a_law_that_does_not_hold_is_found_and_fails_again(tmp_path: Path) -> None:
    file = tmp_path / "test_given.py"
    file.write_text(LAWS)
    found = ended("tests.laws", "--minutes", 0.03, file)
    told = re.findall(r"([\d,]+) examples, .* (held|FAILED) .*::(\w+)", found.stdout)
    assert [(ended, law) for _, ended, law in told] == [
        ("held", "test_holds"),
        ("FAILED", "test_hardly_ever_fails"),
    ], found.stdout
    assert int(told[0][0].replace(",", "")) >= 40
    assert found.returncode == 1
    again = re.search(r"pytest (\S+) (--hypothesis-seed=\d+)\n", found.stdout)
    assert again, found.stdout
    assert ended("pytest", "--config-file", "pyproject.toml", *again.groups()).returncode == 1


def ended(*command: object) -> subprocess.CompletedProcess[str]:
    """Run a module and return how it ended."""
    line = [sys.executable, "-m", *map(str, command)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
