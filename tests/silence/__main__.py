"""Run every command while everything goes wrong, and search all that is left for canaries.

python -m tests.silence [--small]
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .cases import Case, all_cases, small_cases
from .world import World, silent_world


def run_all(world: World, cases: Iterable[Case], *, aloud: bool = False) -> None:
    """Run the cases, each from a fresh start."""
    for case in cases:
        world.fresh()
        found = len(world.hits)
        case.act(world)
        if aloud:
            print(f"{case.name}: {len(world.hits) - found} found", flush=True)


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
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, silent_world(Path(folder)) as world:
        run_all(world, small_cases() if given.small else all_cases(), aloud=True)
        print(report(world))
        return 1 if world.hits else 0


if __name__ == "__main__":
    sys.exit(main())
