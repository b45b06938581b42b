"""Set off every bomb, each in a process of its own, and print what is wrong.

PYTHONPATH=tests .venv/bin/python -m bombs --generated 100
PYTHONPATH=tests .venv/bin/python -m bombs --only "doubling"
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor

from .bomb import MEGABYTES, SECONDS, Bomb, Burst, set_off
from .kinds import all_bombs
from .server import answering


def burst(bomb: Bomb) -> Burst:
    """Set a bomb off, with its server if it has one."""
    if not bomb.server:
        return set_off(bomb)
    with answering(bomb.server) as url:
        return set_off(bomb, url)


def main() -> int:
    """Return the exit code: 0 where each ended as it should."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--generated", type=int, default=100)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    bombs = [each for each in all_bombs(given.generated) if given.only in each.name]
    found = 0
    with ThreadPoolExecutor(given.jobs) as pool:
        for bomb, ended in zip(bombs, pool.map(burst, bombs), strict=True):
            found += bool(ended.wrong)
            if ended.wrong:
                print(f"{bomb.name}: {ended.wrong}", flush=True)
    limits = f"{SECONDS} s of a processor and {MEGABYTES} MB"
    print(f"{len(bombs)} bombs, each within {limits}: {found} found")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
