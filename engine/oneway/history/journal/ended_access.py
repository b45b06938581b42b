"""The target records whose access runs of a connection have ended, and not given back."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import entry, run
from oneway.planning.plan import Ending, Verb

_AT_ONCE = 500
"""So many ids are asked for in one query."""
_OUT = (Verb.LEAVE, Verb.DEACTIVATE)


def ended_access(journal: Journal, connection: str, targets: Iterable[str]) -> Mapping[str, str]:
    """Return when runs ended the access of some target records, as far as the store goes back.

    Without those to which a later run gave access again.
    """
    ids, found = sorted(set(targets)), dict[str, str]()
    verbs = [each.value for each in (*_OUT, Verb.REACTIVATE)]
    for start in range(0, len(ids), _AT_ONCE):
        theirs = entry.c.target_id.in_(ids[start : start + _AT_ONCE])
        done = entry.c.verb.in_(verbs) & (entry.c.ending == Ending.DONE.value)
        query = select(entry.c.target_id, entry.c.verb, run.c.started).join(run)
        ours = (run.c.connection == connection) & theirs & done
        for id, verb, at in journal.rows(query.where(ours).order_by(entry.c.run)):
            found.pop(id, None)
            if Verb(verb) in _OUT:
                found[id] = at
    return found
