"""The lock of a connection: one holder, named to whoever comes second, gone with its process."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.diagnostics import Refused
from oneway.state import lock
from oneway.state.lock import locked

SINCE = "2026-11-22T04:00:00Z"
HOLDS = """
import sys, time
from pathlib import Path
from oneway.state.lock import locked
with locked(Path(sys.argv[1]), sys.argv[2], since="2026-11-22T03:00:00Z"):
    print("held", flush=True)
    time.sleep(600)
"""


def refused(folder: Path, name: str = "a b") -> str:
    with pytest.raises(Refused) as caught, locked(folder, name, since=SINCE):
        pass
    (found,) = caught.value.diagnostics
    assert found.code == "F115"
    return f"{found.summary}; {found.help}"


def holder(folder: Path, name: str = "a b") -> subprocess.Popen[str]:
    """Return another process that holds the lock by now."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDS, str(folder), name]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_one_is_told_who_holds_it(tmp_path: Path) -> None:
    with locked(tmp_path, "a b", since=SINCE) as mine:
        said = refused(tmp_path)
        assert f"process {os.getpid()} on {mine.host} since 2026-11-22 04:00:00 UTC" in said
        assert "'a b'" in said
        assert "oneway resume" in said
    with locked(tmp_path, "a b", since=SINCE):
        pass


def test_another_connection_has_another_lock(tmp_path: Path) -> None:
    with locked(tmp_path, "a b", since=SINCE), locked(tmp_path, "a c", since=SINCE):
        pass


@given(st.lists(st.text(max_size=90), min_size=2, max_size=2, unique=True))
def test_any_name_has_a_lock_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("locks")
    at_once = patch.object(lock, "_GLANCE", 0)  # no process that only tests it
    with at_once, locked(folder, names[0], since=SINCE), locked(folder, names[1], since=SINCE):
        refused(folder, names[0])
    assert all(each.parent == folder for each in folder.rglob("*"))


def test_the_files_are_private_and_hold_no_more_than_who(tmp_path: Path) -> None:
    folder = tmp_path / "locks"
    old = os.umask(0)
    try:
        with locked(folder, "a", since=SINCE):
            modes = {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}
            assert len(list(folder.iterdir())) == 2
    finally:
        os.umask(old)
    assert modes == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_another_process_is_named_and_its_death_frees_the_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        said = refused(tmp_path)
        assert f"process {other.pid} on " in said
        assert "since 2026-11-22 03:00:00 UTC" in said
        other.send_signal(signal.SIGKILL)
    with locked(tmp_path, "a b", since=SINCE) as mine:
        assert mine.process == os.getpid()
        assert f"process {os.getpid()} " in refused(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"host": 1}', b'{"a": 1}'])
def test_a_torn_note_beside_the_lock_harms_nobody(tmp_path: Path, content: bytes) -> None:
    soon = patch.object(lock, "_TRIES", 3)
    with soon, locked(tmp_path, "a b", since=SINCE):
        (beside,) = tmp_path.glob("*.holder")
        beside.write_bytes(content)
        assert "another run holds the lock" in refused(tmp_path)
    with locked(tmp_path, "a b", since=SINCE):
        assert f"process {os.getpid()} " in refused(tmp_path)


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), locked(tmp_path, "a b", since=SINCE):
        raise RuntimeError
    with locked(tmp_path, "a b", since=SINCE):
        pass


def test_a_folder_that_cannot_be_locked_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused) as caught, locked(tmp_path / "file", "a", since=SINCE):
        pass
    assert caught.value.diagnostics[0].code == "F116"
