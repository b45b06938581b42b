"""The journal: what was intended, sent and ended, durable before each call returns.

It holds ids, verbs, codes and redacted reasons, and never the value of a field. SQLite in WAL
mode with synchronous=FULL: what a call has written survives the death of the process and of
the machine. An action whose entry has no end, or an unknown one, is unsettled: whoever
resumes must find out what became of it before it is sent again.
"""

import json
import os
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self, TypeVar

from oneway.diagnostics import Refused, refusal
from oneway.plan import Action, Ending, Verb
from oneway.state import link_once, refuse_shared_file

T = TypeVar("T")

BUSY_TIMEOUT = 10.0
"""Seconds that a write waits for another process's."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            mapping TEXT NOT NULL,
            digest TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            as_of TEXT NOT NULL,
            started TEXT NOT NULL,
            started_by TEXT NOT NULL,
            ended TEXT,
            counts TEXT NOT NULL DEFAULT '{}'
        )""",
        """CREATE TABLE entry (
            run INTEGER NOT NULL REFERENCES run (id),
            action TEXT NOT NULL,
            verb TEXT NOT NULL,
            source_id TEXT,
            target_id TEXT,
            token TEXT NOT NULL,
            sent INTEGER NOT NULL DEFAULT 0 CHECK (sent IN (0, 1)),
            ending TEXT,
            code TEXT NOT NULL DEFAULT '',
            reason TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (run, action)
        ) WITHOUT ROWID""",
        """CREATE INDEX unsettled ON entry (run, action)
            WHERE ending IS NULL OR ending = 'unknown'""",
    ),
    (
        # What an interrupted run needs to be gone on with: its plan, and whose run it was.
        "ALTER TABLE run ADD COLUMN connection TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE run ADD COLUMN plan TEXT NOT NULL DEFAULT ''",
        # What guards remember: how large the source was, and what each action counted as.
        "ALTER TABLE run ADD COLUMN source_records INTEGER",
        "ALTER TABLE entry ADD COLUMN counted TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE entry ADD COLUMN at TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX unfinished ON run (connection) WHERE ended IS NULL",
    ),
)
"""The statements that lead from each version of the schema to the next, oldest first."""


@dataclass(frozen=True, slots=True)
class RunStart:
    """What is known of a run when it starts; `started` and `as_of` are ISO 8601 instants."""

    mapping: str
    digest: str
    fingerprint: str
    as_of: str
    started: str
    by: str
    connection: str = ""
    """Whose run it is: the name under which the run holds its lock."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run: `ended` is None while it goes on, and for ever where it died."""

    id: int
    start: RunStart
    ended: str | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class End:
    """How an action ended; `target_id` is that of a record just created, too."""

    ending: Ending
    target_id: str | None = None
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one action of one run; `end` is None where nothing is known of it."""

    run: int
    action_id: str
    verb: Verb
    source_id: str | None
    target_id: str | None
    token: str
    sent: bool
    end: End | None


class Journal:
    """An open journal. Every method raises `Refused` where the file cannot be used.

    May be shared by threads. Calls for an action that was never journalled, or that has
    already ended for good, are mistakes of the program and raise `LookupError`.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._lock = Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the journal at a path, made or brought up to date if need be."""
        with _refusing(path):
            if not path.exists():
                _make(path)
            refuse_shared_file(path)
            _refuse_truncated(path)
            connection = _connected(path)
            try:
                _checked(connection, path)
                _migrated(connection, path)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection)

    def close(self) -> None:
        """Close the file; what was journalled is in it already."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def begin(self, start: RunStart, plan: str = "") -> int:
        """Write down that a run of a plan (as its file has it) starts, and return the run's id."""
        sql = f"INSERT INTO run ({_START}, plan) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        values = (start.mapping, start.digest, start.fingerprint, start.as_of, start.started)
        return self._write(sql, *values, start.by, start.connection, plan)

    def intended(
        self, run: int, action: Action, token: str, *, counted: Sequence[str] = (), at: str = ""
    ) -> None:
        """Write down that an action is about to be sent, when, and what guards count it as."""
        columns = "run, action, verb, source_id, target_id, token, counted, at"
        ids = (action.source_id, action.target_id)
        sql = f"INSERT INTO entry ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        words = json.dumps(list(counted))
        self._write(sql, run, action.id, action.verb.value, *ids, token, words, at)

    def sent(self, run: int, action_id: str) -> None:
        """Write down that an action is being sent: from now on it may have happened."""
        sql = "UPDATE entry SET sent = 1 WHERE run = ? AND action = ? AND ending IS NULL"
        self._write(sql, run, action_id)

    def ended(self, run: int, action: Action, end: End) -> None:
        """Write down how an action ended, also one that was not even intended.

        An unknown end may be replaced once it is known; no other may.
        """
        columns = "run, action, verb, source_id, target_id, token, ending, code, reason"
        ids = (action.source_id, end.target_id or action.target_id)
        found = (end.ending.value, end.code, end.reason)
        sql = f"""INSERT INTO entry ({columns}) VALUES (?, ?, ?, ?, ?, '', ?, ?, ?)
            ON CONFLICT (run, action) DO UPDATE SET target_id = excluded.target_id,
                ending = excluded.ending, code = excluded.code, reason = excluded.reason
            WHERE {_UNSETTLED}"""
        self._write(sql, run, action.id, action.verb.value, *ids, *found)

    def finish(
        self, run: int, counts: Mapping[str, int], ended: str, source_records: int | None = None
    ) -> None:
        """Write down that a run has ended, and how many actions ended how.

        `source_records` is the size of the source, where it was read whole.
        """
        sql = "UPDATE run SET counts = ?, ended = ?, source_records = ? WHERE id = ?"
        self._write(sql, json.dumps(dict(counts), sort_keys=True), ended, source_records, run)

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
        found = self._read(lambda row: json.loads(row[0] or "[]"), sql, connection, since, but_not)
        return Counter(name for names in found for name in names)

    def last_source_size(self, connection: str) -> int | None:
        """Return the size of the source at the last run of a connection that ended well."""
        sql = """SELECT source_records FROM run
            WHERE connection = ? AND source_records IS NOT NULL ORDER BY id DESC LIMIT 1"""
        found = self._read(lambda row: int(row[0]), sql, connection)
        return found[0] if found else None

    def unsettled(self) -> tuple[Entry, ...]:
        """Return the entries of which nobody knows how they ended, oldest run first."""
        return self._read(_entry, f"{_ENTRIES} WHERE {_UNSETTLED} ORDER BY run, action")

    def entries(self, run: int) -> tuple[Entry, ...]:
        """Return all entries of a run."""
        return self._read(_entry, f"{_ENTRIES} WHERE run = ? ORDER BY action", run)

    def runs(self, limit: int = 20) -> tuple[Run, ...]:
        """Return the last runs, newest first."""
        sql = f"SELECT {_START}, id, ended, counts FROM run ORDER BY id DESC LIMIT ?"
        return self._read(_run, sql, limit)

    def unfinished(self, connection: str | None = None) -> tuple[Run, ...]:
        """Return the runs that died, or that sent what nobody knows the end of; oldest first."""
        sql = f"""SELECT {_START}, id, ended, counts FROM run
            WHERE (ended IS NULL OR id IN (SELECT run FROM entry WHERE {_UNSETTLED}))
            ORDER BY id"""
        found = self._read(_run, sql)
        return tuple(r for r in found if connection is None or r.start.connection == connection)

    def plan_of(self, run: int) -> str:
        """Return the plan of a run, as its file would have it."""
        (text,) = self._read(lambda row: str(row[0]), "SELECT plan FROM run WHERE id = ?", run)
        return text

    def _write(self, sql: str, *values: object) -> int:
        """Change one row and return its id; outside a transaction that is durable at once."""
        bound = [_stored(value) for value in values]
        try:
            with self._lock, _refusing(self._path):
                cursor = self._connection.execute(sql, bound)
                changed, row = cursor.rowcount, cursor.lastrowid
        except sqlite3.IntegrityError:
            raise LookupError("no such run, or an action that is journalled already") from None
        if changed != 1:
            raise LookupError("no such run or entry, or one that has ended")
        return row or 0

    def _read(
        self, made: Callable[[tuple[Any, ...]], T], sql: str, *values: object
    ) -> tuple[T, ...]:
        with self._lock, _refusing(self._path):
            bound = [_stored(value) for value in values]
            rows = self._connection.execute(sql, bound).fetchall()
            return tuple(made(tuple(_loaded(value) for value in row)) for row in rows)


_START = "mapping, digest, fingerprint, as_of, started, started_by, connection"
_UNSETTLED = "(ending IS NULL OR ending = 'unknown')"
_ENTRIES = """SELECT run, action, verb, source_id, target_id, token, sent, ending, code, reason
    FROM entry"""


def _make(path: Path) -> None:
    """Make an empty journal under another name, then give it its own: nobody sees half of one."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    try:
        connection = _connected(Path(name))
        try:
            _migrated(connection, path)
        finally:
            connection.close()
        link_once(Path(name), path)
    finally:
        with suppress(OSError):
            os.unlink(name)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_truncated(path: Path) -> None:
    # SQLite takes an empty or very short file for a new database. Ours are never made so:
    # what was in flight has been lost, and must not be forgotten silently.
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise _damaged(path)


def _checked(connection: sqlite3.Connection, path: Path) -> None:
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok" or _version(connection) == 0:  # 0: another program's
        raise _damaged(path)


def _migrated(connection: sqlite3.Connection, path: Path) -> None:
    newest = len(MIGRATIONS)
    if _version(connection) < newest:
        connection.execute("BEGIN IMMEDIATE")
        for script in MIGRATIONS[_version(connection) :]:
            for statement in script:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {max(newest, _version(connection))}")
        connection.execute("COMMIT")
    if _version(connection) > newest:
        summary = f"made by a newer version: its format is {_version(connection)}, not {newest}"
        raise refusal("F111", str(path), summary, "upgrade oneway, or choose another state folder")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _entry(row: tuple[Any, ...]) -> Entry:
    run, action, verb, source_id, target_id, token, sent, ending, code, reason = row
    end = None if ending is None else End(Ending(ending), target_id, code, reason)
    return Entry(run, action, Verb(verb), source_id, target_id, token, bool(sent), end)


def _run(row: tuple[Any, ...]) -> Run:
    *start, id, ended, counts = row
    return Run(id, RunStart(*start), ended, json.loads(counts))


def _stored(value: object) -> object:
    """Return a value that SQLite takes: text with half a character in it goes as bytes."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode(errors="surrogatepass")
    return value


def _loaded(value: object) -> object:
    return value.decode(errors="surrogatepass") if isinstance(value, bytes) else value


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # mistakes of the program, not of the file
    except sqlite3.DatabaseError as error:
        raise _refused(path, error) from None
    except OSError as error:
        raise _unwritable(path, error.strerror or "") from None
    except ValueError:  # a NUL in the path, or text in the file that is none
        raise _damaged(path) from None


def _refused(path: Path, error: sqlite3.DatabaseError) -> Refused:
    # The low byte is the primary code; messages name no values.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        help = "wait for the other run to end; none of this run's further actions was sent"
        return refusal("F113", str(path), "the journal is in use by another process", help)
    if code in _UNWRITABLE:
        return _unwritable(path, str(error))
    return _damaged(path)


def _unwritable(path: Path, why: str) -> Refused:
    help = "check the space on the disk and the rights on the state folder; nothing more was sent"
    return refusal("F112", str(path), f"the journal cannot be written: {why}", help)


def _damaged(path: Path) -> Refused:
    help = "keep a copy, it knows what was in flight; then move it away, or restore it"
    return refusal("F110", str(path), "the journal is damaged, or is none", help)


_MAGIC = b"SQLite format 3\0"
_UNWRITABLE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
    }
)
