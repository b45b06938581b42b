"""Finds the target records whose access a connection's runs ended and did not give back."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, select

from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import entry, run
from oneway.planning.endings import Ending
from oneway.planning.plan import Verb

_AT_ONCE = 500
"""Ids per query."""
_OUT = tuple(each for each in Verb if each.takes_access)


def ended_access(
    journal: Journal, connection: str, targets: Iterable[str] | None = None
) -> Mapping[str, str]:
    """Return when runs ended the access of target records (all, or `targets`), by record id.

    Goes as far back as the store does. Records that were given access again are left out.
    """
    found = dict[str, str]()
    verbs = [each.value for each in (*_OUT, Verb.REACTIVATE)]
    done = entry.c.verb.in_(verbs) & (entry.c.ending == Ending.DONE.value)
    ours = (run.c.connection == connection) & done
    query = select(entry.c.target_id, entry.c.verb, run.c.as_of).join(run).where(ours)
    ids = None if targets is None else sorted(set(targets))
    for start in range(0, 1 if ids is None else len(ids), _AT_ONCE):
        of = query if ids is None else query.where(_any_of(ids[start : start + _AT_ONCE]))
        for id, verb, at in journal.rows(of.order_by(entry.c.run)):
            found.pop(id, None)
            if Verb(verb) in _OUT:
                found[id] = at
    return found


def _any_of(ids: Sequence[str]) -> ColumnElement[bool]:
    return entry.c.target_id.in_(ids)
