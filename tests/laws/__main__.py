"""`python -m tests.laws --minutes 10` repeats the laws of planning, each time with new examples.

The files of laws share the time equally, as do the laws of each. What draws no examples is tried
once, and first: among it the whole JMESPath suite.
"""

import argparse
import os
import secrets
import sys
import time
from collections import Counter
from functools import wraps
from pathlib import Path

import pytest

LAWS = ["test_generated", "test_batches", "test_screen", "test_second_night"]
LAWS += ["test_jmespath_suite_laws"]
PROFILE = "random"


class Repeated:
    """Lets pytest repeat laws until the time is over, each turn from a seed of its own."""

    def __init__(self, minutes: float) -> None:
        self.minutes = minutes
        self.seconds: Counter[object] = Counter()
        self.examples: Counter[str] = Counter()
        self.failed: set[str] = set()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try all that draws no examples, then give turns to what has had the least time."""
        from hypothesis import is_hypothesis_test, seed  # no sooner: pytest wants to rewrite it

        laws = []
        for item in session.items:
            if is_hypothesis_test(item.obj):
                self._count(item)
                laws.append(item)
            else:
                self._try(item)
        self.seconds.clear()
        until = time.process_time() + 60 * self.minutes
        while laws and time.process_time() < until:
            law = min(laws, key=lambda each: (self.seconds[each.path], self.seconds[_place(each)]))
            number, failed = secrets.randbits(32), session.testsfailed
            seed(number)(law.obj)
            self._try(law)
            if session.testsfailed > failed:
                laws.remove(law)
                self.failed.add(_place(law))
                again = f"pytest {_place(law)} --hypothesis-seed={number}"
                print(f"\nFAILED: HYPOTHESIS_PROFILE={PROFILE} .venv/bin/{again}", flush=True)
        return True

    def _try(self, item: pytest.Item) -> None:
        began = time.process_time()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        for each in (item.path, _place(item)):
            self.seconds[each] += time.process_time() - began

    def _count(self, law: pytest.Item) -> None:
        """Count the examples that a law holds for."""
        inner, self.examples[_place(law)] = law.obj.hypothesis.inner_test, 0

        @wraps(inner)
        def counted(*args, **kwargs):
            inner(*args, **kwargs)
            self.examples[_place(law)] += 1

        law.obj.hypothesis.inner_test = counted

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many examples each law held for, and in how many seconds of a processor."""
        terminalreporter.write_line("")
        for law, number in self.examples.items():
            ended = "FAILED" if law in self.failed else "held"
            terminalreporter.write_line(
                f"{number:9,} examples, {self.seconds[law]:5.0f} s  {ended:6}  {law}"
            )


def _place(item: pytest.Item) -> str:
    """Return a test as pytest takes it on its command line."""
    return f"{os.path.relpath(item.path)}::{item.name}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.laws", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of a processor")
    parser.add_argument("files", nargs="*", help="of laws; those of planning if none is named")
    asked = parser.parse_args()
    os.environ |= {"HYPOTHESIS_PROFILE": PROFILE, "EVERY_CASE": "1"}
    here = Path(__file__).resolve().parent
    files = asked.files or [str(here / f"{name}.py") for name in LAWS]
    options = ["--config-file", str(here.parents[1] / "pyproject.toml"), "-p", "no:cacheprovider"]
    return pytest.main([*options, *files], [Repeated(asked.minutes)])


if __name__ == "__main__":
    sys.exit(main())
