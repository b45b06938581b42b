"""A store in an SQLite file: write-ahead log, every commit flushed to disk."""

import os
import sqlite3
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from oneway.history.journal import migration
from oneway.history.journal.errors import damaged
from oneway.history.journal.tables import HEAD
from oneway.state.files import link_once
from oneway.state.folder import refuse_shared_file

BUSY_TIMEOUT = 10.0
"""Seconds that a write waits for another process."""

IMMEDIATELY = "immediately"
"""Set in a connection's `info` if its next transaction is to lock the file when it begins."""

SMALL = ("run", "entry", "failure", "written", "link", "lease", "due", "incident", "notice")
"""The tables that are checked when a large store is opened: all but the snapshots."""

LARGE = 4_000_000
"""Bytes; a smaller file is checked completely."""


def connected(path: Path) -> Connection:
    """Return an open connection to a store's file, created or migrated if necessary.

    Raises `Refused`, `OSError` and SQLite's errors.
    """
    if not path.exists():
        _make(path)
    refuse_shared_file(path)
    _refuse_truncated(path)
    connection = _connect(path)
    try:
        _check(connection, path, own=True)
    except BaseException:
        connection.close()
        raise
    return connection


def looked_at(path: Path, *, copies: bool) -> Connection | None:
    """Return a connection that only reads a store's file, or None if there is no file.

    An older store is read from a temporary copy, which is migrated in its place, if it `copies`.
    Raises `Refused`, `OSError` and SQLite's errors.
    """
    if not path.exists():
        return None
    refuse_shared_file(path)
    _refuse_truncated(path)
    connection = _connect(path, "")
    try:
        with connection.begin():
            found = migration.version(connection)
        if found not in (HEAD, None):
            if not copies:
                raise migration.another(str(found), str(path))
            connection = _copied(connection)
        _check(connection, path, own=False)
        _driver_of(connection).execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _copied(connection: Connection) -> Connection:
    """Return a private copy of a database, which SQLite deletes when it is closed."""
    with connection:
        copy: Any = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        _driver_of(connection).backup(copy)
    return Connection(_engine(), NullPool(lambda: copy).connect())


def _connect(path: Path, mode: str = "WAL") -> Connection:
    """Return a connection to a file; no pool keeps it."""
    return Connection(_engine(), NullPool(lambda: _opened(path, mode)).connect())


def _driver_of(connection: Connection) -> Any:
    """Return the driver's own connection."""
    return connection.connection.dbapi_connection


@cache
def _engine() -> Engine:
    """Return the engine of all files, so that a process compiles each statement once."""
    made = create_engine("sqlite://", poolclass=NullPool, hide_parameters=True)
    made.connect().close()  # the first connection of an engine completes its dialect
    event.listen(made, "begin", _begin)
    return made


def compacted(connection: Connection) -> bool:
    """Rewrite a store's file without deleted data; return whether that was possible."""
    file = _driver_of(connection)
    try:
        file.execute("VACUUM")
        blocked, _, _ = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:  # another process reads or writes, or the disk is full
        return False
    return not blocked


def _begin(connection: Connection) -> None:
    # By the driver itself: a BEGIN takes SQLAlchemy as long as the query that follows.
    file = _driver_of(connection)
    file.execute("BEGIN IMMEDIATE" if connection.info.get(IMMEDIATELY) else "BEGIN DEFERRED")


def _opened(path: Path, mode: str) -> Any:
    """Open a file, and create it if it is missing; without a `mode`, neither happens to it."""
    connection = sqlite3.connect(
        str(path) if mode else f"{path.absolute().as_uri()}?mode=rw",
        timeout=BUSY_TIMEOUT,
        isolation_level=None,
        check_same_thread=False,
        uri=not mode,
    )
    try:
        if mode:
            connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _make(path: Path) -> None:
    """Create an empty store under a temporary name, then rename it, so that it is never partial."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    try:
        # Without a write-ahead log: closing the file would have to write the log back into it, and
        # SQLite does not report when a full disk prevents that.
        with _connect(Path(name), "DELETE") as connection:
            connection.info[IMMEDIATELY] = True
            with connection.begin():
                migration.create(connection)
                # Versions that predate Alembic read this, and refuse newer stores.
                connection.exec_driver_sql(f"PRAGMA user_version = {int(HEAD)}")
        link_once(Path(name), path)
    finally:
        for left in (name, f"{name}-journal"):
            with suppress(OSError):
                os.unlink(left)


def _refuse_truncated(path: Path) -> None:
    # SQLite treats an empty or very short file as a new database. Our files never begin that way,
    # so such a file has lost what was in flight, which must not be silent. The check does not open
    # the file: closing it would release every lock that this process holds on it through other
    # connections, and the next process to exit would then delete their log.
    if path.stat().st_size < _SHORTEST:
        raise damaged(str(path))


def _check(connection: Connection, path: Path, *, own: bool) -> None:
    with connection.begin():
        found = migration.version(connection)
        if found == HEAD:
            _refuse_damaged(connection, path)
            return
    if found is None:  # another program's
        raise damaged(str(path))
    _upgrade(connection, path, own=own)


def _refuse_damaged(connection: Connection, path: Path) -> None:
    whole = path.stat().st_size < LARGE
    # Only the slower check finds rows missing from an index, such as one with a corrupted run id,
    # which would hide actions in flight.
    checks = ("integrity_check(1)",) if whole else tuple(f"quick_check({each})" for each in SMALL)
    for check in checks:
        if connection.exec_driver_sql(f"PRAGMA {check}").scalar() != "ok":
            raise damaged(str(path))
    if whole and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise damaged(str(path))


def _upgrade(connection: Connection, path: Path, *, own: bool) -> None:
    """Migrate a store: its `own` file, or a copy that is only read."""
    connection.info[IMMEDIATELY] = True
    try:
        with connection.begin():
            if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
                raise damaged(str(path))
            found = migration.version(connection) or ""
            if found != HEAD:  # no other process has done it meanwhile
                migration.upgrade(connection, found, str(path), own=own)
                connection.exec_driver_sql(f"PRAGMA user_version = {int(HEAD)}")
    finally:
        connection.info.pop(IMMEDIATELY, None)


_SHORTEST = 512
"""Bytes of the smallest page that a database can have."""
