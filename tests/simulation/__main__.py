"""`python -m tests.simulation --seeds 10000` lives through many seeds, `--seed 7` tells of one."""

import argparse
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from os import cpu_count

from .life import Tally, live
from .oracle import Violation

SHOWN = 20
"""Violations that are printed."""


def main() -> int:
    """Run what the command line asks for; return 1 where a seed failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="how many seeds to live through")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="live through this one and tell its story")
    parser.add_argument("--told", action="store_true", help="compare all who tell of a person")
    parser.add_argument("--in-flight", type=int, default=1, help="so many writes at once")
    parser.add_argument("--processes", type=int, default=min(2, cpu_count() or 1))
    asked = parser.parse_args()
    return _one(asked) if asked.seed is not None else _many(asked)


def _one(asked: argparse.Namespace) -> int:
    try:
        tally = live(asked.seed, print, stories=asked.told, in_flight=asked.in_flight)
    except Violation as violation:
        print(f"VIOLATION {violation}")
        traceback.print_exception(violation.__cause__)
        return 1
    print("\n".join(tally.lines()))
    return 0


def _many(asked: argparse.Namespace) -> int:
    seeds = range(asked.first, asked.first + asked.seeds)
    total, failed, began = Tally(), [], time.monotonic()
    with ProcessPoolExecutor(asked.processes) as pool:
        for tally, violations in pool.map(
            partial(_lived, told=asked.told, in_flight=asked.in_flight),
            [seeds[n : n + 25] for n in range(0, len(seeds), 25)],
        ):
            total.add(tally)
            if (total.seeds + len(failed)) % 1_000 == 0:
                print(f"{total.seeds + len(failed):,} seeds, {len(failed)} failed", flush=True)
            if sys.stderr.isatty():
                print(f"{total.seeds:,} seeds", end="\r", file=sys.stderr)
            for text in violations:
                failed.append(text)
                if len(failed) <= SHOWN:
                    print(f"VIOLATION {text}", flush=True)
    print("\n".join(total.lines()))
    seconds = time.monotonic() - began
    print(f"{seconds:.0f} s, {total.calls / seconds:,.0f} calls a second")
    print(f"{len(failed)} seeds failed" + (": replay one with --seed N" if failed else ""))
    return 1 if failed else 0


def _lived(seeds: range, *, told: bool, in_flight: int) -> tuple[Tally, list[str]]:
    total, failed = Tally(), []
    for seed in seeds:
        try:
            total.add(live(seed, stories=told, in_flight=in_flight))
        except Violation as violation:
            failed.append(str(violation))
    return total, failed


if __name__ == "__main__":
    sys.exit(main())
