"""A small size of the fuzzing of both sandboxes; the full size is `run_schemathesis.py`."""

import subprocess
import sys
from pathlib import Path

import pytest

from oneway_connectors.sandbox import SYSTEMS

SCRIPT = Path(__file__).with_name("run_schemathesis.py")


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_short_fuzzing_of_a_sandbox_finds_nothing(system: str) -> None:
    finished = fuzzed("--examples", "4", system)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def fuzzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    path = [entry for entry in sys.path if entry]
    program = f"import runpy, sys; sys.path[:] = {path!r}; sys.argv[1:] = {list(arguments)!r}; "
    program += f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
