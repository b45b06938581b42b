"""Mutants of the engine: every one of them must die. Anyone can run:

    python tests/mutants/run.py [--only NAME]
    python tests/mutants/run.py --laws [--workers N]

Each mutant is put into a copy of the package, and the tests that ought to notice are run with
fixed examples. Ends with 0 where all are noticed; a mutant whose text is no longer found is
an error. With --laws, two or more mutants of each law are tried on that law's own tests.
"""

import argparse
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

from by_law import by_law  # noqa: E402
from table import MUTANTS, Mutant  # noqa: E402

PARTS = ("engine", "connectors", "schemas", "mappings", "docs")
PARTS += (
    "tests/laws",
    "tests/unit",
    "tests/cli",
    "tests/store",
    "tests/nights",
    "tests/simulation",
)
WORKERS = 2
SECONDS = 300
"""Of CPU time, for the tests of one mutant: the machine may have other work, and a mutant that
goes round in circles still ends. A test that waits for ever is ended by its own timeout."""
WAIT = 3600
"""Seconds that a single test may take by the clock."""
DIED, LIVED, STALE = "died", "LIVED", "STALE"
NO_TESTS = (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED)
"""What pytest ends with where what it was told to run is not there."""


def source_of(mutant: Mutant) -> Path:
    """Return the file that a mutant changes: of the engine, or of the connectors."""
    package = "connectors" if mutant.module.startswith("oneway_connectors/") else "engine/oneway"
    return ROOT / package / f"{mutant.module}.py"


def is_stale(mutant: Mutant) -> bool:
    """Return whether the mutant's place is no longer there, or no longer the only one."""
    return source_of(mutant).read_text(encoding="utf-8").count(mutant.old) != 1


def fate(mutant: Mutant | None, tests: str = "") -> str:
    """Return what became of a mutant: died, LIVED or STALE. None runs the engine as it is."""
    if mutant is not None and is_stale(mutant):
        return STALE
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        ignore = shutil.ignore_patterns("__pycache__", ".hypothesis")
        for part in PARTS:
            shutil.copytree(ROOT / part, copy / part, ignore=ignore)
        for helper in (ROOT / "tests").glob("*.py"):
            shutil.copy(helper, copy / "tests")
        shutil.copy(ROOT / "pyproject.toml", copy)
        if mutant is not None:
            changed = copy / source_of(mutant).relative_to(ROOT)
            text = changed.read_text(encoding="utf-8")
            changed.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        return _fate_by(copy, tests or (mutant.tests if mutant else ""))


def _fate_by(folder: Path, tests: str) -> str:
    """Return what tests say of the engine in a folder; STALE if there are no such tests."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(folder / each) for each in ("engine", "connectors")),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_PROFILE": "mutants",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += ["-p", "pytest_timeout", "-o", f"timeout={WAIT}"]
    command += shlex.split(tests)
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, preexec_fn=_limit, check=False
    )
    if done.returncode in NO_TESTS:
        return STALE
    if done.returncode not in (0, 1, -signal.SIGXCPU):
        raise SystemExit(f"pytest ended with {done.returncode}:\n{done.stdout.decode()[-2000:]}")
    return LIVED if done.returncode == 0 else DIED


def _limit() -> None:
    """Limit the CPU time of a child process, before it starts."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 10))


def main() -> int:
    """Run the mutants and print a line for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--only", metavar="NAME", help="run the mutants of this name alone")
    parser.add_argument("--laws", action="store_true", help="run those of each law on its tests")
    parser.add_argument("--workers", type=int, default=WORKERS, help="how many run at once")
    asked = parser.parse_args()
    only, laws = asked.only, {}
    everything = list(MUTANTS)
    if asked.laws:
        laws = {mutant: law for law, mutants in by_law().items() for mutant in mutants}
        everything = list(laws)
    chosen = [mutant for mutant in everything if only in (None, mutant.name)]
    if not chosen:
        parser.error(f"no mutant is called {only}")
    fates = []
    with ThreadPoolExecutor(asked.workers) as pool:
        # Tests that fail in any case would notice nothing.
        tests = tuple(dict.fromkeys(mutant.tests for mutant in chosen))
        for each, became in zip(tests, pool.map(partial(fate, None), tests), strict=True):
            if became != LIVED:
                wrong = "are not there" if became == STALE else "fail without any mutant"
                print(f"these tests {wrong}: {each}", flush=True)
                fates.append(became if became == STALE else LIVED)
        for mutant, became in zip(chosen, pool.map(fate, chosen), strict=True):
            law = f"law {laws[mutant]:2} " if mutant in laws else ""
            print(f"{law}{became:6} {mutant.module:28} {mutant.name:32} {mutant.why}", flush=True)
            fates.append(became)
    print(f"{fates.count(DIED)} of {len(chosen)} mutants died")
    return 0 if all(became == DIED for became in fates) else 1


if __name__ == "__main__":
    sys.exit(main())
