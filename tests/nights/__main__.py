"""`python -m tests.nights --nights 10000` lives through many; `--seed 7` tells of one life."""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nights.life import NIGHTS, live
from nights.town import Violation


def lived(seed: int) -> tuple[Counter[str], str]:
    """Return what happened in a life, and what must not have."""
    try:
        return live(seed), ""
    except Violation as violation:
        return Counter(), str(violation)


def main() -> int:
    """Run what the command line asks for; return 1 where a seed failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.nights", description=__doc__)
    parser.add_argument("--nights", type=int, default=500, help="how many nights to live through")
    parser.add_argument("--first", type=int, default=0, help="the first seed of those nights")
    parser.add_argument("--seed", type=int, help="live through this one alone")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    if asked.seed is not None:
        live(asked.seed, print)
        return 0
    seeds = range(asked.first, asked.first - (-asked.nights // NIGHTS))
    total, failed, began = Counter[str](), [], time.monotonic()
    with ProcessPoolExecutor(asked.processes) as pool:
        for over, (counts, text) in enumerate(pool.map(lived, seeds, chunksize=4), start=1):
            total.update(counts)
            if over % 20 == 0:
                print(f"{over} of {len(seeds)} lives", file=sys.stderr, flush=True)
            if text:
                failed.append(text)
                print(f"VIOLATION {text}", flush=True)
    for name in sorted(total):
        print(f"{total[name]:9,} {name}")
    print(
        f"seeds {seeds[0]} to {seeds[-1]} in {time.monotonic() - began:.0f} s: "
        f"{len(failed)} of {len(seeds)} lives failed"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
