"""`python -m tests.fleet WHAT`: the long proofs over a real PostgreSQL, one by one or all."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fleet import cut, paused, serving, taken_at_every_write

PROOFS = {
    "taken": taken_at_every_write.main,
    "paused": paused.main,
    "cut": cut.main,
    "serving": serving.main,
}


def main() -> int:
    """Run what the command line asks for; return 1 where anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*PROOFS, []], help="all where none is named")
    parser.add_argument("--most", type=int, default=0, help="so many points, in place of all")
    asked = parser.parse_args()
    return max(PROOFS[each](asked.most) for each in asked.what or PROOFS)


if __name__ == "__main__":
    sys.exit(main())
