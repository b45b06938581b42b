"""A run opens its journal, reads its key and resolves its inputs once, whichever command it is."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_world import World

from oneway.history.journal import Journal
from oneway.runs.prepare import prepared
from oneway.state.folder import StateFolder
from oneway_connectors.file.writer import FileWriter

ONCE = {"journal": 1, "key": 1, "inputs": 1}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each of the things that a run makes once has been made."""
    found: Counter[str] = Counter()

    def counted(what: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any) -> Any:
            found[what] += 1
            return act(*args)

        return counting

    for opening in ("open", "look"):
        act = getattr(Journal, opening)
        monkeypatch.setattr(Journal, opening, counted("journal", act))
    monkeypatch.setattr(StateFolder, "_load_seal", counted("key", StateFolder._load_seal))
    monkeypatch.setattr(prepared, "_resolve_inputs", counted("inputs", prepared._resolve_inputs))
    return found


def test_a_sync_makes_each_once(world: World, made: Counter[str]) -> None:
    assert world.run("sync", "m.yaml").code == 0
    assert made == ONCE
    made.clear()
    assert world.run("sync", "m.yaml").code == 0  # with a history to look at
    assert made == ONCE


def test_a_plan_makes_each_once_and_no_journal_where_none_is(
    world: World, made: Counter[str]
) -> None:
    assert world.run("plan", "m.yaml").code == 0
    assert made == {"key": 1, "inputs": 1}
    assert not (Path(".oneway") / "journal.db").exists()
    assert world.run("sync", "m.yaml").code == 0
    made.clear()
    assert world.run("plan", "m.yaml").code == 0
    assert made == ONCE


def test_an_apply_makes_each_once(world: World, made: Counter[str]) -> None:
    assert world.run("plan", "m.yaml", "--out", "plan.json").code == 0
    made.clear()
    assert world.run("apply", "plan.json").code == 0
    assert made == ONCE


def test_a_resume_makes_each_once_and_looks_for_what_to_resume_before(
    world: World, made: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        """The process dies."""

    def dies(_: FileWriter) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(FileWriter, "flush", dies)
        with pytest.raises(Crash):
            world.run("sync", "m.yaml")
    made.clear()
    assert world.run("resume").code == 0
    assert made == {**ONCE, "journal": 2}  # one to list the runs that did not end
