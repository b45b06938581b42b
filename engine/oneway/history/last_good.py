"""Finds a connection's last good run: only a run that carried out its plan ends access."""

from collections.abc import Iterable, Sequence

from oneway.history.journal import Journal, Run
from oneway.history.journal.history import RunHistory
from oneway.history.journal.listed_records import stored_listed
from oneway.history.journal.rows import RunState
from oneway.planning.access import StillIn
from oneway.planning.endings import Ending
from oneway.planning.guard_kinds import definition_of
from oneway.planning.listed_before import Records, joined

_AT_ONCE = 50


def held_whole(run: Run) -> bool:
    """Return whether guards blocked a run's whole plan, including the ending of access."""
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
    """Return the leavers who could still get in after the first (newest) of these runs.

    Skips refused runs, which do not know. Earlier runs add the leavers that a run may have missed:
    a run blocked because a list shrank saw only part of that list and ended no access; another may
    have found a target record without knowing its owner.
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
    """Return whether a run knows every leaver who can still get in.

    It does not if a guard distrusted one of its lists, or if a target record has no known owner:
    that record may belong to a leaver it does not name.
    """
    anybodys = any(each.source_id is None and not each.candidates for each in run.still_in)
    held = run.state is RunState.HELD and _of_a_list(run)
    return run.knows_access and not (held or anybodys)


def remembered_records(journal: Journal, runs: Sequence[Run]) -> Records:
    """Return the listed records that these runs, newest first, remember beyond `last_still_in`."""
    knowing = [each for each in runs if each.knows_access]
    last = next((at for at, each in enumerate(knowing, 1) if knows_everybody(each)), None)
    return joined(*(stored_listed(journal, each.id) for each in knowing[:last]))


def lists_leavers(run: Run) -> bool:
    """Return whether a run's list of leavers who can still get in is meaningful, even if empty.

    It is not if the run did not finish, or if it names no leavers but saw only part of a list.
    """
    return bool(run.still_in) or knows_everybody(run)


def is_good(run: Run) -> bool:
    """Return whether a run finished, and guards did not block its whole plan."""
    return run.state.is_whole and not held_whole(run)


def last_good(store: RunHistory, connection: str, before: int, until: str = "") -> Run | None:
    """Return a connection's last good run with an id below `before`, or None.

    Skips runs that started after `until`, if given: a clock that was ahead recorded them, so their
    instants cannot be trusted.
    """
    while found := store.runs(connection, limit=_AT_ONCE, before=before):
        timely = (each for each in found if not until or each.start.started <= until)
        good = next(filter(is_good, timely), None)
        if good is not None:
            return good
        before = found[-1].id
    return None
