"""Older stores are led to the newest tables, and newer ones refused."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from kept import START
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects import sqlite

from oneway.core.diagnostics import Refused
from oneway.history.journal import Journal, migration, postgresql
from oneway.history.journal.tables import HEAD, METADATA
from postgres import Server

FIRST = (
    """CREATE TABLE run (id INTEGER PRIMARY KEY AUTOINCREMENT, mapping TEXT NOT NULL,
        digest TEXT NOT NULL, fingerprint TEXT NOT NULL, as_of TEXT NOT NULL,
        started TEXT NOT NULL, started_by TEXT NOT NULL, ended TEXT,
        counts TEXT NOT NULL DEFAULT '{}')""",
    """CREATE TABLE entry (run INTEGER NOT NULL REFERENCES run (id), action TEXT NOT NULL,
        verb TEXT NOT NULL, source_id TEXT, target_id TEXT, token TEXT NOT NULL,
        sent INTEGER NOT NULL DEFAULT 0 CHECK (sent IN (0, 1)), ending TEXT,
        code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (run, action)) WITHOUT ROWID""",
    """CREATE INDEX unsettled ON entry (run, action)
        WHERE ending IS NULL OR ending = 'unknown'""",
)
SECOND = (
    "ALTER TABLE run ADD COLUMN connection TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE run ADD COLUMN plan TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE run ADD COLUMN source_records INTEGER",
    "ALTER TABLE entry ADD COLUMN counted TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE entry ADD COLUMN at TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX unfinished ON run (connection) WHERE ended IS NULL",
)
THIRD = (
    "ALTER TABLE run ADD COLUMN allowed TEXT NOT NULL DEFAULT '[]'",
    """CREATE TABLE failure (connection TEXT NOT NULL, action TEXT NOT NULL,
        digest TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL, first TEXT NOT NULL,
        last TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (connection, action))
        WITHOUT ROWID""",
    """CREATE TABLE written (connection TEXT NOT NULL, action TEXT NOT NULL,
        field TEXT NOT NULL, digest TEXT NOT NULL, times INTEGER NOT NULL,
        PRIMARY KEY (connection, action, field)) WITHOUT ROWID""",
)
BEFORE_ALEMBIC = (FIRST, SECOND, THIRD)
"""As the program made them that numbered its versions in the file's head."""


def older(path: Path, version: int) -> None:
    """Make a journal as a version of the program from before Alembic made it, with one run."""
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for script in BEFORE_ALEMBIC[:version]:
            for statement in script:
                connection.execute(statement)
        connection.execute(
            "INSERT INTO run (mapping, digest, fingerprint, as_of, started, started_by)"
            " VALUES ('acme', 'd', 'f', 'then', 'then', 'me')"
        )
        connection.execute(
            "INSERT INTO entry (run, action, verb, token, sent) VALUES (1, ?, 'create', 't', 1)",
            ("odd \ud800".encode(errors="surrogatepass"),),
        )
        if version > 1:
            connection.execute("UPDATE run SET plan = 'the plan', connection = 'c'")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    """An open connection to an empty database."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    if request.param == "PostgreSQL":
        server: Server = request.getfixturevalue("server")
        url = server.database().replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url)
    with engine.connect() as opened, opened.begin():
        yield opened
    engine.dispose()


def test_an_index_has_the_same_condition_in_every_database() -> None:
    indexes = [
        [each for each in migration.definitions(dialect) if each.startswith("CREATE INDEX")]
        for dialect in (sqlite.dialect(), pg.dialect(), sqlite.dialect())
    ]
    assert indexes[0] == indexes[1] == indexes[2]
    assert sum(" WHERE " in each for each in indexes[0]) == 3


def test_all_migrations_lead_to_the_tables_as_they_are_made_new(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
    revisions = sorted(path.name[:4] for path in (migration._FOLDER / "versions").glob("0*.py"))
    assert revisions[-1] == HEAD
    migrated(connection)
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    assert compare_metadata(context, METADATA) == []
    assert migration.version(connection) == HEAD


def migrated(connection: Connection) -> None:
    """Lead an empty database through every migration."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migration._FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_older_journal_is_brought_up_to_date(path: Path, version: int) -> None:
    older(path, version)
    for _ in range(2):
        with Journal.open(path) as journal:
            (run,) = journal.runs()
            assert (run.start.mapping, run.ended) == ("acme", None)
            assert journal.plan_of(run.id) == ("the plan" if version > 1 else "")
            (entry,) = journal.unsettled()
            assert entry.action_id == "odd \ud800"
    with Journal.open(path) as journal:
        assert journal.begin(START) == 2
        journal.finish(1, {}, "later")
    with closing(sqlite3.connect(path)) as old_program:
        assert old_program.execute("PRAGMA user_version").fetchone() == (int(HEAD),)


def test_a_run_that_could_not_be_ended_is_refused_before_the_journal_changes(path: Path) -> None:
    older(path, 3)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE run SET plan = '{\"oneway_plan\": 1}'")
        connection.commit()
        before = list(connection.iterdump())
    with pytest.raises(Refused, match="run 1 was interrupted"):
        Journal.open(path)
    with closing(sqlite3.connect(path)) as connection:
        assert list(connection.iterdump()) == before
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    journal = Journal.look(path)
    assert journal is not None
    with journal:  # to show it, a copy is enough
        assert len(journal.unfinished()) == 1
    with closing(sqlite3.connect(path)) as connection:  # as `resume` of the older version does
        connection.execute("UPDATE run SET ended = 'then'")
        connection.execute("UPDATE entry SET ending = 'done'")
        connection.commit()
    Journal.open(path).close()


@pytest.mark.parametrize("form", ["number", "alembic"])
def test_a_newer_journal_is_refused(path: Path, form: str) -> None:
    if form == "number":
        older(path, 3)
        script = "PRAGMA user_version = 99"
    else:
        Journal.open(path).close()
        script = "UPDATE alembic_version SET version_num = '0099'"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(script)
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(Refused, match="F111"):
        Journal.open(path)
    assert path.read_bytes() == before


def test_a_newer_database_is_refused(server: Server) -> None:
    url = server.database()
    Journal.open(url).close()
    with postgresql.connected(postgresql.url_of(url)) as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    with pytest.raises(Refused, match="F111"):
        Journal.open(url)


def test_a_migration_that_fails_leaves_the_journal_as_it_was(path: Path) -> None:
    older(path, 3)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE holder (unexpected INTEGER)")
        connection.commit()
        before = [tuple(row) for row in connection.execute("SELECT * FROM sqlite_master")]
    with pytest.raises(Refused):
        Journal.open(path)
    with closing(sqlite3.connect(path)) as connection:
        assert [tuple(row) for row in connection.execute("SELECT * FROM sqlite_master")] == before
        connection.execute("DROP TABLE holder")
        connection.commit()
    with Journal.open(path) as journal:
        assert len(journal.unsettled()) == 1
