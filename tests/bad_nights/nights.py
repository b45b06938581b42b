"""The nights: what happens in each, and what is true of it afterwards."""

import json
import os
import random
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from oneway.history.schedule_policy import PAUSES, TRIES

from .stage import NAME, Stage, person, until

Live = Callable[[Stage], None]


@dataclass(frozen=True)
class Truth:
    """What is true after a night, and so must be said everywhere.

    `state` is that of the last run, `done` how many of its actions were done; `need` is the worst
    that asks for a person, "" where nothing does; `told` are the codes and guards of the notices
    of the night, in order; `completed` says whether the last run got to its end. `exit` is that
    of the last command, None where it was killed. `lost` are the outputs of the run that could
    not be written to their end.
    """

    state: str
    done: int
    need: str = ""
    told: tuple[str, ...] = ()
    still_in: int = 0
    failing: int = 0
    held: int = 0
    unsynced: int = 0
    exit: int | None = 0
    lost: tuple[str, ...] = ()
    waits: bool = False
    """Whether the due of the night is still to be run, by the next scheduler that looks."""

    @property
    def completed(self) -> bool:
        """Whether the last run got to its end."""
        return self.state in ("done", "done_with_failures", "held")


@dataclass(frozen=True)
class Bad:
    """A night: its name, what happens in it, and what is true of it."""

    name: str
    live: Live
    truth: Truth


def change(stage: Stage, *numbers: int, **values: object) -> None:
    """Change people in payroll, by their numbers."""
    for each in stage.people:
        if int(each["code"][1:]) in numbers:
            each.update(values)
    stage.write_people()


def join(stage: Stage, *numbers: int, **values: object) -> None:
    """Let people join in payroll."""
    stage.people += [person(number, **values) for number in numbers]
    stage.write_people()


def _quiet(stage: Stage) -> None:
    join(stage, 9)
    stage.run_due()


def _killed(stage: Stage) -> None:
    join(stage, 9, 10, 11)
    stage.four()
    with stage.hanging(2, "run-due") as running:
        stage.kill(running)


def _killed_and_run_again(stage: Stage) -> None:
    _killed(stage)
    stage.target.troubles.hangs_at = 0
    stage.run_due()


def _killed_at_random(stage: Stage) -> None:
    """Kill it somewhere: what it had done by then, the target knows."""
    join(stage, *range(9, 13))
    stage.four()
    with stage.hanging(random.Random(13).randint(1, 4), "run-due") as running:
        stage.kill(running)
    stage.target.troubles.hangs_at = 0


def _worker_killed_under_run_due(stage: Stage) -> None:
    for number in (9, 10):
        join(stage, number)
        stage.four()
        with stage.hanging(1, "run-due") as running:
            _kill_worker(stage)
            stage.target.released.set()
            stage.exit = running.ends()


def _worker_killed_under_serve(stage: Stage) -> None:
    join(stage, 9, 10)
    stage.four()
    with stage.hanging(1, "serve", "--listen", "off") as serving:
        _kill_worker(stage)
        serving.says("its process was ended by SIGKILL; again in 30 s")
        stage.target.troubles.hangs_at = 0
        stage.target.released.set()
        serving.says("acme: done")  # half a minute later: nobody need be woken for it
        serving.process.send_signal(signal.SIGTERM)
        serving.ends()


def _worker_killed_each_time_under_serve(stage: Stage) -> None:
    """Kill each try in the middle of a write, which the target then carries out."""
    join(stage, 9, 10, 11, 12)
    stage.four()
    with stage.hanging(1, "serve", "--listen", "off") as serving:
        for pause in PAUSES:
            _kill_worker(stage)
            serving.says(f"again in {pause.total_seconds():.0f} s")
            stage.hang_again(serving)
            stage.night.let_pass(pause.total_seconds())
            until(stage.target.reached.is_set, lambda: serving.said)
        _kill_worker(stage)
        serving.says(f"the run died {TRIES} times, and waits for the next due")
        stage.target.released.set()
        until(lambda: len(stage.hook.heard) > stage.heard, lambda: serving.said)
        serving.process.send_signal(signal.SIGTERM)
        serving.ends()


def _nobody_reads(stage: Stage) -> None:
    """Let the reader of the log be dead before the first line."""
    join(stage, 9, 10)
    reading, writing = os.pipe()
    os.close(reading)
    stage.four()
    stage.exit = stage.night.run("run-due", "--log", "json", stderr=writing).ends()
    os.close(writing)


def _disk_full(stage: Stage) -> None:
    """Let no page be free: nothing runs, every place says so, and then somebody makes room."""
    ballast = stage.full_disk()
    join(stage, 9)
    for _ in range(2):  # as every five minutes: it is told once
        stage.run_due(days=0)
    asked = (("status",), ("runs", NAME), ("runs", "show", NAME), ("report", NAME))
    said = {words: stage.night.run(*words) for words in asked}
    unclear = [words for words, each in said.items() if "the disk is full" not in each.said]
    assert not unclear, unclear
    ballast.unlink()


def _disk_full_for_a_night(stage: Stage) -> None:
    stage.day += timedelta(days=1)
    _disk_full(stage)
    stage.run_due()


def _mapping_gone(stage: Stage) -> None:
    (stage.folder / "mapping.yaml").unlink()
    stage.run_due()


def _kill_worker(stage: Stage) -> None:
    """Kill the process that holds the lock of the connection's due: the run's own."""
    (holder,) = (stage.folder / ".oneway" / "locks").glob("due-*.holder")
    os.kill(int(json.loads(holder.read_text())["process"]), signal.SIGKILL)


def _trouble(name: str, nights: int = 1) -> Live:
    """Return a night in which something is wrong with the target, and somebody joins."""

    def live(stage: Stage) -> None:
        setattr(stage.target.troubles, name, True)
        join(stage, 9)
        for _ in range(nights):
            stage.run_due()

    return live


def _unanswered(stage: Stage) -> None:
    join(stage, 9)
    stage.target.troubles.silent = 9
    stage.run_due()


def _source_empty(stage: Stage) -> None:
    stage.people = []
    stage.write_people()
    stage.run_due()


def _source_gone(stage: Stage) -> None:
    (stage.folder / "people.json").unlink()
    stage.run_due()


def _many_leave(stage: Stage) -> None:
    change(stage, 1, 2, 3, 4, left=True)
    stage.run_due()


def _mass_edit(stage: Stage) -> None:
    for number in range(1, 9):
        change(stage, number, name=f"Renamed {number}")
    stage.run_due()


def _refused_email(stage: Stage) -> None:
    join(stage, 9, email="p009@example.invalid")
    stage.target.troubles.refused.add("p009@example.invalid")
    for _ in range(10):
        stage.run_due()


def _leaver_refused(stage: Stage) -> None:
    change(stage, 1, left=True)
    stage.target.troubles.keeps_in = True
    stage.run_due()


def _edited_each_day(stage: Stage) -> None:
    for _ in range(4):
        stage.target.users[101]["name"] = "As somebody in the office likes it"
        stage.run_due()


def _email_missing(stage: Stage) -> None:
    join(stage, 9, email=None)
    stage.run_due()


def _rehire(stage: Stage) -> None:
    change(stage, 1, left=True)
    stage.run_due()
    change(stage, 1, left=False)
    stage.run_due()


def _two_operators(stage: Stage) -> None:
    join(stage, 9, 10)
    stage.four()
    with stage.hanging(1, "run-due") as running:
        second = stage.night.run("sync", NAME)
        assert "[F115]" in second.said, second.said
        stage.target.released.set()
        stage.exit = running.ends()


def _clock_ahead(stage: Stage) -> None:
    now = stage.day
    stage.run_due(days=48)
    stage.day = now
    stage.run_due()


def _clock_back(stage: Stage) -> None:
    now = stage.day
    stage.run_due(days=48)
    stage.night.run("runs", "forget-future", NAME, "--yes")
    stage.day = datetime.fromisoformat(now.isoformat())
    stage.four()
    stage.night.run("runs", "forget-future", NAME, "--yes")
    join(stage, 9)
    stage.run_due()


def _receiver_down(stage: Stage) -> None:
    from listener import status

    stage.hook.answers[:] = [status(500)]
    _source_empty(stage)


def _broken_file(stage: Stage) -> None:
    (stage.folder / "connections" / f"{NAME}.yaml").write_text("oneway_connection: 1\nname: 7\n")
    stage.run_due()


def _duplicate(stage: Stage) -> None:
    file = stage.folder / "connections" / f"{NAME}.yaml"
    file.with_name("copy-of-acme.yaml").write_text(file.read_text())
    stage.run_due()


_ALL = (
    Bad("a good night", _quiet, Truth("done", 1)),
    Bad(
        "killed after one of three writes",
        _killed,
        Truth("interrupted", 1, "interrupted", exit=None, waits=True),
    ),
    Bad(
        "killed, and run again the next night",
        _killed_and_run_again,
        Truth("done", 1, told=("died", "recovery")),
    ),
    Bad(
        "killed at random",
        _killed_at_random,
        Truth("interrupted", -1, "interrupted", exit=None, waits=True),
    ),
    Bad(
        "the run's process is killed each night, under `run-due`",
        _worker_killed_under_run_due,
        Truth("interrupted", 0, "interrupted", ("died",), exit=1, waits=True),
    ),
    Bad(
        "the run's process is killed once, under `serve`",
        _worker_killed_under_serve,
        Truth("done", 1, exit=None),
    ),
    Bad(
        "the run's process is killed at each try, under `serve`",
        _worker_killed_each_time_under_serve,
        Truth("interrupted", 0, "interrupted", ("died",), exit=None),
    ),
    Bad(
        "the reader of the log is gone",
        _nobody_reads,
        Truth("done", 2, lost=("standard error",)),
    ),
    Bad("the disk is full", _disk_full, Truth("done", 8, told=("F112",), exit=1)),
    Bad(
        "the disk was full for a night",
        _disk_full_for_a_night,
        Truth("done", 1, told=("F112", "recovery")),
    ),
    Bad(
        "the mapping cannot be read",
        _mapping_gone,
        Truth("refused", 0, "refused", ("F120",), exit=1),
    ),
    Bad("the target is down", _trouble("down"), Truth("refused", 0, "refused", ("R105",), exit=1)),
    Bad(
        "the key was revoked",
        _trouble("revoked"),
        Truth("refused", 0, "refused", ("R102",), exit=1),
    ),
    Bad(
        "the key may not write",
        _trouble("read_only"),
        Truth("done_with_failures", 0, "failed", ("W104",), failing=1, exit=5),
    ),
    Bad(
        "no answer to a write",
        _unanswered,
        Truth("done_with_failures", 0, "failed", ("W102",), exit=5),
    ),
    Bad("the source is empty", _source_empty, Truth("refused", 0, "refused", ("R160",), exit=1)),
    Bad(
        "the source's file is gone", _source_gone, Truth("refused", 0, "refused", ("R150",), exit=1)
    ),
    Bad(
        "the target is empty",
        _trouble("empty"),
        # Each of the eight is known by a link, and is asked for by id: nobody is doubled.
        Truth("held", 0, "held", ("target_shrink",), held=1, unsynced=8, exit=4),
    ),
    Bad(
        "four of eight leave at once",
        _many_leave,
        Truth("held", 0, "access", ("leavers",), still_in=4, held=4, exit=4),
    ),
    Bad(
        "a mass edit of all names",
        _mass_edit,
        Truth("held", 0, "held", ("updates",), held=8, exit=4),
    ),
    Bad(
        "a refused email for ten nights",
        _refused_email,
        Truth("done_with_failures", 0, "failed", ("W105", "W105"), failing=1, exit=5),
    ),
    Bad(
        "the target refuses a leave date",
        _leaver_refused,
        Truth("done_with_failures", 0, "access", ("W105 still_in",), still_in=1, failing=1, exit=5),
    ),
    Bad(
        "a name is edited in the target each day",
        _edited_each_day,
        Truth("done", 1, "not_sticking"),
    ),
    Bad("a joiner without an email", _email_missing, Truth("done", 0, "unsynced", unsynced=1)),
    Bad("back at work after leaving", _rehire, Truth("done", 0, "unsynced", unsynced=1)),
    Bad("two operators at once", _two_operators, Truth("done", 2)),
    Bad(
        "the clock was ahead for a night",
        _clock_ahead,
        Truth("refused", 0, "refused", ("F124",), exit=1),
    ),
    Bad("the clock was ahead, and the connection put right", _clock_back, Truth("done", 1)),
    Bad(
        "the receiver of notices is down",
        _receiver_down,
        Truth("refused", 0, "refused", ("R160",), exit=1),
    ),
    Bad(
        "the connection's file is broken",
        _broken_file,
        Truth("done", 8, "broken", ("S101 S103",), exit=1),
    ),
    Bad(
        "two files have the connection's name",
        _duplicate,
        Truth("done", 8, "broken", ("C136 C136",), exit=1),
    ),
)
NIGHTS: Mapping[str, Bad] = {each.name: each for each in _ALL}
