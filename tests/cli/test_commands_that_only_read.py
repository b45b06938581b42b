"""A command that only reads neither creates nor migrates a store, in a file or in a database."""

import re
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from cli_world import World

from oneway.cli.exits import Exit
from postgres import Server

CONNECTION = "oneway_connection: 1\nname: acme\nmapping: ../m.yaml\nschedule: never\n"
COMMANDS = (
    *("plan m.yaml", "plan acme", "plan m.yaml --out plan.json", "explain m.yaml P001"),
    *("explain acme P001", "impact m.yaml --old m.yaml", "impact acme --old m.yaml"),
    *("check m.yaml", "status", "status --exit-code", "runs", "runs acme", "runs show latest"),
    *("runs prune --older-than 90d --dry-run", "replay latest", "report latest"),
    *("notify list", "run-due connections --dry-run", "test m.yaml --record P001"),
    *("same m.yaml m.yaml", "prove m.yaml --situations 50", "validate m.yaml connections"),
    *("eval name --mapping m.yaml --record P001", "compile m.yaml"),
)
OLDER = "0012"
DOWN = (
    "ALTER TABLE link DROP COLUMN names",
    f"UPDATE alembic_version SET version_num = '{OLDER}'",
)
"""What leads a store back to the format before the last."""


@pytest.fixture
def acme(world: World) -> World:
    (world.folder / "connections").mkdir()
    world.write("connections/acme.yaml", CONNECTION)
    return world


def files(folder: Path) -> dict[str, str]:
    """The files of a state folder that keep a store, with what they contain."""
    return {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("*journal.db*")
        if path.is_file()
    }


def tables(url: str) -> dict[str, str]:
    """The tables of a database, with what they contain."""
    listed = "SELECT table_name, string_agg(column_name, ',') FROM information_schema.columns"
    listed += " WHERE table_schema = 'public' GROUP BY 1"
    with psycopg.connect(url, autocommit=True) as connection:
        return {
            name: f"{columns} {connection.execute(f'SELECT t::text FROM {name} t').fetchall()}"
            for name, columns in connection.execute(listed).fetchall()
        }


def _without_times(text: str) -> str:
    return re.sub(r"[0-9a-f]{12,}|\d+", "0", text)


def test_no_file_is_created_and_none_changed(acme: World) -> None:
    state = acme.folder / ".oneway"
    for command in COMMANDS:
        acme.run(*command.split())
        assert files(state) == {}, command
    assert acme.run("sync", "acme").code == Exit.DONE
    before = files(state)
    assert set(before) == {"journal.db"}
    said = {}
    for command in COMMANDS:
        said[command] = acme.run(*command.split())
        assert said[command].code != Exit.USAGE, command
        assert files(state) == before, command
    with closing(sqlite3.connect(state / "journal.db")) as connection:
        for statement in DOWN:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {int(OLDER)}")
        connection.commit()
    before = files(state)
    for command in COMMANDS:
        again, first = acme.run(*command.split()), said[command]
        assert files(state) == before, command
        assert again.code == first.code, command
        assert _without_times(again.out) == _without_times(first.out), command


def test_no_table_is_created_and_none_changed(
    server: Server, acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.database()
    monkeypatch.setenv("ONEWAY_STORE", url)
    for command in COMMANDS:
        acme.run(*command.split())
        assert tables(url) == {}, command
    assert acme.run("sync", "acme").code == Exit.DONE
    before = tables(url)
    for command in COMMANDS:
        assert acme.run(*command.split()).code != Exit.USAGE, command
        assert tables(url) == before, command
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in DOWN:
            connection.execute(statement)
    before = tables(url)
    for command in COMMANDS:
        ended = acme.run(*command.split())
        assert tables(url) == before, command
        asks = command.split()[0] in ("status", "runs", "replay", "report", "notify", "run-due")
        plans = command.split()[0] in ("plan", "explain", "impact")
        assert ("[F126]" in ended.flat) == (asks or plans), command
        assert (ended.code == Exit.ERROR) == asks or not asks, command
