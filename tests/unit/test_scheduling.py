"""Parts of the scheduler by themselves: decisions, the folder, what is listened to, metrics."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oneway.connections.connection import Schedule
from oneway.connections.folder import Found, found_at
from oneway.connections.schedule import Due, next_due
from oneway.core.diagnostics import Refused
from oneway.history.journal import Journal, RunStart, Why
from oneway.history.journal.schedule_claims import ClaimedDue, ScheduleStatus
from oneway.history.schedule_policy import TRIES, Step, is_late, next_run, pause, step
from oneway.scheduling.folder import Folder
from oneway.scheduling.health_state import HealthState
from oneway.scheduling.http_server import Address, address
from oneway.scheduling.log import EventLog, counted
from oneway.scheduling.metrics import metrics
from oneway.scheduling.owner import may_live, signature

FOUR = datetime(2026, 11, 24, 4, tzinfo=UTC)
DUE = Due(FOUR, FOUR + timedelta(minutes=3))
TEXT = "2026-11-24T04:00:00Z"
BEFORE, AFTER = "2026-11-23T04:00:00Z", "2026-11-25T04:00:00Z"


@pytest.mark.parametrize(
    ("due", "standing", "expected"),
    [
        (None, ScheduleStatus(BEFORE), Step.REST),
        (DUE, ScheduleStatus(BEFORE), Step.BEGIN),
        (DUE, ScheduleStatus(TEXT), Step.REST),  # first seen at four, or later
        (DUE, ScheduleStatus(AFTER), Step.REST),
        (DUE, ScheduleStatus(BEFORE, ClaimedDue("a", BEFORE, BEFORE, "x", BEFORE)), Step.BEGIN),
        (DUE, ScheduleStatus(BEFORE, ClaimedDue("a", BEFORE, BEFORE, "x")), Step.BEGIN),
        (DUE, ScheduleStatus(BEFORE, ClaimedDue("a", TEXT, TEXT, "x")), Step.TAKE_OVER),
        (DUE, ScheduleStatus(BEFORE, ClaimedDue("a", TEXT, TEXT, "x", TEXT)), Step.REST),
        (
            DUE,
            ScheduleStatus(BEFORE, ClaimedDue("a", AFTER, AFTER, "x")),
            Step.REST,
        ),  # the clock went back
    ],
)
def test_what_a_due_asks_for(due: Due | None, standing: ScheduleStatus, expected: Step) -> None:
    assert step(due, standing) is expected


DAILY = Schedule("0 4 * * *", spread=timedelta(hours=1))
EARLY, LATE = FOUR + timedelta(minutes=1), FOUR + timedelta(hours=2)


@pytest.mark.parametrize(
    ("now", "last", "days"),
    [
        (EARLY, None, 0),
        (LATE, None, 0),  # nobody has run it yet
        (LATE, ClaimedDue("acme", TEXT, TEXT, "x", starts=1), 0),  # its process was killed
        (LATE, ClaimedDue("acme", TEXT, TEXT, "x", starts=TRIES), 1),  # it is given up
        (LATE, ClaimedDue("acme", TEXT, TEXT, "x", TEXT), 1),
        (EARLY, ClaimedDue("acme", TEXT, TEXT, "x", TEXT), 1),  # `run-due` ran it at four
        (EARLY, ClaimedDue("acme", TEXT, TEXT, "x", starts=1), 0),
        (EARLY, ClaimedDue("acme", AFTER, AFTER, "x", AFTER), 2),  # the clock was ahead
    ],
)
def test_the_next_run_is_the_one_that_a_scheduler_begins(
    now: datetime, last: ClaimedDue | None, days: int
) -> None:
    share = next_due(DAILY, "acme", FOUR - timedelta(hours=3)).at - FOUR  # type: ignore[union-attr]
    assert timedelta(minutes=1) < share < timedelta(hours=1)
    due = FOUR + timedelta(days=days)
    assert next_run(DAILY, "acme", ScheduleStatus(BEFORE, last), now) == Due(due, due + share)


def test_pauses_grow_and_lateness_counts_from_the_runs_own_instant() -> None:
    assert [pause(starts) for starts in range(1, 5)] == sorted(pause(n) for n in range(1, 5))
    assert not is_late(DUE, DUE.at + timedelta(minutes=5))
    assert is_late(DUE, DUE.at + timedelta(minutes=5, seconds=1))


def test_who_may_live() -> None:
    ours = signature("2026-11-24T04:00:00Z")
    host, _, rest = ours.partition(" ")
    assert not may_live(ours, ours)
    assert may_live(f"elsewhere {rest}", ours)
    assert not may_live(f"{host} {os.getpid()} earlier", ours)  # our number, before we had it
    assert may_live(f"{host} {os.getppid()} earlier", ours)
    assert not may_live(f"{host} 999999999 earlier", ours)
    assert not may_live(f"{host} nonsense", ours)


def connection(folder: Path, name: str, **keys: object) -> Path:
    path = folder / f"{name}.yaml"
    data = {"oneway_connection": 1, "name": name, "mapping": "m.yaml", **keys}
    path.write_text(json.dumps(data))
    return path


def test_a_folder_says_what_is_new(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    acme = connection(tmp_path, "acme")
    assert folder.look().added == ("acme",)
    changes = folder.look()
    assert (changes.added, changes.changed, changes.removed, changes.broken) == ((), (), (), ())
    beta = connection(tmp_path, "beta", schedule="never")
    connection(tmp_path, "acme", schedule="never")
    changes = folder.look()
    assert (changes.added, changes.changed) == (("beta",), ("acme",))
    beta.write_text("oneway_connection: 1\nname: beta\n")
    changes = folder.look()
    assert changes.removed == ("beta",)
    assert [each.file for each in changes.broken] == [str(beta)]
    assert list(folder.connections) == ["acme"]
    beta.unlink()
    acme.unlink()
    changes = folder.look()
    assert (changes.removed, changes.mended) == (("acme",), (str(beta),))


def test_only_a_file_that_has_changed_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def seen(path: str) -> Found | None:
        read.append(Path(path).stem)
        return found_at(path)

    monkeypatch.setattr("oneway.scheduling.folder.found_at", seen)
    folder = Folder(tmp_path)
    for name in ("acme", "beta", "gamma"):
        connection(tmp_path, name)
    folder.look()
    connection(tmp_path, "beta", schedule="never")
    assert folder.look().changed == ("beta",)
    (tmp_path / "acme.yaml").unlink()
    folder.look()
    connection(tmp_path, "acme")
    assert folder.look().added == ("acme",)
    assert read == ["acme", "beta", "gamma", "beta", "acme"]


def test_two_of_one_name_are_both_refused_until_one_is_gone(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    connection(tmp_path, "acme")
    folder.look()
    other = tmp_path / "other.yaml"
    other.write_text((tmp_path / "acme.yaml").read_text())
    changes = folder.look()
    assert (changes.removed, len(changes.broken)) == (("acme",), 2)
    other.unlink()
    assert folder.look().added == ("acme",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:9108", Address("127.0.0.1", 9108)),
        ("localhost:0", Address("127.0.0.1", 0)),
        ("[::1]:9108", Address("::1", 9108)),
        ("127.0.0.2:1", Address("127.0.0.2", 1)),
    ],
)
def test_addresses_of_this_machine(text: str, expected: Address) -> None:
    assert address(text) == expected


@pytest.mark.parametrize("text", ["", ":9108", "9108", "0.0.0.0:1", "[::]:1", "10.0.0.1:1", "a:b"])
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(Refused, match="U120"):
        address(text)


def test_metrics_count_each_run_once_when_it_has_ended(tmp_path: Path) -> None:
    def start(name: str) -> RunStart:
        return RunStart("m", "d", "f", TEXT, TEXT, "me", name, why=Why.SCHEDULE)

    with Journal.open(tmp_path / "journal.db") as journal:
        text = metrics(lambda: journal, HealthState())
        going_on = journal.begin(start("acme"))
        for _ in range(3):
            journal.finish(journal.begin(start("beta")), {"done": 2, "rejected": 1}, TEXT)
        assert b'oneway_runs_total{connection="acme"' not in text()
        journal.finish(going_on, {"done": 5}, "2026-11-24T04:01:30Z")
        text()
        found = text().decode()
    assert 'oneway_runs_total{connection="acme",state="done"} 1.0' in found
    assert 'oneway_runs_total{connection="beta",state="done_with_failures"} 3.0' in found
    assert 'oneway_actions_total{connection="beta",ending="rejected"} 3.0' in found
    assert 'oneway_last_run_duration_seconds{connection="acme"} 90.0' in found
    assert 'oneway_last_success_timestamp_seconds{connection="beta"}' not in found


def test_without_the_store_the_metrics_say_so(tmp_path: Path) -> None:
    board = HealthState(trouble="the store is gone")
    (tmp_path / "journal.db").write_text("none")
    found = metrics(lambda: Journal.open(tmp_path / "journal.db"), board)().decode()
    assert "oneway_up 0.0" in found
    assert "oneway_runs_total" not in found


def test_a_line_of_the_log_is_one_line() -> None:
    lines: list[str] = []
    EventLog(lines.append, lambda: FOUR).say("run", "a\nforged line\x1b[31m", connection="acme")
    EventLog(lines.append, lambda: FOUR, json=True).say("run", "a\nb", connection="acme", late=None)
    assert lines == [
        "2026-11-24T04:00:00Z acme: a\\nforged line\\x1b[31m\n",
        '{"at": "2026-11-24T04:00:00Z", "connection": "acme", "event": "run", "text": "a\\nb"}\n',
    ]
    assert counted({"done": 3, "held": 0, "rejected": 1}, "held") == "3 done, 1 rejected"
    assert counted({}, "done") == "nothing to do"
    assert (
        counted({}, "refused")
        == counted({"done": 0}, "done_with_failures")
        == "nothing was written"
    )
