"""Finds the last run that carried out its plan: access ends only in such a run."""

from collections.abc import Iterable, Sequence

from oneway.history.journal import Journal, Run
from oneway.history.journal.history import RunHistory
from oneway.history.journal.listed_records import stored_listed
from oneway.history.journal.rows import RunState
from oneway.planning.access import StillIn
from oneway.planning.guard_kinds import definition_of
from oneway.planning.listed_before import Records, joined
from oneway.planning.plan import Ending

_AT_ONCE = 50


def held_whole(run: Run) -> bool:
    """Return whether guards held a run's whole plan: then no access ended either."""
    if run.state is not RunState.HELD:
        return False
    if _of_a_list(run):
        return True
    named = {id for each in run.start.breaches for id in each.held}
    return run.counts.get(Ending.HELD.value, 0) > len(named)  # with `on_breach: stop`


def _of_a_list(run: Run) -> bool:
    definitions = [definition_of(each.guard) for each in run.start.breaches]
    return any(each is not None and each.of_list for each in definitions)


def last_still_in(runs: Iterable[Run]) -> tuple[StillIn, ...]:
    """Return leavers who could still get in, by the first of these runs that knows.

    Refused ones do not. One that guards held for a list that shrank has seen part of it, and ended
    nobody's access: whom it does not name, an earlier one does. The same holds of one that could
    not read whose a target record is.
    """
    found: list[StillIn] = []
    for run in (each for each in runs if each.knows_access):
        named = {each.source_id for each in found} - {None}
        theirs = {each.target_id for each in found} - {None}
        found += [
            each
            for each in run.still_in
            if each.source_id not in named and each.target_id not in theirs
        ]
        if knows_everybody(run):
            break
    return tuple(found)


def knows_everybody(run: Run) -> bool:
    """Return whether a run knows who can still get in, and guards distrusted no list of it.

    One with a target record that may be anybody's does not: a record it does not show may be that.
    """
    anybodys = any(each.source_id is None and not each.candidates for each in run.still_in)
    held = run.state is RunState.HELD and _of_a_list(run)
    return run.knows_access and not (held or anybodys)


def remembered_records(journal: Journal, runs: Sequence[Run]) -> Records:
    """Return what these runs, newest first, remember of listed records beyond `last_still_in`."""
    knowing = [each for each in runs if each.knows_access]
    last = next((at for at, each in enumerate(knowing, 1) if knows_everybody(each)), None)
    return joined(*(stored_listed(journal, each.id) for each in knowing[:last]))


def lists_leavers(run: Run) -> bool:
    """Return whether a run knows who has left and can still get in: it may be nobody.

    A run that did not get to its end does not, and neither does one that saw only part of a
    list, if it names nobody.
    """
    return bool(run.still_in) or knows_everybody(run)


def is_good(run: Run) -> bool:
    """Return whether a run was not interrupted, and guards did not hold its whole plan."""
    return run.state.is_whole and not held_whole(run)


def last_good(store: RunHistory, connection: str, before: int, until: str = "") -> Run | None:
    """Return the last good run of a connection before a run's id; None if there is none.

    Runs that are recorded after `until` do not count, if it is given: a clock that was ahead
    recorded them, so they say nothing about when they ran.
    """
    while found := store.runs(connection, limit=_AT_ONCE, before=before):
        timely = (each for each in found if not until or each.start.started <= until)
        good = next(filter(is_good, timely), None)
        if good is not None:
            return good
        before = found[-1].id
    return None
