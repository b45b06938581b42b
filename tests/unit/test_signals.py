"""Tests interrupt what they start, also where the tests themselves may not be interrupted."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from signals import SENT, let_children_hear

TESTS = Path(let_children_hear.__code__.co_filename).parent
DEAF = """
import os, signal, subprocess, sys
number, here, *started = sys.argv[1:]
signal.signal(int(number), signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [int(number)])
sys.path.insert(0, here)
from signals import let_children_hear
if started.pop(0) == "helped":
    let_children_hear()
signal.raise_signal(int(number))
print(subprocess.run([sys.executable, "-c", *started]).returncode)
"""
CHILD = "import os; os.kill(os.getpid(), {})"


@pytest.mark.parametrize("number", SENT, ids=lambda number: number.name)
@pytest.mark.parametrize("helped", [True, False])
def test_a_child_of_a_deaf_process_hears(number: signal.Signals, helped: bool) -> None:
    command = [sys.executable, "-c", DEAF, str(int(number)), str(TESTS)]
    how = ["helped" if helped else "alone", CHILD.format(int(number))]
    said = subprocess.run([*command, *how], capture_output=True, text=True, check=True).stdout
    assert said == (f"{-number}\n" if helped else "0\n")
