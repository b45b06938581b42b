"""`oneway run-due`: what is due is run, once, and then it ends."""

import json
from pathlib import Path

import pytest
from night import Night


@pytest.fixture
def night(tmp_path: Path) -> Night:
    found = Night(tmp_path)
    found.set_clock("2026-11-23T12:00:00")
    return found


def test_what_is_due_is_run_once(night: Night) -> None:
    night.add("acme", schedule={"cron": "0 4 * * *", "spread": "2h"})
    night.add("never", schedule="never")
    first = night.run("run-due")
    assert first.ends() == 0
    assert "nothing was due" in first.said
    night.set_clock("2026-11-24T04:00:00")  # the spread is for those who stay up
    second = night.run("run-due", "--format", "json")
    assert second.ends() == 0
    due = {"connection": "acme", "due": "2026-11-24T04:00:00Z", "run": 1, "state": "done"}
    assert json.loads(second.out) == [due]
    third = night.run("run-due", "--log-format", "json")
    assert "nothing was due" in third.said
    assert [each.start.connection for each in night.runs()] == ["acme"]


def test_a_dry_run_lists_and_writes_nothing(night: Night) -> None:
    night.add("acme")
    night.add("never", schedule="never")
    listed = night.run("run-due", "--dry-run")
    assert listed.out.splitlines() == [
        "CONNECTION          STATE             DUE                   NEXT",
        "acme                not seen before                         2026-11-24 04:00 UTC",
        "never               never",
    ]
    assert max(map(len, listed.out.splitlines())) <= 80
    assert not (night.folder / ".oneway" / "journal.db").exists()
    night.run("run-due")
    night.set_clock("2026-11-24T05:00:00")
    listed = night.run("run-due", "--dry-run", "--format", "json")
    acme, never = json.loads(listed.out)["connections"]
    assert acme == {
        "connection": "acme",
        "state": "due now",
        "due": "2026-11-24T04:00:00Z",
        "next": "2026-11-25T04:00:00Z",
    }
    assert never["state"] == "never"
    assert night.runs() == ()


def test_it_ends_with_the_worst_of_its_runs_and_the_others_run(night: Night) -> None:
    night.add("acme")
    night.add("empty")
    (night.folder / "people-empty.json").write_text("[]")
    (night.folder / "connections" / "broken.yaml").write_text("oneway_connection: 1\nname: 7\n")
    assert night.run("run-due").ends() == 1  # the broken one
    (night.folder / "connections" / "broken.yaml").unlink()
    night.set_clock("2026-11-24T05:00:00")
    ended = night.run("run-due")
    assert ended.ends() == 1
    assert "was due 2026-11-24T04:00:00Z, and runs now" in ended.said
    assert "acme: done: 3 done" in ended.said
    assert "empty: refused" in ended.said
    assert "[R160]" in ended.said
    assert "ran: 1 done, 1 refused" in ended.said
    due = night.last_due("empty")
    assert due is not None
    assert due.outcome == "refused late"
    assert night.run("run-due").ends() == 0  # that was its run, until the next due


def test_a_guard_ends_with_its_exit_code(night: Night) -> None:
    night.add("acme", people=30, guards={"creates": {"share": 0, "floor": 2}})
    night.run("run-due")
    night.set_clock("2026-11-24T04:00:00")
    ended = night.run("run-due")
    assert ended.ends() == 4
    assert "acme: held: 30 held" in ended.said


def test_a_due_that_waits_is_told_alike_whoever_is_asked(night: Night) -> None:
    """After a run by hand, the list said "not seen before", and `status` named the next night."""
    night.add("acme")
    assert night.run("sync", "acme").ends() == 0
    night.set_clock("2026-11-24T05:00:00")
    (row,) = json.loads(night.run("run-due", "--dry-run", "--format", "json").out)["connections"]
    assert (row["state"], row["due"]) == ("due now", "2026-11-24T04:00:00Z")
    told = night.run("status", "--format", "json")
    assert json.loads(told.out)["connections"][0]["next"] == "2026-11-24T04:00:00Z"
    shown = " ".join(night.run("status").out.split())
    assert "due since 2026-11-24 04:00 UTC, waits for `oneway serve` or `run-due`" in shown
    assert night.run("run-due").ends() == 0
    shown = night.run("status").out
    assert "next 2026-11-25 04:00 UTC" in " ".join(shown.split())
