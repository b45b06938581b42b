"""The lock: one holder, named to whoever comes second; nothing to clean up after a crash."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from oneway.diagnostics import Refused
from oneway.lock import locked

SINCE = "2026-06-15T04:00:00Z"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oneway.lock._PAUSE", 0.001)


def refusal(folder: Path, name: str = "a mapping") -> tuple[str, str]:
    """Return the code and summary with which a second holder is refused."""
    with pytest.raises(Refused) as caught, locked(folder, name, since=SINCE):
        pass
    (found,) = caught.value.diagnostics
    return found.code, found.summary


def holder_file(folder: Path) -> Path:
    (found,) = folder.glob("*.lock")
    return found.with_suffix(".holder")


def test_a_second_one_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with locked(tmp_path / "locks", "a mapping", since=SINCE):
        code, summary = refusal(tmp_path / "locks")
    assert code == "F115"
    assert f"process {os.getpid()} on {socket.gethostname()} since {SINCE}" in summary
    with locked(tmp_path / "locks", "a mapping", since=SINCE):
        pass


def test_other_connections_do_not_wait(tmp_path: Path) -> None:
    with locked(tmp_path, "one/../..\ud800", since=SINCE), locked(tmp_path, "two", since=SINCE):
        assert len(list(tmp_path.glob("*.lock"))) == 2


def test_what_a_killed_holder_left_behind_is_taken_over_and_never_named(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from oneway.lock import locked\n"
        f"with locked(Path(sys.argv[1]), 'a mapping', since={SINCE!r}):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    died = subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=_env(), check=False)
    assert died.returncode == -9
    dead = json.loads(holder_file(tmp_path).read_text())["process"]
    with locked(tmp_path, "a mapping", since=SINCE):
        held = holder_file(tmp_path)
        assert json.loads(held.read_text())["process"] == os.getpid()
        # As if the new holder had not come to writing who it is.
        held.write_text(json.dumps({"host": socket.gethostname(), "process": dead, "since": "x"}))
        assert "only just begun" in refusal(tmp_path)[1]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"host": 1}', "\0", '{"a": 1}'])
def test_a_holder_that_cannot_be_read_is_not_named(tmp_path: Path, text: str) -> None:
    with locked(tmp_path, "a mapping", since=SINCE):
        holder_file(tmp_path).write_text(text)
        assert refusal(tmp_path) == (
            "F115",
            "another run holds the lock of 'a mapping': one that has only just begun",
        )


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file" / "locks")[0] == "F116"


def test_where_the_holder_cannot_be_written_down_nothing_stays_locked(tmp_path: Path) -> None:
    with locked(tmp_path, "a mapping", since=SINCE):
        held = holder_file(tmp_path)
    held.mkdir()
    assert refusal(tmp_path)[0] == "F116"
    held.rmdir()
    with locked(tmp_path, "a mapping", since=SINCE):
        pass
    assert [each.suffix for each in tmp_path.iterdir()] == [".lock"]


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
