"""A store in PostgreSQL, shared by several machines; needs the extra `postgresql`."""

import importlib.util
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from oneway.core.diagnostics import refusal
from oneway.history.journal import fence, migration
from oneway.history.journal.errors import unreachable
from oneway.history.journal.tables import HEAD

_SECONDS = 10
"""How long to wait for the server's first answer."""

_KEEPALIVE = {"idle": 10, "interval": 5, "count": 3}
"""Each end of a session notices within 25 seconds that the other is gone."""

_FIRST_WITH_LEASES = "0010"


def url_of(where: str) -> URL:
    """Return a store's URL, with our driver; raise `Refused` if it is invalid."""
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        raise refusal("F119", "ONEWAY_STORE", "not the URL of a store", _FORM) from None
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        summary = f"a store cannot be kept in '{url.drivername}'"
        raise refusal("F119", "ONEWAY_STORE", summary, _FORM)
    if importlib.util.find_spec("psycopg") is None:
        summary = "a store in PostgreSQL needs a package that is not installed (psycopg)"
        raise refusal("U109", "ONEWAY_STORE", summary, "pip install 'oneway[postgresql]'")
    return url.set(drivername="postgresql+psycopg")


def shown(url: URL) -> str:
    """Return a URL that is safe to show, without password and query."""
    return url.set(query={}).render_as_string(hide_password=True).replace("+psycopg", "")


def connected(url: URL) -> Connection:
    """Return an open connection to a store, created or migrated if necessary.

    Raises `Refused` and SQLAlchemy's errors.
    """
    connection = _engine(url).connect()
    try:
        with connection.begin():
            found = migration.version(connection)
        if found != HEAD:
            _bring_up(connection, shown(url))
    except BaseException:
        connection.close()
        raise
    return connection


def looked_at(url: URL) -> Connection | None:
    """Return a connection that only reads a store, or None if the database has none yet.

    Raises `Refused`, also for an older store, which only a run migrates, and SQLAlchemy's errors.
    """
    connection = _engine(url).connect().execution_options(postgresql_readonly=True)
    try:
        with connection.begin():
            found = migration.version(connection)
            if found is None:
                _refuse_other_tables(connection, shown(url))
        if found not in (HEAD, None):
            raise migration.another(found, shown(url))
    except BaseException:
        connection.close()
        raise
    if found is None:
        connection.close()
    return connection if found else None


@lru_cache(maxsize=8)
def _engine(url: URL) -> Engine:
    options = {
        "connect_timeout": _SECONDS,
        "application_name": "oneway",
        # Behind a pooler, each transaction may get another session, which lacks our statements.
        "prepare_threshold": None,
        "keepalives": 1,
        "tcp_user_timeout": 25_000,
        **{f"keepalives_{name}": seconds for name, seconds in _KEEPALIVE.items()},
    }
    ours = {name: value for name, value in options.items() if name not in url.query}
    made = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=ours)
    event.listen(made, "connect", _limit)
    return made


def _limit(connection: Any, _record: Any) -> None:
    """Let the server end a session whose client is gone or idles within a transaction.

    Such a session keeps its rows locked, and with them the lease that another run waits for. The
    limits are set here, not as start-up options, because a pooler refuses those.
    """
    asleep = max(int(fence.TERMS.length / 3 * 1000), 1)
    limits = {f"tcp_keepalives_{name}": seconds for name, seconds in _KEEPALIVE.items()}
    limits["idle_in_transaction_session_timeout"] = asleep
    calls = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in limits.items())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}")
    connection.commit()


def _bring_up(connection: Connection, place: str) -> None:
    with connection.begin():
        # If two processes start at once, the second finds the tables in place.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _KEY})
        found = migration.version(connection)
        if found is None:
            _refuse_other_tables(connection, place)
            migration.create(connection)
        elif found != HEAD:
            _refuse_older_runs(connection, found, place)
            migration.upgrade(connection, found, place)


def _refuse_other_tables(connection: Connection, place: str) -> None:
    from sqlalchemy import inspect

    if "alembic_version" in inspect(connection).get_table_names():
        raise unreachable(place, "another program keeps its tables there")


def _refuse_older_runs(connection: Connection, found: str, place: str) -> None:
    """Raise `Refused` while a version without leases is running: it holds a session lock."""
    if not "0004" <= found < _FIRST_WITH_LEASES:
        return
    names = connection.execute(text("SELECT connection FROM holder")).scalars().all()
    for name in names:
        key = {"key": lock_key(name)}
        if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), key).scalar():
            summary = f"a run of '{name}' by an earlier version has not ended"
            raise refusal("F115", place, summary, "wait for it to end, then try again")


def lock_key(name: str) -> int:
    """Return the number of a connection's advisory lock in PostgreSQL."""
    digest = sha256(f"oneway {name}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


_KEY = lock_key("\0migration")
_FORM = "write postgresql://user@host/database; the password may be in it, or in ~/.pgpass"
