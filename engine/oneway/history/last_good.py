"""Finds the last run that carried out its plan: access ends only in such a run."""

from collections.abc import Iterable

from oneway.history.journal import Run
from oneway.history.journal.history import RunHistory
from oneway.history.journal.rows import RunState
from oneway.planning.access import StillIn
from oneway.planning.guard_kinds import definition_of
from oneway.planning.plan import Ending

_AT_ONCE = 50


def held_whole(run: Run) -> bool:
    """Return whether guards held a run's whole plan: then no access ended either."""
    if run.state is not RunState.HELD:
        return False
    definitions = [definition_of(each.guard) for each in run.start.breaches]
    if any(each is not None and each.of_list for each in definitions):
        return True
    named = {id for each in run.start.breaches for id in each.held}
    return run.counts.get(Ending.HELD.value, 0) > len(named)  # with `on_breach: stop`


def last_still_in(runs: Iterable[Run]) -> tuple[StillIn, ...]:
    """Return leavers who could still get in, by the first of these runs that knows.

    Refused ones do not.
    """
    return next((run.still_in for run in runs if run.knows_access), ())


def is_good(run: Run) -> bool:
    """Return whether a run ended by itself and its plan was not held whole."""
    return run.state.is_whole and not held_whole(run)


def last_good(store: RunHistory, connection: str, before: int) -> Run | None:
    """Return the last good run of a connection before a run's id; None if there is none."""
    while found := store.runs(connection, limit=_AT_ONCE, before=before):
        good = next((each for each in found if is_good(each)), None)
        if good is not None:
            return good
        before = found[-1].id
    return None
