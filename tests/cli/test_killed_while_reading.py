"""A run by hand that is killed before it has a plan is recorded, and asks for a person."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_world import OF_TABLES, World

from oneway.cli import entry
from oneway.runs import sync


@pytest.fixture
def acme(world: World) -> World:
    world.write("w.yaml", OF_TABLES)
    world.write("people.csv", "Nr,Name,Left\n1,Ann Bell,no\n")
    world.write("users.csv", "id,number,name,on\n10,1,Ann,TRUE\n")
    Path("connections").mkdir()
    notify = 'notify: [{webhook: {url: "http://127.0.0.1:9/hook"}, on: [failure, recovery]}]\n'
    text = f"oneway_connection: 1\nname: acme\nmapping: ../w.yaml\n{notify}"
    world.write("connections/acme.yaml", text)
    return world


def in_a_child(act: Callable[[], Any]) -> int:
    """Run something in a process of its own, and return how that ended, as `waitpid` says it."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(99)
    return os.waitpid(child, 0)[1]


def stopped(monkeypatch: pytest.MonkeyPatch, number: int, *words: str) -> int:
    """Run a command to which a signal comes while it reads."""

    def reading(*_args: object, **_more: object) -> None:
        os.kill(os.getpid(), number)
        signal.pause()

    def act() -> None:
        monkeypatch.setattr(sync, "plan_run", reading)
        monkeypatch.setattr(sys, "argv", ["oneway", *words])
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with Path("said").open("w") as said:
            os.dup2(said.fileno(), 2)
            monkeypatch.setattr(sys, "stderr", said)
            try:
                entry.main()
            except SystemExit as ended:
                said.flush()
                os._exit(int(ended.code or 0))

    return in_a_child(act)


def states(world: World) -> list[tuple[str, str]]:
    found = world.run("runs", "--format", "json").data
    return [(each["connection"], each["state"]) for each in found["runs"]]


@pytest.mark.parametrize("first", ["status", "runs"])
def test_a_killed_run_is_recorded_by_the_next_command_that_looks(
    acme: World, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    assert acme.run("sync", "acme").code == 0
    for _ in range(2):
        assert os.WTERMSIG(stopped(monkeypatch, signal.SIGKILL, "sync", "acme")) == signal.SIGKILL
    said = acme.run(first)
    assert "interrupted" in said.out
    assert "resume" not in said.out
    assert acme.run("resume").out == "Nothing to resume: every run has ended.\n"
    # the second run had recorded the first
    assert states(acme) == [("acme", "interrupted")] * 2 + [("acme", "done")]
    assert acme.run("status", "--exit-code").code == 1
    said = acme.run("runs", "show", "latest")
    assert "the run ended before it had a plan: its process was killed" in said.flat
    assert acme.run("notify", "list").out.count("acme") > 0
    assert acme.run("sync", "acme").code == 0
    assert acme.run("status", "--exit-code").code == 0
    assert states(acme)[0] == ("acme", "done")
    assert len(states(acme)) == 4
    assert not list(Path(".oneway/locks").glob("*.run"))


def test_the_next_run_records_the_one_that_was_killed(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(monkeypatch, signal.SIGKILL, "sync", "w.yaml")
    assert acme.run("sync", "w.yaml").code == 0
    assert [state for _, state in states(acme)] == ["done", "interrupted"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_what_a_run_by_hand_was_given_is_known_though_it_had_no_plan(
    acme: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    acme.write("other.csv", Path("people.csv").read_text())
    stopped(monkeypatch, number, "sync", "w.yaml", "--source", "other.csv")
    assert states(acme)[0][1] == "interrupted"
    said = acme.run("status").flat
    assert ("w.yaml, by hand" in said, "no file in this folder" in said) == (True, False)
    assert acme.run("status", "--format", "json").data["connections"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_reads_ends_with_130_and_is_recorded(
    acme: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    ended = stopped(monkeypatch, number, "sync", "acme")
    assert os.WIFEXITED(ended)
    assert os.WEXITSTATUS(ended) == 130
    assert "interrupted; writes that were made stay" in Path("said").read_text()
    assert states(acme) == [("acme", "interrupted")]
    assert "it was asked to stop" in acme.run("runs", "show", "latest").flat


def test_a_run_that_ends_by_itself_leaves_no_note(acme: World) -> None:
    assert acme.run("sync", "acme").code == 0
    Path("people.csv").unlink()
    assert acme.run("sync", "acme").code == 1
    assert [state for _, state in states(acme)] == ["refused", "done"]
    assert not list(Path(".oneway/locks").glob("*.run"))


def test_a_killed_run_is_not_recorded_while_another_holds_the_lock(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oneway.state.lock import locked

    assert acme.run("sync", "acme").code == 0
    stopped(monkeypatch, signal.SIGKILL, "sync", "acme")
    with locked(Path(".oneway/locks"), "acme", since="2026-11-23T04:00:00Z"):
        assert acme.run("status").code == 0
        assert len(states(acme)) == 1
    assert len(states(acme)) == 2
