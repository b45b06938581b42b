"""Two `oneway serve` on two machines over one store: each runs its share of what is due.

    python -m tests.fleet serving

Forty-eight connections are due at the same minute. Each due is run once, and each machine runs at
least a third of them.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from oneway.history.journal import Journal, Store
from oneway.history.journal.tables import due
from postgres import running

# The night stands beside the tests of commands, which import each other by name.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

from night import Night, until

CONNECTIONS = 48


def shares(folder: Path, store: str, connections: int) -> tuple[list[int], list[str]]:
    """Return how many dues each of two machines ran, and what is not as it should be."""
    night = Night(folder, {"ONEWAY_STORE": store})
    # Long before: on a busy machine the clock must not be past the due, and be put back.
    night.set_clock("2026-11-24T03:00:00")
    names = [f"customer-{number:02}" for number in range(connections)]
    for each in names:
        night.add(each)
    machines = [("serve", "--listen", "off", "--state", each) for each in ("a", "b")]
    with night.scheduler(*machines[0]) as first, night.scheduler(*machines[1]) as second:
        for each in (first, second):
            each.says(*(f"{name}: connections/" for name in names))
        night.set_clock("2026-11-24T04:00:00")
        until(lambda: _ended(store) >= connections, lambda: first.said + second.said)
        took = _taken_by(store)
        parts = [took[str(each.process.pid)] for each in (first, second)]
    with Journal.open(store) as journal:
        ran = Counter(each.start.connection for each in journal.runs(limit=1000))
    wrong = [f"{name} has {ran[name]} runs" for name in names if ran[name] != 1]
    return parts, wrong


def _ended(store: str) -> int:
    with Store.open(store) as opened:
        return len(opened.rows(select(due).where(due.c.due != "", due.c.ended.is_not(None))))


def _taken_by(store: str) -> Counter[str]:
    """Return how many dues each process took, by its number."""
    with Store.open(store) as opened:
        rows = opened.rows(select(due.c.taken_by).where(due.c.due != ""))
    return Counter(row.taken_by.split()[1] for row in rows)


def main(most: int = 0) -> int:
    """Let two machines share the dues and print how many each ran."""
    count = most or CONNECTIONS
    with running() as server, tempfile.TemporaryDirectory() as folder:
        parts, wrong = shares(Path(folder), server.database(), count)
    for each in wrong:
        print(f"WRONG {each}")
    shown = " and ".join(map(str, parts))
    print(f"{count} dues, each run once: two machines ran {shown} of them.")
    return 1 if wrong or min(parts) < count // 3 else 0
