"""Counts the endings of each run by verb, for the list of runs."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from oneway.core.dataclass import dataclass
from oneway.history.journal.rows import Run
from oneway.history.journal.store import Store
from oneway.history.journal.tables import entry
from oneway.planning.endings import Ending
from oneway.planning.plan import Verb

_CREATED = frozenset({Verb.CREATE.value})
_CHANGED = frozenset({Verb.UPDATE.value, Verb.CORRECT.value, Verb.REACTIVATE.value})
_LEFT = frozenset({Verb.LEAVE.value, Verb.DEACTIVATE.value})


@dataclass(frozen=True, slots=True)
class RunCounts:
    """How many records one run created, changed and made leavers; how many failed or were held.

    `failed` counts every action that was tried, or should have been, and was not done.
    """

    created: int = 0
    changed: int = 0
    left: int = 0
    failed: int = 0
    held: int = 0


def run_counts(store: Store, runs: Sequence[Run]) -> Mapping[int, RunCounts]:
    """Return the counts of each of these runs, by run id."""
    done: dict[int, dict[str, int]] = {run.id: {} for run in runs}
    query = (
        select(entry.c.run, entry.c.verb, func.count().label("number"))
        .where(entry.c.run.in_(list(done)) & (entry.c.ending == Ending.DONE.value))
        .group_by(entry.c.run, entry.c.verb)
    )
    for row in store.rows(query):
        done[row.run][row.verb] = row.number
    return {run.id: _tally(run, done[run.id]) for run in runs}


def _tally(run: Run, done: Mapping[str, int]) -> RunCounts:
    held = run.counts.get(Ending.HELD.value, 0)
    ended = sum(run.counts.values())
    return RunCounts(
        created=_sum(done, _CREATED),
        changed=_sum(done, _CHANGED),
        left=_sum(done, _LEFT),
        failed=ended - held - run.counts.get(Ending.DONE.value, 0),
        held=held,
    )


def _sum(done: Mapping[str, int], verbs: frozenset[str]) -> int:
    return sum(number for verb, number in done.items() if verb in verbs)
