"""The journal: what a call has written is there, whatever happens next."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.diagnostics import Refused, Span
from oneway.failures import Failure
from oneway.journal import End, Entry, Journal, RunStart, sqlite
from oneway.plan import Action, Allowance, Change, Ending, Verb
from oneway.sticking import Written
from oneway.traces import Traces

START = RunStart("acme", "d" * 64, "f" * 64, "2026-03-31T04:00:00Z", "2026-03-31T04:00:01Z", "me")
CANARY = "S3CRET-VALUE"
WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
from oneway.journal import End, Journal, RunStart
from oneway.plan import Action, Ending, Verb
journal = Journal.open(Path(sys.argv[1]))
run = journal.begin(RunStart("m", "d", "f", "a", "s", "b"))
for number in range(int(sys.argv[2])):
    action = Action(str(number), Verb.CREATE, "s", None, ())
    journal.intended(run, action, "token")
    print("intended", run, number, flush=True)
    journal.sent(run, action.id)
    print("sent", run, number, flush=True)
    journal.ended(run, action, End(Ending.DONE, "t"))
    print("ended", run, number, flush=True)
"""


def action(id: str, verb: Verb = Verb.UPDATE, target: str | None = "t1") -> Action:
    change = Change("name", CANARY, CANARY, "name", Span("m.yaml", 1, 1, 2))
    return Action(id, verb, f"source-{id}", target, (change,))


def started(path: Path, *arguments: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITES_UNTIL_KILLED, str(path), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True)


def pragma(journal: Journal, text: str) -> Any:
    with journal._connection.begin():
        return journal._connection.exec_driver_sql(f"PRAGMA {text}").scalar()


def refused(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        Journal.open(path)
    (found,) = caught.value.diagnostics
    assert found.help
    assert found.span.file in (str(path), repr(str(path)))
    return found.code


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal.open(path) as opened:
        yield opened


def test_an_action_is_followed_from_intent_to_end(journal: Journal) -> None:
    run = journal.begin(START)
    create = action("a", Verb.CREATE, target=None)
    journal.intended(run, create, "token")
    intended = Entry(run, "a", Verb.CREATE, "source-a", None, "token", False, None)
    assert journal.unsettled() == (intended,)
    journal.sent(run, "a")
    assert journal.unsettled()[0].sent
    journal.ended(run, create, End(Ending.UNKNOWN, None, "W101", "no answer"))
    assert journal.unsettled()[0].end == End(Ending.UNKNOWN, None, "W101", "no answer")
    journal.ended(run, create, End(Ending.DONE, "t9"))
    assert journal.unsettled() == ()
    assert journal.entries(run) == (
        Entry(run, "a", Verb.CREATE, "source-a", "t9", "token", True, End(Ending.DONE, "t9")),
    )


def test_an_action_that_was_never_intended_has_an_end_too(journal: Journal) -> None:
    run = journal.begin(START)
    journal.ended(run, action("a"), End(Ending.STALE, code="W101", reason="changed: name"))
    (entry,) = journal.entries(run)
    assert entry.end == End(Ending.STALE, "t1", "W101", "changed: name")
    assert not entry.sent
    assert journal.unsettled() == ()


@pytest.mark.parametrize("ending", [each for each in Ending if each is not Ending.UNKNOWN])
def test_an_end_is_final(journal: Journal, ending: Ending) -> None:
    run = journal.begin(START)
    journal.intended(run, action("a"), "token")
    journal.ended(run, action("a"), End(ending))
    for again in (
        lambda: journal.ended(run, action("a"), End(Ending.UNKNOWN)),
        lambda: journal.sent(run, "a"),
        lambda: journal.intended(run, action("a"), "token"),
    ):
        with pytest.raises(LookupError):
            again()
    assert [entry.end for entry in journal.entries(run)] == [End(ending, "t1")]


def traces(values: str, **fields: str) -> Traces:
    return Traces(values, fields)


def ended_in(journal: Journal, as_of: str, ending: Ending, found: Traces) -> None:
    """Journal one run of one action."""
    run = journal.begin(replace(START, as_of=as_of, connection="c"))
    journal.ended(run, action("a"), End(ending, None, "W105", f"said {as_of}"), found)
    journal.finish(run, {}, as_of)


def test_a_refusal_is_kept_until_it_heals(journal: Journal) -> None:
    ended_in(journal, "1", Ending.REJECTED, traces("v"))
    ended_in(journal, "2", Ending.REJECTED, traces("v"))
    assert journal.failures("c") == {"a": Failure("a", "v", "W105", "said 2", "1", "2", 2)}
    assert journal.failures("another connection") == {}
    ended_in(journal, "3", Ending.STALE, traces("v"))
    assert journal.failures("c")["a"].times == 2
    ended_in(journal, "4", Ending.REJECTED, traces("w"))
    assert journal.failures("c") == {"a": Failure("a", "w", "W105", "said 4", "4", "4", 1)}
    ended_in(journal, "5", Ending.DONE, traces("w"))
    assert journal.failures("c") == {}


def test_writes_are_counted_while_they_are_the_same(journal: Journal) -> None:
    ended_in(journal, "1", Ending.DONE, traces("v", name="x", team="y"))
    ended_in(journal, "2", Ending.REJECTED, traces("v", name="x", team="y"))
    ended_in(journal, "3", Ending.DONE, traces("v", name="x", team="z"))
    found = {("a", "name"): Written("x", 2), ("a", "team"): Written("z", 1)}
    assert journal.written("c") == found
    journal.forget_all_but("another connection", {})
    assert journal.written("c") == found
    journal.forget_all_but("c", {"a": ["name"], "b": ["team"]})
    assert journal.written("c") == {("a", "name"): Written("x", 2)}


def test_what_is_planned_no_more_is_forgotten(journal: Journal) -> None:
    ended_in(journal, "1", Ending.REJECTED, traces("v"))
    journal.forget_all_but("c", {"a": []})
    assert set(journal.failures("c")) == {"a"}
    journal.forget_all_but("c", {})
    assert journal.failures("c") == {}


def test_who_raised_a_ceiling_is_kept(journal: Journal) -> None:
    start = replace(START, allowed=(Allowance("leavers", 12, "ann"), Allowance("clears", 3, "bo")))
    journal.begin(start)
    assert journal.runs()[0].start == start


def test_a_plan_is_kept_with_its_run_and_what_it_was_derived_from(journal: Journal) -> None:
    run = journal.begin(START, "the plan \ud800", {"source": b"people" * 1000})
    journal.finish(run, {}, "later")
    assert journal.plan_of(run) == "the plan \ud800"
    assert journal.kept(run) == {
        "plan": b"the plan \xed\xa0\x80",
        "source": b"people" * 1000,
    }
    assert journal.kept(run, "source").keys() == {"source"}
    assert journal.unfinished() == ()
    assert journal.plan_of(journal.begin(START)) == ""


def test_what_is_written_at_once_is_there_whole_or_not_at_all(path: Path, journal: Journal) -> None:
    def fail_half_way() -> None:
        with journal.at_once():
            run = journal.begin(START)
            journal.ended(run, action("a"), End(Ending.DONE))
            journal.sent(run, "a")

    with pytest.raises(LookupError):
        fail_half_way()
    assert journal.runs() == ()
    with Journal.open(path) as other, journal.at_once():
        journal.begin(START)
        assert other.runs() == ()
    assert len(journal.runs()) == 1


def test_what_was_never_begun_is_a_mistake_of_the_program(journal: Journal) -> None:
    for call in (
        lambda: journal.intended(7, action("a"), "token"),
        lambda: journal.sent(7, "a"),
        lambda: journal.ended(7, action("a"), End(Ending.DONE)),
        lambda: journal.finish(7, {}, "later"),
    ):
        with pytest.raises(LookupError):
            call()


def test_runs_are_listed_newest_first(journal: Journal) -> None:
    first, second = journal.begin(START), journal.begin(START)
    journal.finish(second, {"done": 3, "rejected": 0}, "2026-03-31T04:01:00Z")
    runs = journal.runs()
    assert [(run.id, run.start, run.ended) for run in runs] == [
        (second, START, "2026-03-31T04:01:00Z"),
        (first, START, None),
    ]
    assert runs[0].counts == {"done": 3, "rejected": 0}
    assert [run.id for run in journal.runs(limit=1)] == [second]


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=5), min_size=6, max_size=6))
@settings(max_examples=25)
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, odd: list[str]) -> None:
    with Journal.open(tmp_path_factory.mktemp("j") / "journal.db") as journal:
        run = journal.begin(RunStart(*odd))
        strange = Action(odd[0], Verb.LEAVE, odd[1], odd[2], ())
        journal.intended(run, strange, odd[3])
        end = End(Ending.UNKNOWN, odd[2], odd[4], odd[5])
        journal.ended(run, strange, end)
        expected = Entry(run, odd[0], Verb.LEAVE, odd[1], odd[2], odd[3], False, end)
        assert journal.unsettled() == (expected,)
        assert journal.runs()[0].start == RunStart(*odd)


def test_no_value_of_a_field_is_in_any_file(tmp_path: Path, journal: Journal) -> None:
    run = journal.begin(START)
    journal.intended(run, action("a"), "token")
    journal.ended(run, action("a"), End(Ending.DONE))
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"source-a" in content
    assert CANARY.encode() not in content


def test_the_files_are_private(tmp_path: Path, path: Path) -> None:
    old = os.umask(0)
    try:
        with Journal.open(path) as journal:
            journal.begin(START)
            modes = {file.name: file.stat().st_mode & 0o7777 for file in tmp_path.iterdir()}
    finally:
        os.umask(old)
    assert modes == dict.fromkeys(("journal.db", "journal.db-shm", "journal.db-wal"), 0o600)
    assert os.listdir(tmp_path) == ["journal.db"]


def test_every_write_is_a_full_commit(path: Path, journal: Journal) -> None:
    """Another connection sees each step at once, and the settings that make it last are on."""
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    for name, value in pragmas.items():
        assert pragma(journal, name) == value
    assert not journal._connection.in_transaction()
    with Journal.open(path) as other:
        run = journal.begin(START)
        journal.intended(run, action("a"), "token")
        assert len(other.unsettled()) == 1
        other.ended(run, action("a"), End(Ending.DONE))
        assert journal.unsettled() == ()


@pytest.mark.parametrize("lines", [1, 2, 5, 12])
def test_what_was_acknowledged_survives_sigkill(path: Path, lines: int) -> None:
    with started(path, "100000") as process:
        assert process.stdout is not None
        said = [process.stdout.readline().split() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += [line.split() for line in process.stdout]
    with Journal.open(path) as journal:
        (run,) = journal.runs()
        held = {entry.action_id: entry for entry in journal.entries(run.id)}
        assert run.ended is None
        assert len(journal.unsettled()) <= 1
    for step, _, number in (line for line in said if len(line) == 3):
        entry = held[number]
        assert entry.sent or step == "intended"
        assert entry.end == End(Ending.DONE, "t") or step != "ended"


def test_processes_that_start_at_once_share_one_journal(path: Path) -> None:
    processes = [started(path, "8") for _ in range(5)]
    output = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 5
    runs = {text.split()[1] for text in output}
    with Journal.open(path) as journal:
        assert {str(run.id) for run in journal.runs()} == runs
        assert [len(journal.entries(int(run))) for run in runs] == [8] * 5
    assert os.listdir(path.parent) == ["journal.db"]


def test_threads_may_share_a_journal(journal: Journal) -> None:
    run = journal.begin(START)

    def one(number: int) -> None:
        journal.intended(run, action(str(number)), "token")
        journal.ended(run, action(str(number)), End(Ending.DONE))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(40)))
    assert len(journal.entries(run)) == 40
    assert journal.unsettled() == ()


def test_a_full_disk_is_refused_and_what_was_written_stays(path: Path, journal: Journal) -> None:
    run = journal.begin(START)
    pragma(journal, f"max_page_count = {pragma(journal, 'page_count') + 2}")
    written = 0

    def fill() -> None:
        nonlocal written
        while written < 1000:
            journal.intended(run, action(f"{written:05}" * 20), "token")
            written += 1

    with pytest.raises(Refused, match=r"F112") as caught:
        fill()
    assert "full" in caught.value.diagnostics[0].summary
    with Journal.open(path) as other:
        assert len(other.unsettled()) == written > 0


def test_a_journal_in_use_is_refused(
    path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with Journal.open(path) as other, pytest.raises(Refused, match="F113"):
        other.begin(START)
    holder.execute("ROLLBACK")
    holder.close()
    journal.begin(START)


@pytest.mark.parametrize(
    "content", [b"", b"x", b"not a database" * 300, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_what_is_no_journal_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    assert refused(path) == "F110"
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.close()
    path.chmod(0o600)
    assert refused(path) == "F110"


@given(st.data())
@settings(max_examples=60)
def test_a_spoiled_journal_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("j") / "journal.db"
    with Journal.open(path) as journal:
        run = journal.begin(START)
        for number in range(5):
            journal.intended(run, action(str(number)), "token")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        with Journal.open(path) as journal:
            journal.runs()
            journal.unsettled()
            journal.intended(journal.begin(START), action("new"), "token")
    except Refused as refusal:
        assert {d.code for d in refusal.diagnostics} <= {"F110", "F111", "F112"}  # noqa: PT017


@pytest.mark.parametrize("bits", [0o640, 0o606])
def test_a_journal_that_others_may_use_is_refused(path: Path, bits: int) -> None:
    Journal.open(path).close()
    path.chmod(bits)
    assert refused(path) == "F103"


def test_a_journal_that_can_be_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert refused(tmp_path / "folder") == "F103"
    assert refused(tmp_path / "none" / "journal.db") == "F112"
    assert refused(tmp_path / "file" / "journal.db") == "F112"
    assert refused(tmp_path / "nul\0") == "F110"
