"""Creates the tables of a new store, and migrates those of an older one.

A new store is made from `tables`. Alembic, imported only if needed, migrates an older one. All of
it happens in the transaction that the caller has begun, or not at all.
"""

import warnings
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Dialect, inspect, text
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from oneway.core.diagnostics import Refused, refusal
from oneway.history.journal.tables import HEAD, METADATA

_FOLDER = Path(__file__).parent / "migrations"


def create(connection: Connection) -> None:
    """Create all tables, in their newest version."""
    for definition in definitions(connection.dialect):
        connection.exec_driver_sql(definition)
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


@lru_cache(maxsize=2)
def definitions(dialect: Dialect) -> tuple[str, ...]:
    """Return the statements that create the tables and their indexes, compiled once."""
    made: list[ExecutableDDLElement] = []
    for table in METADATA.sorted_tables:
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        for index in indexes:
            index.dialect_options[dialect.name]["where"] = index.dialect_options["sqlite"]["where"]
        made += [CreateTable(table), *map(CreateIndex, indexes)]
    return tuple(str(each.compile(dialect=dialect)) for each in made)


def version(connection: Connection) -> str | None:
    """Return the version of a store's tables, or None if it has none of ours."""
    ours = _ours(connection)
    if ours == {"alembic_version", "run"}:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if connection.dialect.name == "sqlite" and "run" in ours:
        # Before Alembic, a number in the file's header was the version.
        number = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        return f"{number:04}" if number else None
    return None


def upgrade(connection: Connection, found: str, place: str, *, own: bool = True) -> None:
    """Migrate an older store to the newest version; raise `Refused` if it is newer.

    Raises `Refused` too if an interrupted run could not be ended afterwards, unless the store is
    not its `own` file but a copy that is only read.
    """
    if found not in _older():
        raise newer(found, place)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "alembic_version" not in inspect(connection).get_table_names():
            command.stamp(config, found)
        command.upgrade(config, "head")
    if own:
        from oneway.history.journal.unreadable_runs import refuse_unreadable_runs

        refuse_unreadable_runs(connection, place)


def another(found: str, place: str) -> Refused:
    """Return the refusal to read a store of another version without migrating it."""
    if found not in _older():
        return newer(found, place)
    summary = f"made by an older version: its format is {found}, not {HEAD}"
    return refusal("F126", place, summary, "the next run of this version brings it up to date")


def newer(found: str, place: str) -> Refused:
    """Return the refusal of a store written by a newer version."""
    summary = f"made by a newer version: its format is {found}, not {HEAD}"
    return refusal("F111", place, summary, "upgrade oneway, or choose another state folder")


def _ours(connection: Connection) -> set[str]:
    """Return which of our tables exist; without reflection, which would slow down every opening."""
    if connection.dialect.name != "sqlite":
        return {"alembic_version", "run"} & set(inspect(connection).get_table_names())
    sql = "SELECT name FROM sqlite_master WHERE name IN ('alembic_version', 'run')"
    return {str(row[0]) for row in connection.exec_driver_sql(sql)}


def _older() -> set[str]:
    return {path.name[:4] for path in (_FOLDER / "versions").glob("[0-9]*.py")} - {HEAD}
