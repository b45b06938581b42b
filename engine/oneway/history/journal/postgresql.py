"""A store in PostgreSQL, which several machines may share; needs the extra `postgresql`."""

import importlib.util
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from oneway.core.diagnostics import refusal
from oneway.history.journal import migration
from oneway.history.journal.errors import unreachable
from oneway.history.journal.tables import HEAD

_SECONDS = 10
"""How long to wait for the server to answer at all."""


def url_of(where: str) -> URL:
    """Return a store's URL, with the driver that we use; raise `Refused` if it is invalid."""
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
    """Return a URL as it may be shown: without password and query."""
    return url.set(query={}).render_as_string(hide_password=True).replace("+psycopg", "")


def connected(url: URL) -> Connection:
    """Return an open connection to a store, made or brought up to date if need be.

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


@lru_cache(maxsize=8)
def _engine(url: URL) -> Engine:
    options = {"connect_timeout": _SECONDS, "application_name": "oneway"}
    return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)


def _bring_up(connection: Connection, place: str) -> None:
    with connection.begin():
        # Two processes that start at once: the second finds it done.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _KEY})
        found = migration.version(connection)
        if found is None:
            _refuse_other_tables(connection, place)
            migration.create(connection)
        elif found != HEAD:
            migration.upgrade(connection, found, place)


def _refuse_other_tables(connection: Connection, place: str) -> None:
    from sqlalchemy import inspect

    if "alembic_version" in inspect(connection).get_table_names():
        raise unreachable(place, "another program keeps its tables there")


def lock_key(name: str) -> int:
    """Return the number under which PostgreSQL locks a connection of ours."""
    digest = sha256(f"oneway {name}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


_KEY = lock_key("\0migration")
_FORM = "write postgresql://user@host/database; the password may stand in it, or in ~/.pgpass"
