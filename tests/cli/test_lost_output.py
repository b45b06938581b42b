"""A log or an answer that nobody reads any more ends no run: real processes, real pipes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_world import World, person, user
from test_cli_process import environment
from test_log import IN_A_MINUTE

from oneway.cli.exits import Exit
from patience import PATIENCE

MANY = 10
FULL = Path("/dev/full")
CONNECTION = "oneway_connection: 1\nname: acme\nmapping: ../m.yaml\nschedule: never\n"


@pytest.fixture
def acme(world: World) -> World:
    """A connection whose next run changes many people."""
    (world.folder / "connections").mkdir()
    world.write("connections/acme.yaml", CONNECTION)
    world.write("people.json", [person(n, name=f"New {n}") for n in range(1, MANY + 1)])
    world.write("users.json", [user(n) for n in range(1, MANY + 1)])
    return world


def started(world: World, *args: str, **streams: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "oneway", *args]
    return subprocess.Popen(command, cwd=world.folder, env=environment(), **streams)  # type: ignore[call-overload,no-any-return]


def unread() -> int:
    """Return the writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def is_done(world: World, *lost: str) -> None:
    """Check that everybody was written, and that the history says what was lost."""
    assert [each["name"] for each in world.read("users.json")][-1] == f"New {MANY}"
    shown = world.run("runs", "show", "latest", "--format", "json").data
    assert (shown["state"], shown["lost_output"]) == ("done", list(lost))
    told = world.run("runs", "show", "latest").flat
    assert ("the run went on" in told) is bool(lost)
    assert all(each in told for each in lost)


def test_a_run_goes_on_without_the_reader_of_its_log(acme: World) -> None:
    args = ("sync", "acme", "--log", "json")
    with started(acme, *args, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        assert running.stderr.readline().startswith(b"{")
        running.stderr.close()  # while the run goes on
        running.stderr = None
        out, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == Exit.DONE
    assert b"! standard error could not be written to its end" in out
    is_done(acme, "standard error")


def test_a_run_is_done_whose_answer_nobody_reads(acme: World) -> None:
    """The plan is printed before anything is written: the pipe breaks while the run goes on."""
    with started(acme, "sync", "acme", stdout=unread(), stderr=subprocess.PIPE) as running:
        _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == Exit.ERROR, "an answer that did not arrive"
    assert b"! standard output could not be written to its end" in err
    is_done(acme, "standard output")


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_a_full_disk_under_both_outputs_ends_no_run_either(acme: World) -> None:
    acme.run("plan", "acme", "--out", "plan.json")
    args = ("apply", "plan.json", "--approve", str(acme.read("plan.json")["fingerprint"]))
    with FULL.open("wb") as full, started(acme, *args, stdout=full, stderr=full) as running:
        running.wait(PATIENCE)
    assert running.returncode == Exit.ERROR
    is_done(acme, "standard error")  # what was lost after the end is not the run's


def test_closed_outputs_are_not_the_store_s(acme: World) -> None:
    """The next file that is opened would get their numbers, and the messages.

    The answer is lost, as on a full disk; nobody wants the messages of a closed standard error.
    """
    command = f"exec {sys.executable} -m oneway sync acme <&- >&- 2>&-"
    ended = subprocess.run(
        command, shell=True, cwd=acme.folder, env=environment(), check=False, timeout=PATIENCE
    )
    assert ended.returncode == Exit.ERROR
    is_done(acme, "standard output")


def test_a_scheduled_run_goes_on_without_the_reader_of_the_log(acme: World) -> None:
    scheduled = CONNECTION.replace("never", '{cron: "* * * * *", spread: 0s}')
    acme.write("connections/acme.yaml", scheduled)
    acme.write("users.json", [user(n, name=f"New {n}") for n in range(1, MANY + 1)])
    acme.run("sync", "acme")
    acme.write("users.json", [user(n) for n in range(1, MANY + 1)])
    command = [sys.executable, "-c", IN_A_MINUTE, "run-due", "connections", "--log", "json"]
    with subprocess.Popen(
        command, cwd=acme.folder, env=environment(), stdout=subprocess.DEVNULL, stderr=unread()
    ) as running:
        running.wait(PATIENCE)
    assert running.returncode == Exit.DONE
    is_done(acme, "standard error")
