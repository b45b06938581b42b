"""Finds the writes of a run that did not stick: earlier runs wrote them too."""

from collections.abc import Mapping

from sqlalchemy import func, select

from oneway.history.digests import RECORD
from oneway.history.flapping import RevertedWrite, sticks
from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import entry, run, written
from oneway.planning.endings import Ending


def reverted_by(journal: Journal, connection: str, id: int) -> Mapping[str, RevertedWrite]:
    """Return the writes of a run that did not stick, by action id, as of that run.

    For an earlier run, they are known only if all later runs wrote the same.
    """
    times: dict[str, dict[str, int]] = {}
    for (action, field), found in journal.written(connection).items():
        if found.times > 1:
            times.setdefault(action, {})[field] = found.times
    if not times:
        return {}
    later, undone = _written_since(journal, connection, id), {}
    for each in journal.entries(id):
        # Writes of other runs do not concern this one.
        if each.end is None or each.end.ending is not Ending.DONE:
            continue
        runs = {
            field: number - later.get(each.action_id, 0)
            for field, number in times.get(each.action_id, {}).items()
        }
        again = {field: number for field, number in runs.items() if not sticks(each.verb, number)}
        if again:
            fields = tuple(sorted(again.keys() - {RECORD}))
            undone[each.action_id] = RevertedWrite(each.verb, fields, max(again.values()))
    return undone


def repeated_writers(journal: Journal) -> frozenset[str]:
    """Return the connections with a change written twice in a row; no other can have flapping."""
    query = select(written.c.connection).where(written.c.times > 1).distinct()
    return frozenset(row[0] for row in journal.rows(query))


def _written_since(journal: Journal, connection: str, id: int) -> Mapping[str, int]:
    """Return how many runs after this one repeated an action, by the action's id."""
    later = (run.c.connection == connection) & (run.c.id > id)
    query = select(entry.c.action, func.count()).join(run, run.c.id == entry.c.run)
    found = query.where(later, entry.c.ending == Ending.DONE.value).group_by(entry.c.action)
    return {row[0]: row[1] for row in journal.rows(found)}
