"""`oneway` at another hour: benchmarks/at_night.py COMMAND..., with ONEWAY_BENCHMARK_AHEAD set.

That variable says how many seconds the clock is ahead. The processes that a run is given find
this clock by its name, as they find the real one.
"""

import os
import sys
from datetime import UTC, datetime, timedelta

AHEAD = "ONEWAY_BENCHMARK_AHEAD"


def now() -> datetime:
    """Return the present of this night, to the second."""
    ahead = timedelta(seconds=float(os.environ[AHEAD]))
    return (datetime.now(UTC) + ahead).replace(microsecond=0)


if __name__ == "__main__":
    import at_night

    from oneway.cli import main, run_due

    run_due.now = at_night.now
    sys.argv[0] = "oneway"
    main()
