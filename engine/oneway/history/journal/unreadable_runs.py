"""Refuses to migrate a store whose interrupted runs could not be ended after it.

A run's plan has a format of its own. The version that began the run can read it, but no longer the
store once that is migrated. So this is checked in the transaction of the migration.
"""

from sqlalchemy import Connection, select

from oneway.core.diagnostics import Refused, refusal
from oneway.history.journal import tables
from oneway.history.journal.packed import PLAN, unpacked
from oneway.planning.plan_file import load_stored


def refuse_unreadable_runs(connection: Connection, place: str) -> None:
    """Raise `Refused` if the plan of an interrupted run has a format that is no longer read."""
    run, stored = tables.run, tables.snapshot
    query = select(run.c.id, stored.c.data).join(stored, stored.c.run == run.c.id)
    for id, data in connection.execute(query.where(tables.UNFINISHED, stored.c.name == PLAN)):
        text = unpacked(data, place).decode(errors="surrogatepass")
        try:
            load_stored(text, place)
        except Refused as refused:
            if any(each.code == "P109" for each in refused.diagnostics):
                summary = f"run {id} was interrupted, and an earlier version began it"
                raise refusal("P109", place, summary, _END_IT_FIRST) from None


_END_IT_FIRST = (
    "run `oneway resume` with the version that began it, then upgrade; the store is as it was"
)
