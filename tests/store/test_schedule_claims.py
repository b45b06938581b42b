"""Dues in the store: one takes each, what is left is taken over, what has ended stays so."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from oneway.history.journal import Journal, RunStart, Why
from oneway.history.journal.schedule_claims import (
    ScheduleStatus,
    end,
    first_seen,
    forget,
    found,
    give_back,
    run_of,
    schedule_statuses,
    take,
    take_over,
)

FOUR = "2026-11-24T04:00:00Z"
NEXT = "2026-11-25T04:00:00Z"
NOON = "2026-11-23T12:00:00Z"


def begun(journal: Journal, why: Why = Why.SCHEDULE, started: str = FOUR) -> int:
    return journal.begin(RunStart("m", "d", "f", started, started, "me", "acme", why=why))


def test_one_of_many_takes_a_due(journal: Journal) -> None:
    assert take(journal, "acme", FOUR, FOUR, "one") is not None
    assert take(journal, "acme", FOUR, FOUR, "two") is None
    assert take(journal, "beta", FOUR, FOUR, "two") is not None


def test_of_many_at_once_one_takes_a_due(where: Path | str) -> None:
    def taken(number: int) -> bool:
        with Journal.open(where) as journal:
            return take(journal, "acme", FOUR, FOUR, str(number)) is not None

    with Journal.open(where), ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(taken, range(6))) == [False] * 5 + [True]


def test_what_is_left_is_taken_over_by_one(journal: Journal) -> None:
    left = take(journal, "acme", FOUR, FOUR, "one")
    assert left is not None
    ours = take_over(journal, left, "two")
    assert ours is not None
    assert (ours.by, ours.starts) == ("two", 2)
    assert take_over(journal, left, "three") is None
    assert found(journal, "acme", FOUR) == ours
    assert give_back(journal, ours).starts == 1


def test_what_has_ended_stays_so(journal: Journal) -> None:
    ours = take(journal, "acme", FOUR, FOUR, "one")
    assert ours is not None
    end(journal, ours, NEXT, "done")
    end(journal, ours, NEXT, "refused")
    assert take_over(journal, ours, "two") is None
    last = schedule_statuses(journal)["acme"].last
    assert last is not None
    assert (last.ended, last.outcome) == (NEXT, "done")


def test_the_next_due_counts_for_one_that_was_left(journal: Journal) -> None:
    left = take(journal, "acme", FOUR, FOUR, "one")
    assert left is not None
    take(journal, "acme", NEXT, NEXT, "two")
    passed = found(journal, "acme", FOUR)
    assert passed is not None
    assert (passed.ended, passed.outcome) == (NEXT, "passed over")


@pytest.mark.parametrize("of", ["acme", None])
def test_old_dues_are_forgotten_but_never_the_newest(journal: Journal, of: str | None) -> None:
    for name, dues in (("acme", (FOUR, NEXT)), ("beta", (FOUR,)), ("gamma", (FOUR, NEXT))):
        first_seen(journal, name, NOON)
        for nominal in dues:
            ours = take(journal, name, nominal, nominal, "one")
            assert ours is not None
            end(journal, ours, nominal, "done")
    forget(journal, "2027-01-01T00:00:00Z", of)
    assert found(journal, "acme", FOUR) is None
    assert found(journal, "beta", FOUR) is not None
    assert (found(journal, "gamma", FOUR) is None) == (of is None)
    standing = schedule_statuses(journal)["acme"]
    assert standing.since == NOON
    assert standing.last is not None
    assert standing.last.due == NEXT


def test_a_connection_stands_from_its_last_run_or_from_now(journal: Journal) -> None:
    begun(journal, Why.HAND, NOON)
    assert first_seen(journal, "acme", FOUR) == ScheduleStatus(NOON)
    assert first_seen(journal, "beta", FOUR) == ScheduleStatus(FOUR)
    assert first_seen(journal, "beta", NEXT) == ScheduleStatus(FOUR)


def test_a_run_that_ended_unseen_is_found_again(journal: Journal) -> None:
    journal.finish(begun(journal), {}, FOUR)  # the one of the night before
    ours = take(journal, "acme", FOUR, FOUR, "one")
    assert ours is not None
    assert run_of(journal, ours) is None
    journal.finish(begun(journal, Why.HAND), {}, FOUR)
    assert run_of(journal, ours) is None
    run = begun(journal)
    assert run_of(journal, ours) is None
    journal.finish(run, {}, FOUR)
    ended = run_of(journal, ours)
    assert ended is not None
    assert ended.id == run


def test_opening_a_store_twice_takes_no_lock_from_the_first(tmp_path: Path) -> None:
    # Where a process closes a file, the system takes all its locks on it away, and the next
    # process to close the store would take the log away that the first one writes to.
    path = tmp_path / "journal.db"
    with Journal.open(path) as first:
        with Journal.open(path):
            pass
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        code = "import sys; from pathlib import Path; from oneway.history.journal import Journal\n"
        code += "Journal.open(Path(sys.argv[1])).close()"
        subprocess.run([sys.executable, "-c", code, str(path)], check=True, env=environment)
        assert (tmp_path / "journal.db-wal").exists()
        assert take(first, "acme", FOUR, FOUR, "one") is not None
    with Journal.open(path) as again:
        assert found(again, "acme", FOUR) is not None
