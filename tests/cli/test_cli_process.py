"""The command as a process: exit codes, pipes, terminals, interruption."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_world import ROOT, World, person, process

from patience import PATIENCE


def environment(**variables: str) -> dict[str, str]:
    path = os.pathsep.join(str(ROOT / each) for each in ("engine", "connectors"))
    return {**os.environ, "PYTHONPATH": path, **variables}


def on_a_terminal(*args: str, cwd: Path, **variables: str) -> str:
    """Run a command whose two outputs are a terminal and return what that shows."""
    here, there = pty.openpty()
    command = [sys.executable, "-m", "oneway", *args]
    env = environment(TERM="xterm", **variables)
    with subprocess.Popen(command, cwd=cwd, env=env, stdout=there, stderr=there) as running:
        os.close(there)
        shown = b""
        while True:
            try:
                part = os.read(here, 65536)
            except OSError:  # Linux says so at the end
                break
            if not part:
                break
            shown += part
        running.wait(PATIENCE)
    os.close(here)
    return shown.decode()


def test_exit_codes_of_the_process(world: World) -> None:
    assert process("plan", "m.yaml", "--exit-code", cwd=world.folder).returncode == 3
    assert process("plan", "absent.yaml", cwd=world.folder).returncode == 1
    assert process("plan", cwd=world.folder).returncode == 2
    ended = process("--version", cwd=world.folder)
    assert (ended.returncode, ended.stdout) == (0, "oneway, version 0.1.0\n")


def test_a_reader_that_goes_away_ends_it_quietly(world: World) -> None:
    world.write("people.json", [person(i) for i in range(3000)])
    command = f"{sys.executable} -m oneway plan m.yaml --verbose | head -1"
    ended = subprocess.run(
        command, shell=True, cwd=world.folder, env=environment(), capture_output=True, check=False
    )
    assert ended.stdout == b"Plan for people-to-users\n"
    assert b"Traceback" not in ended.stderr
    assert b"Exception" not in ended.stderr
    assert b"mistake" not in ended.stderr


def test_a_terminal_that_knows_no_utf8(world: World) -> None:
    world.write("people.json", [person(1, name="Zoë 上官 \\u202e")])
    ended = process("plan", "m.yaml", cwd=world.folder, env={"PYTHONIOENCODING": "ascii"})
    assert (ended.returncode, "Zo\\xeb" in ended.stdout) == (0, True)


def test_colour_only_where_it_is_wanted(world: World) -> None:
    assert "\x1b[" in on_a_terminal("plan", "m.yaml", cwd=world.folder)
    assert "\x1b[" not in on_a_terminal("plan", "m.yaml", cwd=world.folder, NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal("plan", "m.yaml", "--no-color", cwd=world.folder)
    assert "\x1b[" in on_a_terminal("plan", "absent.yaml", cwd=world.folder)
    assert "\x1b[" not in on_a_terminal("plan", "absent.yaml", cwd=world.folder, NO_COLOR="1")
    assert "\x1b[" not in process("plan", "m.yaml", cwd=world.folder).stdout


def test_interrupted(world: World) -> None:
    command = [sys.executable, "-m", "oneway", "sandbox", "expensein"]
    with subprocess.Popen(
        command, cwd=world.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith(b"export ONEWAY_EXPENSEIN_BASE_URL=http://127")
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, b"Traceback" in err) == (0, False)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, RecursionError])
def test_what_nobody_expects(
    world: World, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def fails(*_: object) -> None:
        raise error("CAN" + "ARY")

    monkeypatch.setattr("oneway.cli.plan.prepare_run", fails)
    ended = world.run("plan", "m.yaml")
    assert ended.code == (130 if error is KeyboardInterrupt else 1)
    assert "CANARY" not in ended.err
    if error is not KeyboardInterrupt:
        assert error.__name__ in ended.err
        debugged = world.run("plan", "m.yaml", "--debug")
        assert "in fails" in debugged.err
        assert "CANARY" not in debugged.err


def test_progress_is_for_terminals(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oneway.cli.console._PATIENCE", 0)
    monkeypatch.setattr("oneway.cli.console._PAUSE", 0)
    assert "reading" not in world.run("plan", "m.yaml").err
    monkeypatch.setattr("oneway.cli.console._is_terminal", lambda stream: stream is sys.stderr)
    shown = world.run("plan", "m.yaml", "--no-color").err
    assert "reading people.json: 4 of 4" in shown
    assert "reading" not in world.run("plan", "m.yaml", "--quiet").err


@pytest.mark.parametrize(
    "args",
    [
        ("plan", "m.yaml", "--\x1b[31mred"),
        ("plan", "m.yaml", "x\nError: none"),
        ("plan", "m.yaml", "--allow", "\u202eleavers=1"),
        ("\x1b]0;title\x07",),
    ],
)
def test_what_is_typed_amiss_is_quoted_harmlessly(world: World, args: tuple[str, ...]) -> None:
    ended = world.run(*args)
    assert ended.code == 2
    assert not set(ended.err) & set("\x1b\x07\u202e")
    assert not any(line == "Error: none" for line in ended.err.split("\n"))


@pytest.mark.parametrize("command", ["validate", "disconnect", "status", "plan"])
def test_a_name_that_is_too_long_for_a_file_is_no_crash(world: World, command: str) -> None:
    ended = world.run(command, "x" * 5000)
    assert ended.code == 1
    assert "bug in this program" not in ended.err
