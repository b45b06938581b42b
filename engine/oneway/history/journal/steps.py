"""The statements that journal an action's steps, built once per run.

Building or looking up a statement costs many times more than executing it.
"""

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Delete,
    Dialect,
    Table,
    Update,
    bindparam,
    case,
    delete,
    literal,
    null,
    select,
    update,
)

from oneway.core.dataclass import dataclass
from oneway.history.journal.fence import Fence, store_time
from oneway.history.journal.prepared_statements import Prepared
from oneway.history.journal.store import Upsert, is_shared, upserting
from oneway.history.journal.tables import UNSETTLED, WITHHELD, entry, failure, lease, run, written

_NO_END = {"ending": None, "code": "", "reason": "", "guards": "[]", "until": ""}
"""The columns of an ending, for an action in flight."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The statements of a run; `given` turns column values into their parameters."""

    intend: Prepared
    send: Prepared
    send_again: Prepared
    end: Prepared
    refuse: Prepared
    heal: Prepared
    write: Prepared


def given(**values: Any) -> Mapping[str, Any]:
    """Return column values under the statements' parameter names."""
    return {_PREFIX + name: value for name, value in values.items()}


@lru_cache(maxsize=16)
def steps_of(fence: Fence | None, window: float, dialect: Dialect) -> Steps:
    """Return the statements of a run, with the condition of its lease if it has one.

    A request may be sent within `window` seconds of its statement.
    """
    found = _compiled(fence is not None, window, dialect)
    if fence is None:
        return found
    held = {f"{_HELD}{name}": getattr(fence, name) for name in _OF_FENCE}
    return Steps(*(getattr(found, each.name).fixing(held) for each in fields(Steps)))


@lru_cache(maxsize=4)
def _compiled(fenced: bool, window: float, dialect: Dialect) -> Steps:
    """Return the statements of any run, compiled once in a process: that takes 10 ms."""
    columns = {
        name: bindparam(f"{_HELD}{name}", type_=each.type) for name, each in _OF_FENCE.items()
    }
    fence = Fence(**cast(dict[str, Any], columns)) if fenced else None
    made = _Maker(fence, window, shared=is_shared(dialect))
    here = (entry.c.run == _given(entry.c.run)) & (entry.c.action == _given(entry.c.action))
    return Steps(
        intend=Prepared.of(made.intend(), dialect),
        send=Prepared.of(made.send(here & entry.c.ending.is_(None)), dialect),
        send_again=Prepared.of(made.send(here & UNSETTLED), dialect),
        end=Prepared.of(made.end(), dialect),
        refuse=Prepared.of(made.refuse(), dialect),
        heal=Prepared.of(_heal(), dialect),
        write=Prepared.of(made.write(), dialect),
    )


@dataclass(frozen=True, slots=True)
class _Maker:
    fence: Fence | None
    window: float
    shared: bool

    def intend(self) -> Upsert:
        """Return the statement for an action about to be sent, perhaps withheld before."""
        sending = _all_given(entry, "token", "counted", "at") | _fixed(entry, **_NO_END)
        new = self._ours(entry, _ACTION | sending)
        return _or(new, ("run", "action"), sending, where=WITHHELD)

    def send(self, which: ColumnElement[bool]) -> Update:
        """Return the statement for an action being sent, which from now on may have happened."""
        sending = update(entry).values(sent=1, sent_at=_given(entry.c.sent_at))
        if self.fence is None:
            return sending.where(which)
        until = store_time() + self.window if self.shared else null()
        return sending.where(which, self.fence.holds(self.window)).values(by_when=until)

    def end(self) -> Upsert:
        """Return the statement for an ended action, even if it was never about to be sent."""
        names = ("target_id", "ending", "code", "reason", "guards", "until", "job")
        found = _all_given(entry, *names) | _fixed(entry, by_when=None)
        new = self._ours(entry, _ACTION | found | _fixed(entry, token=""))
        return _or(new, ("run", "action"), found, where=UNSETTLED | WITHHELD)

    def refuse(self) -> Upsert:
        """Return the statement for a refused action; counts refusals of the same values."""
        values = _all_given(failure, "action", "digest", "code", "reason")
        values |= {"connection": run.c.connection, "first": run.c.as_of, "last": run.c.as_of}
        new = self._of_run(failure, values)
        again = failure.c.digest == new.excluded.digest
        found = {
            "times": case((again, failure.c.times + 1), else_=1),
            "first": case((again, failure.c.first), else_=new.excluded.first),
            **{name: new.excluded[name] for name in ("digest", "code", "reason", "last")},
        }
        keys = ["connection", "action"]
        return new.on_conflict_do_update(index_elements=keys, set_=found)

    def write(self) -> Upsert:
        """Return the statement for a written field; counts writes of the same value."""
        values = _all_given(written, "action", "field", "digest")
        new = self._of_run(written, values | {"connection": run.c.connection})
        again = written.c.digest == new.excluded.digest
        found = {
            "times": case((again, written.c.times + 1), else_=1),
            "digest": new.excluded.digest,
        }
        keys = ["connection", "action", "field"]
        return new.on_conflict_do_update(index_elements=keys, set_=found)

    def _ours(self, table: Table, values: Mapping[str, ColumnElement[Any]]) -> Upsert:
        """Return an insert that has no effect once another run has taken over the lease."""
        new = upserting(table, shared=self.shared)
        if self.fence is None:
            return new.values(dict(values))
        row = select(*values.values()).where(self.fence.holds())
        return new.from_select(list(values), row)

    def _of_run(self, table: Table, values: Mapping[str, ColumnElement[Any]]) -> Upsert:
        """Return an insert whose values are partly selected from the run's row."""
        once = {**values, **_fixed(table, times=1)}
        row = select(*once.values()).where(run.c.id == _given(entry.c.run))
        return upserting(table, shared=self.shared).from_select(list(once), row)


def _heal() -> Delete:
    """Return the statement that deletes the refusal of an action that is done."""
    whose = select(run.c.connection).where(run.c.id == _given(entry.c.run)).scalar_subquery()
    same = failure.c.action == _given(failure.c.action)
    return delete(failure).where((failure.c.connection == whose) & same)


def _or(
    new: Upsert, keys: tuple[str, ...], found: Mapping[str, Any], *, where: ColumnElement[bool]
) -> Upsert:
    """Return an insert that instead updates these columns if the row exists and `where` holds."""
    changes = {name: new.excluded[name] for name in found}
    return new.on_conflict_do_update(index_elements=keys, set_=changes, where=where)


def _given(column: Column[Any]) -> BindParameter[Any]:
    return bindparam(_PREFIX + column.name, type_=column.type)


def _all_given(table: Table, *names: str) -> dict[str, ColumnElement[Any]]:
    return {name: _given(table.c[name]) for name in names}


def _fixed(table: Table, **values: Any) -> dict[str, ColumnElement[Any]]:
    return {name: literal(value, table.c[name].type) for name, value in values.items()}


_HELD = "held_"
_OF_FENCE = {"connection": lease.c.connection, "number": lease.c.fence, "owner": lease.c.owner}
"""What a fence is compared with; such parameters are fixed for a run."""
_PREFIX = "given_"
"""Prefixes parameter names: SQLAlchemy reserves the columns' own names."""
_ACTION = _all_given(entry, "run", "action", "verb", "source_id", "target_id")
