"""A disk that is full: what a command makes for people is there whole, or not at all."""

import errno
import os
from pathlib import Path

import pytest
from cli_world import World


def test_new_leaves_no_empty_mapping_and_can_be_run_again(
    bare: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("p.csv", "u.csv"):
        Path(name).write_text("id,name\n1,Ann\n2,Bob\n")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        ended = bare.run("new", "m.yaml", "--source", "p.csv", "--target", "u.csv")
    assert (
        "m.yaml: error: cannot be written: No space left on device [F120] make space" in ended.flat
    )
    assert not Path("m.yaml").exists()
    assert bare.run("new", "m.yaml", "--source", "p.csv", "--target", "u.csv").code == 0
    usual = Path("u.csv").stat().st_mode
    assert Path("m.yaml").stat().st_mode == usual, "others may read it as they may any file"


def full(handle: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_target_that_is_read_only_is_refused_before_anything_is_written(world: World) -> None:
    """To rename another file over it would be allowed: who made it read-only meant it."""
    path = world.folder / "users.json"
    before = path.read_bytes()
    path.chmod(0o444)
    ended = world.run("sync", "m.yaml")
    assert (ended.code, "users.json: the file is read-only [W155]" in ended.flat) == (1, True)
    assert path.read_bytes() == before
    path.chmod(0o644)
    assert world.run("sync", "m.yaml").code == 0
    assert path.read_bytes() != before
    path.chmod(0o444)
    assert world.run("sync", "m.yaml").code == 0, "nothing is to be written"
