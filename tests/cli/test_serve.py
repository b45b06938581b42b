"""`oneway serve`: real processes, real signals, and a clock that is put to 04:00."""

import json
import os
import re
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cli_world import World
from night import Night, Scheduler, until
from test_interruption import HELD_BACK, MAPPING, Running, running

from oneway.history.journal import Journal, RunState
from patience import PATIENCE

__all__ = ["running"]  # a fixture

NEXT = "next due 2026-11-24T04:00:00Z"


@pytest.fixture
def night(tmp_path: Path) -> Night:
    found = Night(tmp_path)
    found.set_clock("2026-11-24T03:59:00")
    return found


def test_at_four_it_runs_once_whoever_is_killed(night: Night) -> None:
    night.add("acme")
    with night.scheduler() as first:
        first.says(f"acme: connections/acme.yaml, {NEXT}")
        first.process.kill()
    # Nobody is there at four.
    night.set_clock("2026-11-24T04:00:01")
    with night.scheduler() as second:
        second.says("acme: done: 3 done (run 1)")
        second.process.kill()
    with night.scheduler() as third, night.scheduler() as fourth:
        for each in (third, fourth):
            each.says("next due 2026-11-25T04:00:00Z")
        night.set_clock("2026-11-24T23:00:00")
        night.add("late")  # once this is seen, the loop has looked around
        for each in (third, fourth):
            each.says("late: connections/late.yaml")
    (run,) = night.runs()
    assert run.state is RunState.DONE
    due = night.last_due("acme")
    assert due is not None
    assert (due.due, due.outcome) == ("2026-11-24T04:00:00Z", "done")


def test_at_four_two_of_them_run_each_connection_once(night: Night) -> None:
    names = [f"customer-{number}" for number in range(6)]
    for name in names:
        night.add(name)
    with night.scheduler() as first, night.scheduler() as second:
        for each in (first, second):
            each.says(*(f"{name}: connections/" for name in names))
        night.set_clock("2026-11-24T04:00:00")
        until(
            lambda: len([each for each in night.runs() if each.ended]) >= len(names),
            lambda: first.said + second.said,
        )
        for each in (first, second):
            each.process.send_signal(signal.SIGTERM)
            assert each.ends() == 0
    ran = sorted(each.start.connection for each in night.runs())
    assert ran == names, first.said + second.said


def test_stopped_from_three_to_five_it_runs_once_and_late(night: Night) -> None:
    night.add("acme")
    night.set_clock("2026-11-23T02:59:00")
    with night.scheduler() as before:
        before.says("acme: ")
        before.process.send_signal(signal.SIGTERM)
        assert before.ends() == 0
    night.set_clock("2026-11-26T05:00:00")  # two more nights were missed
    with night.scheduler() as after:
        after.says("was due 2026-11-26T04:00:00Z, and runs now", "acme: done")
        after.process.send_signal(signal.SIGINT)
        assert after.ends() == 0
    assert len(night.runs()) == 1
    due = night.last_due("acme")
    assert due is not None
    assert due.outcome == "done late"


@pytest.fixture
def held_back(running: Running, world: World) -> Night:
    """A night with a connection whose third write is not answered until the test says so."""
    found = Night(world.folder, running.variables)
    found.connect("slow", str(MAPPING.relative_to(Path(MAPPING.anchor))))
    (world.folder / "connections" / "slow.yaml").write_text(
        json.dumps(
            {
                "oneway_connection": 1,
                "name": "slow",
                "mapping": str(MAPPING),
                # The write that is held back is the only one in flight.
                "target": {"concurrency": 1},
                "schedule": {"cron": "0 4 * * *", "spread": "0s"},
            }
        )
    )
    found.set_clock("2026-11-24T03:59:00")
    return found


def child_of(scheduler: Scheduler, log: str) -> int:
    """Return the pid of the run that holds a lock."""
    holders = list((scheduler.log.parent / ".oneway" / "locks").glob(f"{log}*.holder"))
    return int(json.loads(holders[0].read_text())["process"])


def test_a_run_that_is_killed_harms_no_other_and_is_begun_again(
    held_back: Night, running: Running
) -> None:
    held_back.add("other")
    with held_back.scheduler() as serving:
        serving.says("slow: connections", "other: connections")
        held_back.set_clock("2026-11-24T04:00:00")
        assert running.target.reached.wait(PATIENCE)
        os.kill(child_of(serving, "due-slow"), signal.SIGKILL)
        serving.says("other: done", "slow: its process was ended by SIGKILL; again in 30 s")
        running.target.released.set()
        held_back.set_clock("2026-11-24T04:01:00")
        text = serving.says("slow: done")
    assert len(held_back.runs("other")) == 1
    # The interrupted run was settled, not doubled: each action was sent once.
    done = sum(each.counts.get("done", 0) for each in held_back.runs("slow"))
    assert running.target.writes == done
    assert "Traceback" not in text


def test_sigterm_lets_the_write_in_flight_end_and_a_restart_goes_on(
    held_back: Night, running: Running
) -> None:
    with held_back.scheduler() as serving:
        serving.says("slow: connections")
        held_back.set_clock("2026-11-24T04:00:00")
        assert running.target.reached.wait(PATIENCE)
        serving.process.send_signal(signal.SIGTERM)
        serving.says("1 running; once more ends at once")
        running.target.released.set()
        assert serving.ends() == 0
    due = held_back.last_due("slow")
    assert due is not None
    assert due.ended is None
    assert running.target.writes == HELD_BACK
    with held_back.scheduler() as again:
        again.says("slow: done")
    assert running.target.writes == sum(r.counts.get("done", 0) for r in held_back.runs("slow"))


def test_the_second_signal_ends_at_once(held_back: Night, running: Running) -> None:
    with held_back.scheduler() as serving:
        serving.says("slow: connections")
        held_back.set_clock("2026-11-24T04:00:00")
        assert running.target.reached.wait(PATIENCE)
        serving.process.send_signal(signal.SIGINT)
        serving.says("once more ends at once")
        serving.process.send_signal(signal.SIGINT)
        assert serving.ends() == 130
        assert not running.target.released.is_set()


def answer(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as found:
            return found.status, found.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_health_metrics_and_files_that_change(night: Night) -> None:
    night.add("acme")
    broken = night.folder / "connections" / "broken.yaml"
    broken.write_text("oneway_connection: 1\nname: broken\nschedule: {cron: nonsense}\n")
    with night.scheduler("serve", "--listen", "127.0.0.1:0") as serving:
        said = serving.says("acme: connections/acme.yaml", "connections/broken.yaml")
        url = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert url is not None
        night.set_clock("2026-11-24T04:00:00")
        serving.says("acme: done")
        status, text = answer(f"{url[0]}/healthz")
        assert (status, json.loads(text)["broken"]) == (200, ["connections/broken.yaml"])
        _, text = answer(f"{url[0]}/metrics")
        assert 'oneway_runs_total{connection="acme",state="done"} 1.0' in text
        assert 'oneway_actions_total{connection="acme",ending="done"} 3.0' in text
        assert 'oneway_last_success_timestamp_seconds{connection="acme"} 1.79549' in text
        assert 'oneway_next_due_timestamp_seconds{connection="acme"}' in text
        assert answer(f"{url[0]}/else")[0] == 404
        night.connect("broken", "acme-mapping.yaml", schedule="never")
        (night.folder / "connections" / "acme.yaml").unlink()
        serving.says(
            "is no longer broken", "acme: is gone", "broken: connections/broken.yaml, never"
        )
        wrong = [line[20:] for line in serving.said.splitlines() if "broken.yaml:" in line]
        assert len(wrong) == len(set(wrong))  # said once, not at every look
        # A store of a newer version, while it runs: said, and tried again.
        with Journal.open(night.folder / ".oneway" / "journal.db"):
            pass
        (night.folder / ".oneway" / "journal.db").rename(night.folder / "kept.db")
        (night.folder / ".oneway" / "journal.db").write_text("no journal")
        (night.folder / ".oneway" / "journal.db").chmod(0o600)
        serving.says("F110")
        status, text = answer(f"{url[0]}/healthz")
        assert status == 503
        assert "F110" in json.loads(text)["trouble"]
        (night.folder / "kept.db").replace(night.folder / ".oneway" / "journal.db")
        serving.says("can be used again")
        assert answer(f"{url[0]}/healthz")[0] == 200


def test_what_it_refuses_at_the_start(world: World) -> None:
    world.folder.joinpath("connections").mkdir()
    for address in (
        "0.0.0.0:9108",
        "192.0.2.1:80",
        "127.0.0.1",
        "example.com:1",
        "127.0.0.1:99999",
    ):
        ended = world.run("serve", "--listen", address)
        assert (ended.code, "U120" in ended.err) == (1, True)
    ended = world.run("serve", "nowhere", "--listen", "off")
    assert (ended.code, "F120" in ended.err) == (1, True)
    world.folder.joinpath(".oneway").mkdir(mode=0o700)
    world.write(".oneway/journal.db", "no journal").chmod(0o600)
    ended = world.run("serve", "--listen", "off")
    assert (ended.code, "F110" in ended.err) == (1, True)


def test_a_run_that_takes_too_long_is_stopped_and_begun_again(
    held_back: Night, running: Running
) -> None:
    with held_back.scheduler("serve", "--listen", "off", "--max-run", "1s") as serving:
        serving.says("slow: connections")
        held_back.set_clock("2026-11-24T04:00:00")
        serving.says("slow: takes longer than 0:00:01, and is asked to stop")
        running.target.released.set()
        serving.says("slow: it took longer than 0:00:01; again in 30 s")
    done = sum(each.counts.get("done", 0) for each in held_back.runs("slow"))
    assert running.target.writes >= done
