"""The discrepancies of a run: as stored at its end, or as far as it has got."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from oneway.history.discrepancies import Discrepancy, discrepancies_of
from oneway.history.journal import JournalEntry, Run
from oneway.planning.endings import End
from oneway.planning.plan import Plan
from oneway.runs.past.find_run import plan_of_run

if TYPE_CHECKING:
    from oneway.history.journal import Journal


def discrepancies_of_run(
    journal: "Journal", run: Run, plan: Plan | None, entries: Sequence[JournalEntry]
) -> tuple[Discrepancy, ...]:
    """Return the discrepancy of each person who differs from the source, according to one run."""
    from oneway.history.journal.discrepancies import stored_discrepancies

    kept = stored_discrepancies(journal, run.id) if run.ended is not None else None
    if kept is not None or plan is None:
        return kept or ()
    return _made_now(journal, run, plan, entries)


def write_discrepancies(
    journal: "Journal", id: int, plan: Plan, entries: Sequence[JournalEntry]
) -> None:
    """Store the discrepancies of a run; `entries` are what the journal knows of its actions now."""
    from oneway.history.journal.discrepancies import store_discrepancies

    run = journal.run(id)
    assert run is not None, "it was begun"
    store_discrepancies(journal, id, _made_now(journal, run, plan, entries))


def ends_of(entries: Sequence[JournalEntry]) -> Mapping[str, End]:
    """Return how actions ended, by their ids, of those that have ended."""
    return {each.action_id: each.end for each in entries if each.end is not None}


def discrepancies_before(
    journal: "Journal", connection: str, before: int | None = None
) -> Sequence[Discrepancy]:
    """Return the discrepancies of a connection's last run that ended, before a run's id.

    If that run died while being resumed, they are made again.
    """
    from oneway.history.journal.discrepancies import last_discrepancies, stored_discrepancies

    for run in journal.runs(connection, limit=_LOOK_BACK, before=before):
        if run.problems or run.ended is None:
            continue
        kept = stored_discrepancies(journal, run.id)
        plan = plan_of_run(journal, run) if kept is None else None
        if plan is None:
            return kept or ()
        earlier = last_discrepancies(journal, connection, before=run.id) or ()
        return _made(journal, run, plan, journal.entries(run.id), earlier)
    return ()


_LOOK_BACK = 50
"""How many runs to search for one with a plan and an end."""


def _made_now(
    journal: "Journal", run: Run, plan: Plan, entries: Sequence[JournalEntry]
) -> tuple[Discrepancy, ...]:
    before = discrepancies_before(journal, run.start.connection, run.id)
    return _made(journal, run, plan, entries, before)


def _made(
    journal: "Journal",
    run: Run,
    plan: Plan,
    entries: Sequence[JournalEntry],
    before: Sequence[Discrepancy],
) -> tuple[Discrepancy, ...]:
    from oneway.history.journal.flapping import reverted_by

    connection = run.start.connection
    return discrepancies_of(
        plan,
        ends_of(entries),
        journal.failures(connection, run.start.zone),
        before=before,
        in_flight=frozenset(each.action_id for each in entries if each.end is None and each.sent),
        undone=reverted_by(journal, connection, run.id),
    )
