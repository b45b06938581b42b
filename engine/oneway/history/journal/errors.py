"""Turns store errors into refusals, without database text, which may contain values."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError

from oneway.core.diagnostics import Refused, refusal


@contextmanager
def refusing(place: str) -> Iterator[None]:
    """Turn every failure of a store into `Refused`; let bugs through."""
    try:
        yield
    except (IntegrityError, sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except DBAPIError as error:
        if isinstance(error, ProgrammingError) and isinstance(error.orig, sqlite3.Error):
            raise
        raise _of_database(place, error.orig) from None
    except SQLAlchemyError:
        raise damaged(place) from None
    except sqlite3.DatabaseError as error:
        raise _of_file(place, error) from None
    except OSError as error:
        raise unwritable(place, error.strerror or "") from None
    except ValueError:  # a NUL in the path, or invalid text in the file
        raise damaged(place) from None


def damaged(place: str) -> Refused:
    """Return the refusal of a file that is not a journal, or is damaged."""
    help = "keep a copy, which shows the writes in flight; then move it away, or restore it"
    return refusal("F110", place, "the journal is damaged, or is not a journal", help)


def unwritable(place: str, why: str) -> Refused:
    """Return the refusal of a journal that cannot be written."""
    help = "check the space on the disk and the rights on the state folder; nothing more was sent"
    return refusal("F112", place, f"the journal cannot be written: {_cause(place) or why}", help)


def _cause(place: str) -> str:
    """Return why a file cannot be written: its disk is full, or its folder read-only."""
    if _is_full(place):
        return "the disk is full"
    folder = os.path.dirname(place) or "."
    try:
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return "the disk is read-only"
    except (OSError, ValueError, AttributeError):  # no such folder, or no such call here
        return ""
    read_only = [
        each for each in (folder, place) if os.path.exists(each) and not os.access(each, os.W_OK)
    ]
    return (
        f"{'the folder' if folder in read_only else 'the file'} is read-only" if read_only else ""
    )


def _is_full(place: str) -> bool:
    """Return whether a journal's disk is full, which SQLite may report as an I/O error."""
    try:
        found = os.statvfs(os.path.dirname(place) or ".")
    except (OSError, ValueError, AttributeError):  # no such folder, or no such call here
        return False
    return found.f_bavail * found.f_frsize < _ROOM


_ROOM = 65_536
"""Free bytes needed to open and write a journal."""


def unreachable(place: str, why: str, remedy: str = "") -> Refused:
    """Return the refusal of a database that does not answer as expected."""
    help = f"{remedy or 'check that the server runs and lets us in'}; nothing more was sent"
    return refusal("F118", place, f"the store cannot be used: {why}", help)


def _of_database(place: str, error: BaseException | None) -> Refused:
    if isinstance(error, sqlite3.DatabaseError):
        return _of_file(place, error)
    # The server's message may quote a row; its code (SQLSTATE) says enough.
    code = getattr(error, "sqlstate", None)
    if not code:
        return unreachable(place, "no connection")
    why, remedy = _BY_STATE.get(code, ("", ""))
    return unreachable(place, f"{why} (SQLSTATE {code})" if why else f"SQLSTATE {code}", remedy)


def _of_file(place: str, error: sqlite3.DatabaseError) -> Refused:
    # The low byte is the primary code; messages name no values.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        help = "wait for the other run to end; none of this run's further actions was sent"
        return refusal("F113", place, "the journal is in use by another process", help)
    if code in _UNWRITABLE:
        return unwritable(place, str(error))
    return damaged(place)


_NOT_OURS = ("tables are missing or are not ours", "")
_FULL = ("the server's disk is full", "free space on the database server, then run again")
_READ_ONLY = (
    "the database is read-only, as a standby is",
    "point ONEWAY_STORE at the server that takes writes, or make this one writable",
)
_ENDED = (
    "the server ended our connection",
    "see in the server's log why; once it is up, run again",
)
_CROWDED = ("the server has no free connection", "raise its limit, or run less at once")
_BY_STATE = {
    "42P01": _NOT_OURS,
    "42703": _NOT_OURS,
    "53100": _FULL,
    "25006": _READ_ONLY,
    "57P01": _ENDED,
    "57P02": _ENDED,
    "53300": _CROWDED,
}
"""What went wrong and what to do about it, by SQLSTATE; the remedy is blank for the usual one."""
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
