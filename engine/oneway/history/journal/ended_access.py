"""Finds the target records whose access a connection's runs ended and did not give back."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, select

from oneway.history.journal.journal import Journal
from oneway.history.journal.rows import Run
from oneway.history.journal.tables import entry, run
from oneway.planning.endings import Ending
from oneway.planning.listed_before import records_of
from oneway.planning.plan import Verb

_AT_ONCE = 500
"""Ids per query."""
_OUT = tuple(each for each in Verb if each.takes_access)


def ended_access(
    journal: Journal,
    connection: str,
    targets: Iterable[str] | None = None,
    *,
    perhaps: bool = False,
) -> Mapping[str, str]:
    """Return when runs ended the access of target records (all, or `targets`), by record id.

    Goes as far back as the store does. Records that were given access again are left out. With
    `perhaps`, includes leaves that were sent and may have been carried out.
    """
    found = _last_ended(journal, connection, targets, perhaps=perhaps)
    return {id: at for id, (_, at) in found.items()}


def runs_that_ended_access(
    journal: Journal, connection: str, targets: Iterable[str]
) -> Mapping[str, Run]:
    """Return the run that last ended the access of each target record, by record id.

    Leaves out records that the run listed all the same: it did not see their access end. Also
    leaves out records that were given access again.
    """
    ended = _last_ended(journal, connection, targets)
    runs = {id: journal.run(id) for id in {id for id, _ in ended.values()}}
    listed = {id: records_of(each.still_in) for id, each in runs.items() if each is not None}
    found = ((target, runs[id]) for target, (id, _) in ended.items() if target not in listed[id])
    return {target: each for target, each in found if each is not None}


def _last_ended(
    journal: Journal, connection: str, targets: Iterable[str] | None, *, perhaps: bool = False
) -> Mapping[str, tuple[int, str]]:
    """Return the runs that last ended access, and their instants, by target record."""
    found = dict[str, tuple[int, str]]()
    verbs = [each.value for each in (*_OUT, Verb.REACTIVATE)]
    done = entry.c.verb.in_(verbs) & (entry.c.ending == Ending.DONE.value)
    if perhaps:
        maybe = entry.c.ending.in_([each.value for each in (Ending.UNKNOWN, Ending.STALE)])
        done |= entry.c.verb.in_(verbs[:-1]) & maybe & (entry.c.sent == 1)
    ours = (run.c.connection == connection) & done
    query = select(entry.c.target_id, entry.c.verb, run.c.id, run.c.as_of).join(run).where(ours)
    ids = None if targets is None else sorted(set(targets))
    for start in range(0, 1 if ids is None else len(ids), _AT_ONCE):
        of = query if ids is None else query.where(_any_of(ids[start : start + _AT_ONCE]))
        for id, verb, number, at in journal.rows(of.order_by(entry.c.run)):
            found.pop(id, None)
            if Verb(verb) in _OUT:
                found[id] = (number, at)
    return found


def _any_of(ids: Sequence[str]) -> ColumnElement[bool]:
    return entry.c.target_id.in_(ids)
