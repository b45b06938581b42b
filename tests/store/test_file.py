"""A store in a file: private, whole, and refused where it is spoiled or in use."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kept import CANARY, START, action, started

from oneway.core.diagnostics import Refused
from oneway.history.journal import End, Journal, sqlite
from oneway.planning.endings import Ending
from patience import PATIENCE


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal.open(path) as opened:
        yield opened


def pragma(journal: Journal, text: str) -> Any:
    with journal._connection.begin():
        return journal._connection.exec_driver_sql(f"PRAGMA {text}").scalar()


def refused(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        Journal.open(path)
    (found,) = caught.value.diagnostics
    assert found.help
    assert found.span.file in (str(path), repr(str(path)))
    return found.code


def test_no_value_of_a_field_is_in_any_file(tmp_path: Path, journal: Journal) -> None:
    run = journal.begin(START)
    journal.intended(run, action("a"), "token")
    journal.ended(run, action("a"), End(Ending.DONE))
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"source-a" in content
    assert CANARY.encode() not in content


def test_the_files_are_private(tmp_path: Path, path: Path) -> None:
    old = os.umask(0)
    try:
        with Journal.open(path) as journal:
            journal.begin(START)
            modes = {file.name: file.stat().st_mode & 0o7777 for file in tmp_path.iterdir()}
    finally:
        os.umask(old)
    assert modes == dict.fromkeys(("journal.db", "journal.db-shm", "journal.db-wal"), 0o600)
    assert os.listdir(tmp_path) == ["journal.db"]


def test_every_write_is_a_full_commit(path: Path, journal: Journal) -> None:
    """Another connection sees each step at once, and the settings that make it last are on."""
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    for name, value in pragmas.items():
        assert pragma(journal, name) == value
    assert not journal._connection.in_transaction()
    with Journal.open(path) as other:
        run = journal.begin(START)
        journal.intended(run, action("a"), "token")
        assert len(other.unsettled()) == 1
        other.ended(run, action("a"), End(Ending.DONE))
        assert journal.unsettled() == ()


def test_a_full_disk_is_refused_and_what_was_written_stays(path: Path, journal: Journal) -> None:
    run = journal.begin(START)
    pragma(journal, f"max_page_count = {pragma(journal, 'page_count') + 2}")
    written = 0

    def fill() -> None:
        nonlocal written
        while written < 1000:
            journal.intended(run, action(f"{written:05}" * 20), "token")
            written += 1

    with pytest.raises(Refused, match=r"F112") as caught:
        fill()
    assert "full" in caught.value.diagnostics[0].summary
    with Journal.open(path) as other:
        assert len(other.unsettled()) == written > 0


def test_a_journal_in_use_is_refused(
    path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with Journal.open(path) as other, pytest.raises(Refused, match="F113"):
        other.begin(START)
    holder.execute("ROLLBACK")
    holder.close()
    journal.begin(START)


@pytest.mark.parametrize(
    "content", [b"", b"x", b"not a database" * 300, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_what_is_no_journal_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    assert refused(path) == "F110"
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.close()
    path.chmod(0o600)
    assert refused(path) == "F110"


@given(st.data())
@settings(max_examples=25)
def test_a_spoiled_journal_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("j") / "journal.db"
    with Journal.open(path) as journal:
        run = journal.begin(START)
        for number in range(5):
            journal.intended(run, action(str(number)), "token")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        with Journal.open(path) as journal:
            journal.runs()
            journal.unsettled()
            journal.intended(journal.begin(START), action("new"), "token")
    except Refused as refusal:
        assert {d.code for d in refusal.diagnostics} <= {"F110", "F111", "F112"}  # noqa: PT017


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE run SET id = 77",  # of whom the actions are not known then
        "INSERT INTO written VALUES ('staffology', 'a', 'name', 'ff', 'many')",
    ],
)
def test_a_row_that_no_store_writes_is_a_refusal(path: Path, damage: str) -> None:
    with Journal.open(path) as journal:
        run = journal.begin(START)
        journal.intended(run, action("1"), "token")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(damage)
        connection.commit()
    with pytest.raises(Refused) as caught, Journal.open(path) as journal:
        journal.written("staffology")
    assert [each.code for each in caught.value.diagnostics] == ["F110"]


@pytest.mark.parametrize("bits", [0o640, 0o606])
def test_a_journal_that_others_may_use_is_refused(path: Path, bits: int) -> None:
    Journal.open(path).close()
    path.chmod(bits)
    assert refused(path) == "F103"


def test_a_journal_that_can_be_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert refused(tmp_path / "folder") == "F103"
    assert refused(tmp_path / "none" / "journal.db") == "F112"
    assert refused(tmp_path / "file" / "journal.db") == "F112"
    assert refused(tmp_path / "nul\0") == "F110"


def test_only_one_file_is_left_by_processes_that_start_at_once(path: Path) -> None:
    processes = [started(path, "2") for _ in range(3)]
    assert [process.wait(PATIENCE) for process in processes] == [0] * 3
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
    # Of two that end at the same moment, neither may bring the log in: the next one does.
    Journal.open(path).close()
    assert os.listdir(path.parent) == ["journal.db"]


def test_a_new_store_is_whole_in_its_own_file(path: Path) -> None:
    """Nothing of it may be left to a log, which a full disk would keep from being brought in."""
    sqlite._make(path)
    assert os.listdir(path.parent) == ["journal.db"]
    assert path.read_bytes()[18:20] == b"\x01\x01"  # the header's versions: no write-ahead log
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone()
