"""A journal's file: opened, checked, brought up to date, and every trouble with it refused."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self, TypeVar

from oneway.diagnostics import Refused, refusal
from oneway.journal import schema
from oneway.state import link_once, refuse_shared_file

T = TypeVar("T")

BUSY_TIMEOUT = 10.0
"""Seconds that a write waits for another process's."""


class Store:
    """An open file of a journal. Every method raises `Refused` where the file cannot be used.

    May be shared by threads.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._lock = RLock()

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
                schema.migrated(connection, path)
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

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let all writes of a block become durable together, or none of them."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            with _refusing(self._path):
                self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                with _refusing(self._path):
                    self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk may have ended it already
                    self._connection.execute("ROLLBACK")
                raise

    def write(self, sql: str, *values: object, at_least: int = 1) -> int:
        """Change one row and return its id; outside of `at_once` that is durable at once.

        Raises `LookupError` where there is no such row, unless `at_least` is 0.
        """
        bound = [_stored(value) for value in values]
        try:
            with self._lock, _refusing(self._path):
                cursor = self._connection.execute(sql, bound)
                changed, row = cursor.rowcount, cursor.lastrowid
        except sqlite3.IntegrityError:
            raise LookupError("no such run, or an action that is journalled already") from None
        if changed < at_least:
            raise LookupError("no such run or entry, or one that has ended")
        return row or 0

    def read(
        self, made: Callable[[tuple[Any, ...]], T], sql: str, *values: object
    ) -> tuple[T, ...]:
        """Return what is made of each row that a query finds."""
        with self._lock, _refusing(self._path):
            bound = [_stored(value) for value in values]
            rows = self._connection.execute(sql, bound).fetchall()
            return tuple(made(tuple(_loaded(value) for value in row)) for row in rows)


def _make(path: Path) -> None:
    """Make an empty journal under another name, then give it its own: nobody sees half of one."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    try:
        connection = _connected(Path(name))
        try:
            schema.migrated(connection, path)
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
    if found != "ok" or schema.version(connection) == 0:  # 0: another program's
        raise _damaged(path)


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
