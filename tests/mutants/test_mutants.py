"""The mutants are kept in step with the engine, and a few of them are tried in every run."""

import ast
import shlex
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from by_law import by_law
from run import DIED, ROOT, fate, is_stale
from table import MUTANTS

DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
SAMPLE = ("guard-one-more", "stale-overwritten", "approval-is-present")


def test_no_mutant_is_stale() -> None:
    laws = [mutant for mutants in by_law().values() for mutant in mutants]
    assert [mutant.name for mutant in (*MUTANTS, *laws) if is_stale(mutant)] == []


def test_the_tests_that_ought_to_notice_are_there() -> None:
    laws = [mutant for mutants in by_law().values() for mutant in mutants]
    named = {word for each in (*MUTANTS, *laws) for word in shlex.split(each.tests)}
    paths = {word for word in named if word.startswith("tests/")}
    assert len(paths) > 50
    assert [word for word in sorted(paths) if not is_there(word)] == []


def is_there(test: str) -> bool:
    """Return whether a file of tests exists, and has the function or class that is named."""
    path, *names = test.split("::")
    file = ROOT / path
    if not names:
        return file.exists()
    defined = {
        each.name for each in ast.walk(ast.parse(file.read_text())) if isinstance(each, DEFINITIONS)
    }
    return {name.split("[", 1)[0] for name in names} <= defined


def test_each_law_has_two_mutants() -> None:
    assert all(len(mutants) >= 2 for mutants in by_law().values())


def test_names_are_unique_and_there_are_enough() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 30


@pytest.mark.parametrize("name", SAMPLE)
def test_a_sample_dies(name: str) -> None:
    assert fate(next(mutant for mutant in MUTANTS if mutant.name == name)) == DIED
