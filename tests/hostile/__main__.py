"""Drive odd strings through every text that the program reads, and say what was wrong.

python -m tests.hostile [--small] [--only TEXT] [--jobs N]
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from .cases import all_cases, alone
from .strings import OURS, everything, few

_SHOWN = 10


def main() -> int:
    """Run as a command; end with 1 where anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--small", action="store_true", help="what make test runs")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases with this in their name")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes (default: 2)")
    given = parser.parse_args()
    strings = few(1) if given.small else everything()
    names = [case.name for case in all_cases() if given.only in case.name]
    total, failed = 0, 0
    with ProcessPoolExecutor(given.jobs, get_context("spawn")) as pool:
        for name, count, runs, seconds, wrong in pool.map(partial(alone, strings=strings), names):
            total, failed = total + count, failed + len(wrong)
            print(f"{name}: {count:,} texts, {runs:,} runs, {seconds:.0f} s, {len(wrong)} wrong")
            print(
                "".join(f"  {ascii(each)[:300]}\n" for each in wrong[:_SHOWN]), end="", flush=True
            )
    print(f"{len(strings)} strings ({len(OURS)} of our own); {total:,} texts; {failed} wrong")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
