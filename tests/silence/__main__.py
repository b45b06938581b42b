"""Run every command while everything goes wrong, and search all that is left for canaries.

python -m tests.silence [--small] [--only TEXT]
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

# What tests share stands beside this package, where pytest finds it by itself.
sys.path.insert(0, str(Path(__file__).parents[1]))

from .cases import Case, all_cases, small_cases
from .world import World, silent_world


def run_all(world: World, cases: Iterable[Case]) -> int:
    """Run the cases, each from a fresh start; return how many did not go as they are meant to."""
    failed = 0
    for case in cases:
        world.fresh()
        found, problem = len(world.hits), ""
        try:
            case.act(world)
        except AssertionError as error:
            failed, problem = failed + 1, f"; it did not go as it is meant to: {error}"
        print(f"{case.name}: {len(world.hits) - found} found{problem}", flush=True)
    return failed


def report(world: World) -> str:
    """Return what was searched, for what, and what was found."""
    search = world.search
    ends = ", ".join(f"{code}: {times}" for code, times in sorted(world.codes.items()))
    lines = [
        f"{world.runs} runs (by exit code: {ends})",
        f"{world.files} files and {search.places:,} places, {search.bytes:,} bytes searched",
        f"{len(search.canaries)} canaries in {search.forms} forms",
        f"{len(world.hits)} found",
    ]
    lines += [f"  {hit.canary.what}, {hit.form}: {hit.where}" for hit in world.hits[:50]]
    return "\n".join(lines)


def main() -> int:
    """Run as a command; end with 1 where a canary was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.silence", description=__doc__)
    parser.add_argument("--small", action="store_true", help="what make test runs")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases with this in their name")
    given = parser.parse_args()
    cases = small_cases() if given.small else all_cases()
    with tempfile.TemporaryDirectory() as folder, silent_world(Path(folder)) as world:
        failed = run_all(world, (case for case in cases if given.only in case.name))
        print(report(world))
        return 1 if world.hits or failed or not world.runs else 0


if __name__ == "__main__":
    sys.exit(main())
