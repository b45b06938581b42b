"""The journal: records a run and its actions, and answers the questions of guards."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Column, ColumnElement, delete, func, literal, select, true, update
from sqlalchemy.sql.base import Executable

from oneway.core.diagnostics import Diagnostic
from oneway.history.backoff import PastFailure
from oneway.history.digests import ValueDigests
from oneway.history.flapping import RepeatedWrite
from oneway.history.journal import fence, rows
from oneway.history.journal.history import RunHistory
from oneway.history.journal.lease import Lease, taken_over
from oneway.history.journal.links import learn
from oneway.history.journal.packed import PLAN, packed
from oneway.history.journal.prepared_statements import Prepared
from oneway.history.journal.retention import prunable
from oneway.history.journal.rows import RunStart
from oneway.history.journal.steps import Steps, given, steps_of
from oneway.history.journal.tables import (
    entry,
    failure,
    incident,
    link,
    notice,
    run,
    snapshot,
    written,
)
from oneway.planning.access import NOT_KEPT, StillIn
from oneway.planning.endings import End, Ending
from oneway.planning.guards import person_of
from oneway.planning.links import Link
from oneway.planning.plan import Action, Verb
from oneway.planning.plan_inputs import Read
from oneway.state.heartbeat import beat, uptime

_AT_ONCE = 500
"""Runs deleted per transaction, because the number of parameters is limited."""


class Journal(RunHistory):
    """An open journal. Every method raises `Refused` if the store cannot be used.

    Threads may share it. A call for an action that was never journalled, or whose ending is final,
    is a bug and raises `LookupError`. With a `lease`, a run that has lost it can record nothing:
    `Refused` says which run has taken it over.
    """

    lease: Lease | None = None

    def begin(
        self,
        start: RunStart,
        plan: bytes = b"",
        snapshots: Mapping[str, bytes] = {},
        planned: int | None = None,
        matched: Sequence[Link] | None = None,
        in_full: Callable[[Link], Link] = lambda link: link,
    ) -> int:
        """Record the start of a run, and return its id.

        `plan` is its plan file, `packed`; `snapshots` are stored by name; `planned` is how many
        actions it has; `matched` are the links that it establishes, which `in_full` completes
        (see `learn`).
        """
        # Slow work goes before the transaction, so as not to leave it idle.
        stored = {name: packed((data,)) for name, data in snapshots.items()}
        stored |= {PLAN: plan} if plan else {}
        with self.at_once():
            self._refuse_lost()
            values = {**rows.start(start), "planned": planned}
            if matched is not None:
                seen = asdict(learn(self, start.connection, matched, in_full))
                values["links"] = json.dumps(seen, sort_keys=True)
            id = self.change(self.insert(run).values(**values)).id
            for name, data in stored.items():
                self.change(self.insert(snapshot).values(run=id, name=name, data=data))
        return id

    def store_data(self, id: int, name: str, data: bytes) -> None:
        """Store data with a run, compressed, for as long as the run is stored."""
        self.change(self.insert(snapshot).values(run=id, name=name, data=packed((data,))))

    def refused(self, start: RunStart, problems: tuple[Diagnostic, ...], ended: str) -> int:
        """Record a run that an error stopped before it began to write; return its id."""
        values = {**rows.start(start), "ended": ended, "problems": rows.problems(problems)}
        return self.change(self.insert(run).values(**values)).id

    def died(self, start: RunStart, problems: tuple[Diagnostic, ...], ended: str) -> int:
        """Record a run that died before it began to write; return its id."""
        with self.at_once():
            id = self.refused(start, problems, ended)
            self.interrupted(id)
        return id

    def interrupted(self, id: int) -> None:
        """Record that a run was interrupted, which remains true once its actions have endings."""
        self.change(update(run).where(run.c.id == id).values(interrupted=1))

    def resumed(self, id: int) -> None:
        """Record that a run was resumed; it counts as open until it ends again."""
        self._fenced(update(run).where(run.c.id == id, self._ours).values(ended=None))

    def intended(
        self, id: int, action: Action, token: str, *, counted: Sequence[str] = (), at: str = ""
    ) -> None:
        """Record that an action is about to be sent, at which instant, and how guards count it.

        The same run may have withheld the action before it was interrupted.
        """
        sending = given(token=token, counted=json.dumps(list(counted)), at=at)
        self._fenced(self._steps.intend, {**_action(id, action), **sending})

    def sent(self, id: int, action_id: str, at: str = "") -> None:
        """Record that an action is being sent, so that from now on it may have happened.

        `at` is the clock's instant. The same statement proves that the lease lasts until all the
        action's requests have been sent.
        """
        self._leaving(self._steps.send, id, action_id, at)

    def sent_again(self, id: int, action_id: str, at: str) -> None:
        """Record that an action with an unknown result is being sent again."""
        self._leaving(self._steps.send_again, id, action_id, at)

    def recount(self, id: int) -> None:
        """Recount the endings of a run that has ended."""
        counts = json.dumps(dict(self.counts(id)), sort_keys=True)
        self.change(update(run).where(run.c.id == id).values(counts=counts))

    def ended(self, id: int, action: Action, end: End, digests: ValueDigests | None = None) -> None:
        """Record how an action ended, even if it was never about to be sent.

        Only an unknown or withheld ending may be replaced. With `digests`, a refusal is remembered
        until the action is done, and writes are counted.
        """
        found = given(
            target_id=end.target_id or action.target_id,
            ending=end.ending.value,
            code=end.code,
            reason=end.reason,
            guards=json.dumps(list(end.guards)),
            until=end.until,
            job=end.job,
        )
        if self.lease is not None:
            self.lease.settle(action.id)
        with self.at_once():
            self._fenced(self._steps.end, {**_action(id, action), **found})
            if digests is not None and end.ending is Ending.REJECTED:
                self._refused(id, action.id, end, digests.values)
            elif digests is not None and (end.ending is Ending.DONE or _is_not_kept(action, end)):
                self._done(id, action.id, digests.fields)

    def finish(
        self,
        id: int,
        counts: Mapping[str, int],
        ended: str,
        source_records: int | None = None,
        managed: int | None = None,
        still_in: Sequence[StillIn] = (),
        reads: Sequence[Read] = (),
    ) -> None:
        """Record that a run has ended, with the number of actions for each ending.

        `source_records` is the size of the source and `managed` how many target records it
        matched, if both were read completely and no guard distrusts them; records that the run
        created are added to `managed`. `still_in` are the leavers who can still get in. Of
        `reads`, it stores how many records had each key, and how many a value in it.
        """
        if managed is not None:
            managed += self._created(id)
        values = {
            "counts": json.dumps(dict(counts), sort_keys=True),
            "ended": ended,
            "source_records": source_records,
            "managed": managed,
            "still_in": rows.still_in(still_in),
            "stated": rows.stated(reads),
            "valued": rows.valued(reads),
        }
        self._fenced(update(run).where(run.c.id == id, self._ours).values(**values))

    def done_since(
        self, connection: str, since: str, *, but_not: int | None = None
    ) -> Mapping[str, frozenset[str]]:
        """Return the people with actions since an instant, by how guards count the actions.

        Actions that may have been done count as done. `but_not` is the current run, whose own
        actions are in its plan.
        """
        ours = (run.c.connection == connection) & (entry.c.at >= since)
        happened = entry.c.ending.is_(None) | entry.c.ending.in_(("done", "unknown"))
        whose = (entry.c.verb, entry.c.source_id, entry.c.target_id)
        query = select(entry.c.counted, *whose).join(run).where(ours & happened)
        if but_not is not None:
            query = query.where(run.c.id != but_not)
        people: dict[str, set[str]] = {}
        for row in self.rows(query):
            person = person_of(Verb(row.verb), row.source_id, row.target_id)
            for name in json.loads(row.counted or "[]"):
                people.setdefault(name, set()).add(person)
        return {name: frozenset(found) for name, found in people.items()}

    def last_sizes(self, connection: str) -> tuple[int | None, int | None]:
        """Return how many records the source had, and how many target records were managed.

        Both are as of the connection's last good run; None before the first.
        """
        ours = (run.c.connection == connection) & run.c.source_records.is_not(None)
        query = select(run.c.source_records, run.c.managed).where(ours)
        found = self.rows(query.order_by(run.c.id.desc()).limit(1))
        return (found[0].source_records, found[0].managed) if found else (None, None)

    def last_stated(self, connection: str) -> Mapping[str, tuple[int, Mapping[str, int]]]:
        """Return how many records each read had, and how many of them had each key, by path.

        As of the connection's last good run; empty before the first.
        """
        return _counted(self._last_good(connection, run.c.stated))

    def last_valued(self, connection: str) -> Mapping[str, tuple[int, Mapping[str, int]]]:
        """Return how many records each read had, and how many had a value in each deciding key.

        As of the connection's last good run; empty before the first.
        """
        return _counted(self._last_good(connection, run.c.valued))

    def last_good_start(self, connection: str) -> str:
        """Return when a connection's last good run began, or ""."""
        return self._last_good(connection, run.c.started)

    def _last_good(self, connection: str, column: Column[str]) -> str:
        ours = (run.c.connection == connection) & run.c.source_records.is_not(None)
        found = self.rows(select(column).where(ours).order_by(run.c.id.desc()).limit(1))
        return str(found[0][0]) if found else ""

    def _created(self, id: int) -> int:
        done = (entry.c.verb == Verb.CREATE.value) & (entry.c.ending == Ending.DONE.value)
        query = select(func.count()).where((entry.c.run == id) & done)
        return int(self.rows(query)[0][0])

    def failures(self, connection: str, zone: str = "") -> Mapping[str, PastFailure]:
        """Return the actions that the target refused and has not accepted since, by action id.

        `zone` is the time zone that decides the day; "" for UTC.
        """
        query = select(failure).where(failure.c.connection == connection)
        return {
            row.action: PastFailure(
                row.action, row.digest, row.code, row.reason, row.first, row.last, row.times, zone
            )
            for row in self.rows(query.order_by(failure.c.action))
        }

    def written(self, connection: str) -> Mapping[tuple[str, str], RepeatedWrite]:
        """Return the changes that the latest runs wrote, by action id and field."""
        query = select(written).where(written.c.connection == connection)
        return {
            (row.action, row.field): RepeatedWrite(row.digest, row.times)
            for row in self.rows(query)
        }

    def forget_all_but(self, connection: str, planned: Mapping[str, Collection[str]]) -> None:
        """Delete failures and writes that are no longer planned, because they succeeded or stuck.

        `planned` are the fields of each action of the connection's last plan, by action id.
        """
        with self.at_once():
            for id in self.failures(connection):
                if id not in planned:
                    ours = (failure.c.connection == connection) & (failure.c.action == id)
                    self.change(delete(failure).where(ours))
            for id, name in self.written(connection):
                if name not in planned.get(id, ()):
                    ours = (written.c.connection == connection) & (written.c.action == id)
                    self.change(delete(written).where(ours & (written.c.field == name)))

    def rename(self, old: str, new: str) -> None:
        """Give a connection's data another name, which must not have a run yet."""
        with self.at_once():
            for table in (run, failure, written, link, incident, notice):
                ours = table.c.connection == old
                self.change(update(table).where(ours).values(connection=new), at_least=0)

    def prune(self, before: str, connection: str | None = None) -> int:
        """Delete the runs of one connection or all that ended before an instant; return how many.

        Their data goes too. Runs that are still needed stay (`retention.prunable`).
        """
        ids = prunable(self, before, connection)
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            with self.at_once():
                for table in (snapshot, entry):
                    self.change(delete(table).where(table.c.run.in_(some)), at_least=0)
                self.change(delete(run).where(run.c.id.in_(some)), at_least=0)
        return len(ids)

    @property
    def _ours(self) -> ColumnElement[bool]:
        """The condition that no other run has taken our lease over."""
        return true() if self.lease is None else self.lease.fence.holds()

    @property
    def _steps(self) -> Steps:
        own = None if self.lease is None else self.lease.fence
        return steps_of(own, fence.TERMS.window, self.dialect)

    def _fenced(
        self, statement: Executable | Prepared, values: Mapping[str, Any] | None = None
    ) -> None:
        """Execute a change; raise `Refused` if it has no effect because the lease is lost."""
        beat()
        try:
            self.change(statement, values)
        except LookupError:
            self._refuse_lost()
            raise

    def _refuse_lost(self) -> None:
        if self.lease is None:
            return
        held = select(literal(1)).where(self.lease.fence.holds())
        if not self.rows(held):
            self.lease.lost = True
            raise taken_over(self, self.lease)

    def _leaving(self, sending: Prepared, id: int, action: str, at: str) -> None:
        """Allow an action's requests to be sent; renew the lease first if it is about to end."""
        lease, journalled = self.lease, uptime()
        values = given(run=id, action=action, sent_at=at)
        if lease is None:
            self.change(sending, values)
            return
        try:
            self._fenced(sending, values)
        except LookupError:  # unless the lease is lost, it was about to end, or this is a bug
            if not lease.renewed(self):
                raise taken_over(self, lease) from None
            self.change(sending, values)
        lease.let_leave(action, journalled)

    def _refused(self, id: int, action_id: str, end: End, digest: str) -> None:
        said = given(digest=digest, code=end.code, reason=end.reason)
        self.change(self._steps.refuse, {**given(run=id, action=action_id), **said})

    def _done(self, id: int, action_id: str, fields: Mapping[str, str]) -> None:
        ours = given(run=id, action=action_id)
        self.change(self._steps.heal, ours, at_least=0)
        for name, digest in fields.items():
            self.change(self._steps.write, {**ours, **given(field=name, digest=digest)})


def _is_not_kept(action: Action, end: End) -> bool:
    """Return whether an update was confirmed without effect; repeated, it does not stick."""
    return action.verb is Verb.UPDATE and end.code == NOT_KEPT


def _counted(data: str) -> Mapping[str, tuple[int, Mapping[str, int]]]:
    counts = json.loads(data) if data else {}
    return {name: (records, keys) for name, (records, keys) in counts.items()}


def _action(id: int, action: Action) -> Mapping[str, Any]:
    return given(
        run=id,
        action=action.id,
        verb=action.verb.value,
        source_id=action.source_id,
        target_id=action.target_id,
    )
