"""Finds what other connections have written into a target record at the same time.

An update is compared with its record before and after. The update is not blamed for what another
connection of this store wrote in between.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from oneway.core.instants import instant_text
from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import entry, run
from oneway.planning.plan import Plan

_IN_FLIGHT = timedelta(minutes=10)
"""How long before the start of this run a write may have been sent that arrived during it."""


def fields_written(
    journal: Journal, plan: Plan, connection: str, began: datetime, target_id: str
) -> frozenset[str]:
    """Return the fields of a target record that other connections have written since a run began.

    Fields of a write whose result is unknown count too.
    """
    since = instant_text(began - _IN_FLIGHT)
    theirs = (run.c.connection != connection) & (entry.c.target_id == target_id)
    sent = (entry.c.sent == 1) & (entry.c.sent_at >= since)
    query = select(entry.c.run, entry.c.action).join(run).where(theirs & sent)
    return frozenset(
        field
        for row in journal.rows(query)
        for field in _fields(json.loads(journal.plan_of(row.run) or "{}"), plan, row.action)
    )


def _fields(written: Mapping[str, Any], plan: Plan, action: str) -> Iterator[str]:
    """Yield the fields that an action of another plan writes, if it writes to the same system."""
    there, here = written.get("inputs", {}).get("target", {}), plan.inputs["target"]
    known = (here.connector, here.resource, here.origin, dict(here.options))
    if tuple(there.get(key) for key in ("connector", "resource", "origin", "options")) != known:
        return
    for outcome in written.get("outcomes", ()):
        for each in outcome.get("actions", ()) if isinstance(outcome, dict) else ():
            if each["id"] == action:
                yield from (change["field"] for change in each["changes"])
