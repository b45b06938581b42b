"""Stores the people whom a connection's source has reported as leavers.

The last run's record is complete and replaces that of earlier runs. As with links, only ids
and keyed digests are stored.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import run, snapshot
from oneway.planning.said_left import SaidLeft

LEFT = "left"
"""The name of this data among that stored with a run."""


def store_left(journal: Journal, connection: str, id: int, left: SaidLeft) -> None:
    """Store the reported leavers with a run, and delete those stored with earlier runs."""
    data = {
        "records": {target: sorted(whose) for target, whose in left.records.items()},
        "back": sorted(left.back),
        "days": left.later,
        "day": left.day,
        "marks": left.marks,
        "gone": sorted(left.gone),
        "words": None if left.words is None else sorted(left.words),
        "since": left.since,
        "unsettled": sorted(left.unsettled),
        "closed": None if left.closed is None else sorted(left.closed),
        "holding": left.holding,
        "writing": left.writing,
    }
    ours = select(run.c.id).where(run.c.connection == connection)
    which = (snapshot.c.name == LEFT) & snapshot.c.run.in_(ours)
    with journal.at_once():
        journal.change(delete(snapshot).where(which), at_least=0)
        journal.store_data(id, LEFT, json.dumps(data).encode())


def stored_left(journal: Journal, connection: str) -> tuple[int, SaidLeft] | None:
    """Return the reported leavers and the id of the run that stored them; None if none has."""
    query = select(run.c.id).join(snapshot, snapshot.c.run == run.c.id)
    query = query.where((run.c.connection == connection) & (snapshot.c.name == LEFT))
    found = journal.rows(query.order_by(run.c.id.desc()).limit(1))
    if not found:
        return None
    data: dict[str, Any] = json.loads(journal.stored_data(found[0].id, LEFT)[LEFT])
    records = {target: frozenset(whose) for target, whose in data["records"].items()}
    # An older version did not store all of these.
    words, closed = data.get("words"), data.get("closed")
    later: Mapping[str, str] = data.get("days", {})
    # If the days of records are not stored, their people's days count: none closes earlier.
    days = {id: later[each] for id, whose in records.items() for each in whose if each in later}
    holding = data.get("holding", {id: on for id, on in days.items() if id in (closed or ())})
    return found[0].id, SaidLeft(
        records,
        frozenset(data["back"]),
        later,
        None if words is None else frozenset(words),
        data.get("day", ""),
        data.get("marks", {}),
        frozenset(data.get("gone", ())),
        since=data.get("since", {}),
        unsettled=frozenset(data.get("unsettled", ())),
        closed=None if closed is None else frozenset(closed) - holding.keys(),
        holding=holding,
        writing=data.get("writing", days),
    )
