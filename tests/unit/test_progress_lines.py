"""Progress where there is no terminal: a line now and then, with an estimate."""

import pytest

from oneway.cli import console as module
from oneway.cli.console import Console
from oneway.core.progress import shown_while


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def lines_of(clock: list[float], capsys: pytest.CaptureFixture[str], console: Console) -> list[str]:
    with console.progress(lines=True) as progress:
        for _ in shown_while(progress, "edits tried", range(100), 100):
            clock[0] += 6
    return capsys.readouterr().err.splitlines()


def test_long_work_says_how_far_it_is_and_how_long_the_rest_takes(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    found = lines_of(clock, capsys, Console())
    assert found[0] == "edits tried: 4 of 100, about 7 minutes left"
    assert len(found) < 100 / 3 + 1
    assert "left" not in found[-1]


def test_quiet_work_and_work_without_lines_say_nothing(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    assert lines_of(clock, capsys, Console(quiet=True)) == []
    with Console().progress() as progress:
        progress("records", 1, 2)
    assert capsys.readouterr().err == ""
