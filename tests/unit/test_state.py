"""The state folder: private, made once, and refused where it is not ours alone."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from oneway.core.diagnostics import Refused
from oneway.core.seal import Seal
from oneway.state.files import make_once, write_whole
from oneway.state.folder import StateFolder
from patience import PATIENCE

NOBODY = 65534
SEAL_IN_A_PROCESS = """
import sys
from pathlib import Path
from oneway.state.folder import StateFolder
sys.stdin.read(1)
print(StateFolder(Path(sys.argv[1])).seal().digest("a", "b", "c"))
"""


def code(path: Path, *, seal: bool = False) -> str:
    with pytest.raises(Refused) as caught:
        StateFolder(path).seal() if seal else StateFolder(path)
    (found,) = caught.value.diagnostics
    assert found.help
    return found.code


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder of an ordinary user's, and this process as that user: root may do anything."""
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() != 0:
            yield Path(folder)
            return
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


def test_the_folder_and_its_files_are_private(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        state = StateFolder(tmp_path / "deep" / ".oneway")
        state.seal()
    finally:
        os.umask(old)
    assert mode(state.path) == 0o700
    assert sorted(os.listdir(state.path)) == [".gitignore", "seal.key"]
    assert mode(state.path / "seal.key") == 0o600
    assert (state.path / "seal.key").stat().st_size == 32
    assert (state.path / ".gitignore").read_text() == "*\n"
    assert state.journal == state.path / "journal.db"


def test_the_key_stays_the_same_and_is_never_shown(tmp_path: Path) -> None:
    first, second = StateFolder(tmp_path / "s").seal(), StateFolder(tmp_path / "s").seal()
    other = StateFolder(tmp_path / "t").seal()
    assert first.digest("a", "b", 1) == second.digest("a", "b", 1) != other.digest("a", "b", 1)
    assert isinstance(first, Seal)
    assert "***" in repr(first)


def test_processes_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SEAL_IN_A_PROCESS, str(tmp_path / "s")]
    starts = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
        for _ in range(6)
    ]
    for process in starts:
        assert process.stdin is not None
        process.stdin.write(b"x")
        process.stdin.flush()
    digests = {process.communicate(timeout=PATIENCE)[0] for process in starts}
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64
    assert sorted(os.listdir(tmp_path / "s")) == [".gitignore", "seal.key"]


def test_a_file_is_made_once(tmp_path: Path) -> None:
    make_once(tmp_path / "a", b"first")
    make_once(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"
    write_whole(tmp_path / "a", b"third")
    assert (tmp_path / "a").read_bytes() == b"third"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("bits", [0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_may_write_is_refused(tmp_path: Path, bits: int) -> None:
    StateFolder(tmp_path / "s")
    (tmp_path / "s").chmod(bits)
    assert code(tmp_path / "s") == "F102"


def test_a_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    StateFolder(tmp_path / "s")
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert code(tmp_path / "s") == "F102"


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_size_is_refused(tmp_path: Path, size: int) -> None:
    StateFolder(tmp_path / "s").seal()
    (tmp_path / "s" / "seal.key").write_bytes(b"k" * size)
    assert code(tmp_path / "s", seal=True) == "F104"


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, bits: int) -> None:
    StateFolder(tmp_path / "s").seal()
    (tmp_path / "s" / "seal.key").chmod(bits)
    assert code(tmp_path / "s", seal=True) == "F103"


def test_a_key_that_is_no_file_is_refused(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "s")
    (state.path / "seal.key").mkdir()
    assert code(state.path, seal=True) == "F103"
    (state.path / "seal.key").rmdir()
    real = tmp_path / "elsewhere"
    make_once(real, b"k" * 32)
    (state.path / "seal.key").symlink_to(real)
    assert code(state.path, seal=True) == "F103"
    real.unlink()
    assert code(state.path, seal=True) == "F103"


def test_a_path_that_can_be_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert code(tmp_path / "file") == "F101"
    assert code(tmp_path / "file" / "s") == "F101"
    assert code(tmp_path / "nul\0") == "F101"
    assert code(tmp_path / ("x" * 300)) == "F101"


def test_a_folder_that_cannot_be_written_is_refused(as_nobody: Path) -> None:
    state = StateFolder(as_nobody / "s")
    state.path.chmod(0o500)
    assert code(state.path, seal=True) == "F101"
    as_nobody.chmod(0o500)
    assert code(as_nobody / "t") == "F101"
    as_nobody.chmod(0o700)
    state.path.chmod(0o700)


def test_a_key_that_cannot_be_read_is_refused(as_nobody: Path) -> None:
    state = StateFolder(as_nobody / "s")
    state.seal()
    (state.path / "seal.key").chmod(0o200)
    assert code(state.path, seal=True) == "F101"


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    """So does `/dev/null`, which root could replace by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_bytes)
        write_whole(pipe, b"a plan")
    assert read.result() == b"a plan"
    assert pipe.is_fifo()
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]
