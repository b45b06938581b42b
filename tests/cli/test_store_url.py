"""Runs whose journal stands in PostgreSQL: the whole way through the command line."""

from pathlib import Path

import pytest
from cli_world import World

from postgres import Server


def test_a_journal_in_a_database(
    server: Server, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = server.database()
    monkeypatch.setenv("ONEWAY_STORE", url)
    assert world.run("sync", "m.yaml").code == 0
    again = world.run("sync", "m.yaml")
    assert (again.code, "created" in again.out, "To create" in again.out) == (0, False, False)
    assert not (world.folder / ".oneway" / "journal.db").exists()
    listed = world.run("runs", "--format", "json")
    assert listed.code == 0
    assert listed.out.count('"done"') >= 2
    assert "Nothing to resume" in world.run("resume").out


def test_a_store_is_named_once_and_answers(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "store"
    file.write_text("postgresql://ann:S3CRET@127.0.0.1:1/none\n", encoding="utf-8")
    file.chmod(0o600)
    monkeypatch.setenv("ONEWAY_STORE_FILE", str(file))
    before = world.read("users.json")
    ended = world.run("sync", "m.yaml")
    assert (ended.code, "[F118]" in ended.err, "S3CRET" in ended.err) == (1, True, False)
    monkeypatch.setenv("ONEWAY_STORE", "postgresql://ann@127.0.0.1:1/none")
    ended = world.run("sync", "m.yaml")
    assert (ended.code, "[F119]" in ended.err) == (1, True)
    assert world.read("users.json") == before
