"""The journal itself: what is written down of a run and its actions, and asked of them later."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from oneway.failures import Failure
from oneway.journal import rows
from oneway.journal.rows import ENTRY, START, End, Entry, Latest, Run, RunStart
from oneway.journal.store import Store
from oneway.plan import Action, Ending
from oneway.sticking import Written
from oneway.traces import Traces


class Journal(Store):
    """An open journal. Every method raises `Refused` where the file cannot be used.

    May be shared by threads. Calls for an action that was never journalled, or that has
    already ended for good, are mistakes of the program and raise `LookupError`.
    """

    def begin(self, start: RunStart, plan: str = "") -> int:
        """Write down that a run of a plan (as its file has it) starts, and return the run's id."""
        sql = f"INSERT INTO run ({START}, plan) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        return self.write(sql, *rows.start(start), plan)

    def intended(
        self, run: int, action: Action, token: str, *, counted: Sequence[str] = (), at: str = ""
    ) -> None:
        """Write down that an action is about to be sent, when, and what guards count it as."""
        columns = "run, action, verb, source_id, target_id, token, counted, at"
        ids = (action.source_id, action.target_id)
        sql = f"INSERT INTO entry ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        words = json.dumps(list(counted))
        self.write(sql, run, action.id, action.verb.value, *ids, token, words, at)

    def sent(self, run: int, action_id: str) -> None:
        """Write down that an action is being sent: from now on it may have happened."""
        sql = "UPDATE entry SET sent = 1 WHERE run = ? AND action = ? AND ending IS NULL"
        self.write(sql, run, action_id)

    def ended(self, run: int, action: Action, end: End, traces: Traces | None = None) -> None:
        """Write down how an action ended, also one that was not even intended.

        An unknown end may be replaced once it is known; no other may. With `traces`, what
        was refused is kept until it is done, and what was written is counted.
        """
        columns = "run, action, verb, source_id, target_id, token, ending, code, reason"
        ids = (action.source_id, end.target_id or action.target_id)
        found = (end.ending.value, end.code, end.reason)
        sql = f"""INSERT INTO entry ({columns}) VALUES (?, ?, ?, ?, ?, '', ?, ?, ?)
            ON CONFLICT (run, action) DO UPDATE SET target_id = excluded.target_id,
                ending = excluded.ending, code = excluded.code, reason = excluded.reason
            WHERE {_UNSETTLED}"""
        with self.at_once():
            self.write(sql, run, action.id, action.verb.value, *ids, *found)
            if traces is not None and end.ending is Ending.REJECTED:
                self._refused(run, action.id, end, traces.values)
            elif traces is not None and end.ending is Ending.DONE:
                self._done(run, action.id, traces.fields)

    def finish(
        self, run: int, counts: Mapping[str, int], ended: str, source_records: int | None = None
    ) -> None:
        """Write down that a run has ended, and how many actions ended how.

        `source_records` is the size of the source, where it was read whole and guards found
        it good. The plan is kept only while something of it is unsettled.
        """
        sql = f"""UPDATE run SET counts = ?, ended = ?, source_records = ?,
            plan = CASE WHEN EXISTS (SELECT 1 FROM entry WHERE entry.run = run.id AND {_UNSETTLED})
                THEN plan ELSE '' END
            WHERE id = ?"""
        self.write(sql, json.dumps(dict(counts), sort_keys=True), ended, source_records, run)

    def done_since(
        self, connection: str, since: str, *, but_not: int | None = None
    ) -> Mapping[str, int]:
        """Return how many actions of a connection were done since an instant, as guards count.

        What may have been done counts as done. `but_not` is a run that is left out: its own
        actions are in its plan.
        """
        sql = """SELECT counted FROM entry JOIN run ON run.id = entry.run
            WHERE connection = ? AND at >= ? AND run.id IS NOT ?
            AND (ending IS NULL OR ending IN ('done', 'unknown'))"""
        found = self.read(lambda row: json.loads(row[0] or "[]"), sql, connection, since, but_not)
        return Counter(name for names in found for name in names)

    def last_source_size(self, connection: str) -> int | None:
        """Return the size of the source at the last run of a connection that ended well."""
        sql = """SELECT source_records FROM run
            WHERE connection = ? AND source_records IS NOT NULL ORDER BY id DESC LIMIT 1"""
        found = self.read(lambda row: int(row[0]), sql, connection)
        return found[0] if found else None

    def latest(self, connection: str) -> Latest | None:
        """Return the latest instants of a connection's runs, None where there was none."""
        # All are of one form (`instant_text`), so that the greatest text is the latest.
        sql = "SELECT MAX(as_of), MAX(started) FROM run WHERE connection = ?"
        ((as_of, started),) = self.read(tuple, sql, connection)
        return None if as_of is None else Latest(as_of, started)

    def failures(self, connection: str) -> Mapping[str, Failure]:
        """Return what the target refused and has not healed since, by action id."""
        sql = """SELECT action, digest, code, reason, first, last, times FROM failure
            WHERE connection = ? ORDER BY action"""
        found = self.read(lambda row: Failure(*row), sql, connection)
        return {each.action_id: each for each in found}

    def written(self, connection: str) -> Mapping[tuple[str, str], Written]:
        """Return the changes that the last runs wrote, by action id and field."""
        sql = "SELECT action, field, digest, times FROM written WHERE connection = ?"
        return dict(
            self.read(lambda row: ((row[0], row[1]), Written(row[2], row[3])), sql, connection)
        )

    def forget_all_but(self, connection: str, planned: Mapping[str, Collection[str]]) -> None:
        """Forget failures and writes of what is planned no more: it has healed, or it sticks.

        `planned` are the fields of each action of the connection's last plan, by action id.
        """
        with self.at_once():
            for id in self.failures(connection):
                if id not in planned:
                    sql = "DELETE FROM failure WHERE connection = ? AND action = ?"
                    self.write(sql, connection, id)
            for id, field in self.written(connection):
                if field not in planned.get(id, ()):
                    sql = "DELETE FROM written WHERE connection = ? AND action = ? AND field = ?"
                    self.write(sql, connection, id, field)

    def unsettled(self) -> tuple[Entry, ...]:
        """Return the entries of which nobody knows how they ended, oldest run first."""
        sql = f"SELECT {ENTRY} FROM entry WHERE {_UNSETTLED} ORDER BY run, action"
        return self.read(rows.entry, sql)

    def entries(self, run: int) -> tuple[Entry, ...]:
        """Return all entries of a run."""
        return self.read(
            rows.entry, f"SELECT {ENTRY} FROM entry WHERE run = ? ORDER BY action", run
        )

    def runs(self, limit: int = 20) -> tuple[Run, ...]:
        """Return the last runs, newest first."""
        sql = f"SELECT {START}, id, ended, counts FROM run ORDER BY id DESC LIMIT ?"
        return self.read(rows.run, sql, limit)

    def unfinished(self, connection: str | None = None) -> tuple[Run, ...]:
        """Return the runs that died, or that sent what nobody knows the end of; oldest first."""
        sql = f"""SELECT {START}, id, ended, counts FROM run
            WHERE (ended IS NULL OR id IN (SELECT run FROM entry WHERE {_UNSETTLED}))
            ORDER BY id"""
        found = self.read(rows.run, sql)
        return tuple(r for r in found if connection is None or r.start.connection == connection)

    def plan_of(self, run: int) -> str:
        """Return the plan of an unfinished run, as its file would have it."""
        (text,) = self.read(lambda row: str(row[0]), "SELECT plan FROM run WHERE id = ?", run)
        return text

    def _refused(self, run: int, action_id: str, end: End, digest: str) -> None:
        sql = """INSERT INTO failure
                (connection, action, digest, code, reason, first, last, times)
            SELECT connection, ?, ?, ?, ?, as_of, as_of, 1 FROM run WHERE id = ?
            ON CONFLICT (connection, action) DO UPDATE SET
                times = CASE WHEN digest = excluded.digest THEN times + 1 ELSE 1 END,
                first = CASE WHEN digest = excluded.digest THEN first ELSE excluded.first END,
                digest = excluded.digest, code = excluded.code, reason = excluded.reason,
                last = excluded.last"""
        self.write(sql, action_id, digest, end.code, end.reason, run)

    def _done(self, run: int, action_id: str, fields: Mapping[str, str]) -> None:
        healed = """DELETE FROM failure WHERE action = ?
            AND connection = (SELECT connection FROM run WHERE id = ?)"""
        self.write(healed, action_id, run, at_least=0)
        sql = """INSERT INTO written (connection, action, field, digest, times)
            SELECT connection, ?, ?, ?, 1 FROM run WHERE id = ?
            ON CONFLICT (connection, action, field) DO UPDATE SET
                times = CASE WHEN digest = excluded.digest THEN times + 1 ELSE 1 END,
                digest = excluded.digest"""
        for name, digest in fields.items():
            self.write(sql, action_id, name, digest, run)


_UNSETTLED = "(ending IS NULL OR ending = 'unknown')"
