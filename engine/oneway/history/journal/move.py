"""Copies a store's runs, and all that is kept with them, into another store."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Integer, Table, func, select

from oneway.history.journal.journal import Journal
from oneway.history.journal.tables import (
    due,
    entry,
    failure,
    incident,
    link,
    notice,
    run,
    snapshot,
    written,
)

_NUMBERED = (run, incident, notice)
"""The tables whose rows are numbered by the store."""
_TABLES = (run, entry, snapshot, failure, written, link, due, incident, notice)
"""All but leases, which end with their runs; each after those it refers to."""
_AT_ONCE = 200


def copy_all(old: Journal, new: Journal) -> int:
    """Copy everything into a store, in one transaction; return how many runs it was.

    Runs and incidents get the next numbers of that store, in the same order.
    """
    with new.at_once():
        shifts = {each.name: _highest(new, each) for each in _NUMBERED}
        for table in _TABLES:
            _copy(old, new, table, shifts)
        if new.shared:
            for each in _NUMBERED:
                sequence = func.pg_get_serial_sequence(each.name, "id")
                new.rows(select(func.setval(sequence, max(1, _highest(new, each)))))
    return len(old.rows(select(run.c.id)))


def _copy(old: Journal, new: Journal, table: Table, shifts: Mapping[str, int]) -> None:
    numbers = {
        each.name: shifts[table.name if each.name == "id" else each.name]
        for each in table.c
        if isinstance(each.type, Integer) and each.name in ("id", "run", "incident")
    }
    for rows in _parts(old, table):
        values = [dict(each._mapping) for each in rows]
        for each in values:
            each |= {name: each[name] + by for name, by in numbers.items() if each[name]}
        for start in range(0, len(values), _AT_ONCE):
            new.change(new.insert(table).values(values[start : start + _AT_ONCE]))


def _parts(old: Journal, table: Table) -> Iterable[Any]:
    """Yield the rows of a table; those of each run by themselves, as they may be large."""
    if "run" not in table.c:
        yield old.rows(select(table))
        return
    for each in old.rows(select(run.c.id).order_by(run.c.id)):
        yield old.rows(select(table).where(table.c.run == each.id))


def _highest(store: Journal, table: Table) -> int:
    return int(store.rows(select(func.coalesce(func.max(table.c.id), 0)))[0][0])
