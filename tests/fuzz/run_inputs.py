"""Fuzz all that reads input from outside, each for so long.

    PYTHONPATH=tests:tests/fuzz .venv/bin/python tests/fuzz/run_inputs.py --seconds 3600
    PYTHONPATH=tests:tests/fuzz .venv/bin/python tests/fuzz/run_inputs.py --seconds 60 yaml csv

Guided by coverage where Atheris can be imported (`pip install atheris`), else by Hypothesis. What
is found is printed with its input, and the exit code is 1.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from fuzz_targets import TARGETS, FuzzTarget, fuzzed
from hypothesis import HealthCheck, Phase, given, seed, settings
from inputs import inputs

_MEMORY = 1_000  # MB
_BATCH = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 0 where nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], default=[])
    parser.add_argument("--seconds", type=float, default=3600, help="of each target")
    parser.add_argument("--engine", choices=["atheris", "hypothesis"])
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    engine = options.engine or _engine()
    if options.inside:
        return _atheris(options.targets[0], options.seconds)
    found = 0
    for name in options.targets or TARGETS:
        print(f"{name}: {options.seconds:g} s, {engine}", flush=True)
        if engine == "atheris":
            found += _in_a_process(name, options.seconds)
        else:
            found += _hypothesis(name, TARGETS[name], options.seconds)
    print(f"{found} found", flush=True)
    return bool(found)


def _engine() -> str:
    return "atheris" if importlib.util.find_spec("atheris") else "hypothesis"


def _hypothesis(name: str, target: FuzzTarget, seconds: float) -> int:
    """Draw inputs until the time is over; return whether one was found."""
    until, runs = time.monotonic() + seconds, 0
    while time.monotonic() < until:

        @seed(runs)
        @settings(
            max_examples=_BATCH, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(inputs(target))
        def batch(data: bytes) -> None:
            if time.monotonic() < until:
                try:
                    fuzzed(target, data, timed=True)
                except BaseException:
                    print(f"{name}: {data!r}", flush=True)
                    raise

        try:
            batch()
        except BaseException:
            traceback.print_exc()
            return 1
        runs += 1
    print(f"{name}: {runs} times {_BATCH} inputs, nothing found", flush=True)
    return 0


def _in_a_process(name: str, seconds: float) -> int:
    """Let Atheris fuzz a target in a process of its own, which it ends itself."""
    command = [sys.executable, __file__, "--inside", "--seconds", str(seconds), name]
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    lines = (ended.stdout + ended.stderr).splitlines()
    stats = [line for line in lines if line.startswith(("stat::", "Done"))]
    if ended.returncode:
        print("\n".join(lines[-60:]), flush=True)
        return 1
    print(f"{name}: {'; '.join(stats)}, nothing found", flush=True)
    return 0


def _atheris(name: str, seconds: float) -> int:
    import atheris  # type: ignore[import-not-found,unused-ignore]

    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, each in enumerate(target.seeds):
            (corpus / str(number)).write_bytes(each)
        words = Path(folder, "words")
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
        atheris.Setup(
            [
                "fuzz", f"-max_total_time={int(seconds)}", f"-dict={words}", "-timeout=20",
                f"-rss_limit_mb={_MEMORY}", "-print_final_stats=1", "-max_len=20000", str(corpus),
            ],
            lambda data: fuzzed(target, data, timed=True),
        )  # fmt: skip
        atheris.instrument_all()
        atheris.Fuzz()
    return 0


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    sys.exit(main())
