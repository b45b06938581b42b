"""The tables of a journal, and how an older journal is brought up to date."""

import sqlite3
from pathlib import Path

from oneway.diagnostics import refusal

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
    (
        # Who raised which ceiling: [guard, ceiling, by] of each.
        "ALTER TABLE run ADD COLUMN allowed TEXT NOT NULL DEFAULT '[]'",
        # What the target refused, until it heals; of the values a keyed digest alone.
        """CREATE TABLE failure (
            connection TEXT NOT NULL,
            action TEXT NOT NULL,
            digest TEXT NOT NULL,
            code TEXT NOT NULL,
            reason TEXT NOT NULL,
            first TEXT NOT NULL,
            last TEXT NOT NULL,
            times INTEGER NOT NULL,
            PRIMARY KEY (connection, action)
        ) WITHOUT ROWID""",
        # How often in a row one change of one field was written, by its keyed digest.
        """CREATE TABLE written (
            connection TEXT NOT NULL,
            action TEXT NOT NULL,
            field TEXT NOT NULL,
            digest TEXT NOT NULL,
            times INTEGER NOT NULL,
            PRIMARY KEY (connection, action, field)
        ) WITHOUT ROWID""",
    ),
)
"""The statements that lead from each version of the schema to the next, oldest first."""


def migrated(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a journal's tables up to date; raise `Refused` where they are newer than we are."""
    newest = len(MIGRATIONS)
    if version(connection) < newest:
        connection.execute("BEGIN IMMEDIATE")
        for script in MIGRATIONS[version(connection) :]:
            for statement in script:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {max(newest, version(connection))}")
        connection.execute("COMMIT")
    if version(connection) > newest:
        summary = f"made by a newer version: its format is {version(connection)}, not {newest}"
        raise refusal("F111", str(path), summary, "upgrade oneway, or choose another state folder")


def version(connection: sqlite3.Connection) -> int:
    """Return the version of a journal's tables: 0 where none were made yet."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
