"""The journal: what a call has written is there, whatever happens next."""

import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept import START, action, started

from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.history.backoff import PastFailure
from oneway.history.digests import ValueDigests
from oneway.history.flapping import RepeatedWrite
from oneway.history.journal import Breached, End, Journal, JournalEntry, RunStart, RunState, Why
from oneway.history.journal.packed import packed
from oneway.planning.endings import Ending
from oneway.planning.plan import Action, Verb
from oneway.planning.plan_inputs import Allowance
from patience import PATIENCE


def test_an_action_is_followed_from_intent_to_end(journal: Journal) -> None:
    run = journal.begin(START)
    create = action("a", Verb.CREATE, target=None)
    journal.intended(run, create, "token")
    intended = JournalEntry(run, "a", Verb.CREATE, "source-a", None, "token", False, None)
    assert journal.unsettled() == (intended,)
    journal.sent(run, "a")
    assert journal.unsettled()[0].sent
    journal.ended(run, create, End(Ending.UNKNOWN, None, "W101", "no answer"))
    assert journal.unsettled()[0].end == End(Ending.UNKNOWN, None, "W101", "no answer")
    journal.ended(run, create, End(Ending.DONE, "t9"))
    assert journal.unsettled() == ()
    assert journal.entries(run) == (
        JournalEntry(
            run, "a", Verb.CREATE, "source-a", "t9", "token", True, End(Ending.DONE, "t9")
        ),
    )


def test_an_action_that_was_never_intended_has_an_end_too(journal: Journal) -> None:
    run = journal.begin(START)
    journal.ended(run, action("a"), End(Ending.STALE, code="W101", reason="changed: name"))
    (entry,) = journal.entries(run)
    assert entry.end == End(Ending.STALE, "t1", "W101", "changed: name")
    assert not entry.sent
    assert journal.unsettled() == ()


WITHHELD = [each for each in Ending if each.withheld]
FINAL = [each for each in Ending if not each.withheld and each is not Ending.UNKNOWN]


@pytest.mark.parametrize("ending", WITHHELD)
def test_what_was_withheld_may_be_sent_by_the_same_run(journal: Journal, ending: Ending) -> None:
    """An interrupted run that is resumed may find the guard content, or the system answering."""
    run = journal.begin(START)
    withheld = End(ending, None, "W101", "why", ("leavers",), "2026-12-01")
    journal.ended(run, action("a"), withheld)
    (entry,) = journal.entries(run)
    assert (entry.end, entry.sent, entry.token) == (replace(withheld, target_id="t1"), False, "")
    assert journal.unsettled() == ()
    assert journal.counts(run) == {ending.value: 1}
    journal.intended(run, action("a"), "token")
    (entry,) = journal.unsettled()
    assert (entry.end, entry.token) == (None, "token")
    journal.sent(run, "a")
    journal.ended(run, action("a"), End(Ending.DONE))
    assert journal.entries(run)[0].end == End(Ending.DONE, "t1")


@pytest.mark.parametrize("ending", FINAL)
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


def traces(values: str, **fields: str) -> ValueDigests:
    return ValueDigests(values, fields)


def ended_in(journal: Journal, as_of: str, ending: Ending, found: ValueDigests) -> None:
    """Journal one run of one action."""
    run = journal.begin(replace(START, as_of=as_of, connection="c"))
    journal.ended(run, action("a"), End(ending, None, "W105", f"said {as_of}"), found)
    journal.finish(run, {}, as_of)


def test_a_refusal_is_kept_until_it_heals(journal: Journal) -> None:
    ended_in(journal, "1", Ending.REJECTED, traces("v"))
    ended_in(journal, "2", Ending.REJECTED, traces("v"))
    assert journal.failures("c") == {"a": PastFailure("a", "v", "W105", "said 2", "1", "2", 2)}
    assert journal.failures("another connection") == {}
    ended_in(journal, "3", Ending.STALE, traces("v"))
    assert journal.failures("c")["a"].times == 2
    ended_in(journal, "4", Ending.REJECTED, traces("w"))
    assert journal.failures("c") == {"a": PastFailure("a", "w", "W105", "said 4", "4", "4", 1)}
    ended_in(journal, "5", Ending.DONE, traces("w"))
    assert journal.failures("c") == {}


def test_writes_are_counted_while_they_are_the_same(journal: Journal) -> None:
    ended_in(journal, "1", Ending.DONE, traces("v", name="x", team="y"))
    ended_in(journal, "2", Ending.REJECTED, traces("v", name="x", team="y"))
    ended_in(journal, "3", Ending.DONE, traces("v", name="x", team="z"))
    found = {("a", "name"): RepeatedWrite("x", 2), ("a", "team"): RepeatedWrite("z", 1)}
    assert journal.written("c") == found
    journal.forget_all_but("another connection", {})
    assert journal.written("c") == found
    journal.forget_all_but("c", {"a": ["name"], "b": ["team"]})
    assert journal.written("c") == {("a", "name"): RepeatedWrite("x", 2)}


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
    run = journal.begin(
        START, packed((b"the plan ", b"\xed\xa0\x80")), {"source": b"people" * 1000}
    )
    journal.finish(run, {}, "later")
    assert journal.plan_of(run) == "the plan \ud800"
    assert journal.stored_data(run) == {
        "plan": b"the plan \xed\xa0\x80",
        "source": b"people" * 1000,
    }
    assert journal.stored_data(run, "source").keys() == {"source"}
    assert journal.unfinished() == ()
    assert journal.plan_of(journal.begin(START)) == ""


def test_what_is_written_at_once_is_there_whole_or_not_at_all(
    where: Path | str, journal: Journal
) -> None:
    def fail_half_way() -> None:
        with journal.at_once():
            run = journal.begin(START)
            journal.ended(run, action("a"), End(Ending.DONE))
            journal.sent(run, "a")

    with pytest.raises(LookupError):
        fail_half_way()
    assert journal.runs() == ()
    with Journal.open(where) as other, journal.at_once():
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
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back(journal: Journal, odd: list[str]) -> None:
    run = journal.begin(
        RunStart(*odd),
        packed((odd[0].encode(errors="surrogatepass"),)),
        {odd[1] or "x": b"y"} if odd[1] != "plan" else {},
    )
    strange = Action(odd[0], Verb.LEAVE, odd[1], odd[2], ())
    journal.intended(run, strange, odd[3])
    end = End(Ending.UNKNOWN, odd[2], odd[4], odd[5])
    journal.ended(run, strange, end)
    expected = JournalEntry(run, odd[0], Verb.LEAVE, odd[1], odd[2], odd[3], False, end)
    assert journal.entries(run) == (expected,)
    assert expected in journal.unsettled()
    assert journal.runs()[0].start == RunStart(*odd)
    assert journal.plan_of(run) == odd[0]


def test_threads_may_share_a_journal(journal: Journal) -> None:
    run = journal.begin(START)

    def one(number: int) -> None:
        journal.intended(run, action(str(number)), "token")
        journal.ended(run, action(str(number)), End(Ending.DONE))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(40)))
    assert len(journal.entries(run)) == 40
    assert journal.unsettled() == ()


@pytest.mark.parametrize("lines", [1, 2, 5])
def test_what_was_acknowledged_survives_sigkill(where: Path | str, lines: int) -> None:
    with started(where, "100000") as process:
        assert process.stdout is not None
        said = [process.stdout.readline().split() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += [line.split() for line in process.stdout]
    with Journal.open(where) as journal:
        (run,) = journal.runs()
        held = {entry.action_id: entry for entry in journal.entries(run.id)}
        assert run.ended is None
        assert len(journal.unsettled()) <= 1
    for step, _, number in (line for line in said if len(line) == 3):
        entry = held[number]
        assert entry.sent or step == "intended"
        assert entry.end == End(Ending.DONE, "t") or step != "ended"


def test_processes_that_start_at_once_share_one_journal(where: Path | str) -> None:
    processes = [started(where, "8") for _ in range(3)]
    output = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 3
    runs = {text.split()[1] for text in output}
    with Journal.open(where) as journal:
        assert {str(run.id) for run in journal.runs()} == runs
        assert [len(journal.entries(int(run))) for run in runs] == [8] * 3


def test_how_a_run_stands(journal: Journal) -> None:
    held = Breached("leavers", "too many", "--allow leavers=3", ("a",))
    problem = Diagnostic(Span("m.yaml", 3, 4), Severity.ERROR, "R160", "no records", "look")

    def ended(start: RunStart = START, **counts: int) -> RunState:
        run = journal.begin(start)
        journal.finish(run, counts, "later")
        found = journal.run(run)
        assert found is not None
        assert found.start == start
        return found.state

    assert ended() is ended(done=2) is RunState.DONE
    assert ended(done=1, rejected=1) is ended(unknown=1) is RunState.DONE_WITH_FAILURES
    assert ended(replace(START, breaches=(held,)), done=1, rejected=1) is RunState.HELD
    refused = journal.run(journal.refused(replace(START, why=Why.SCHEDULE), (problem,), "later"))
    assert refused is not None
    assert (refused.state, refused.problems) == (RunState.REFUSED, (problem,))
    assert refused.start.why is Why.SCHEDULE
    begun = journal.run(journal.begin(START))
    assert begun is not None
    assert begun.state is RunState.INTERRUPTED
    assert journal.run(10_000) is None


def test_runs_of_one_connection_page_by_page(journal: Journal) -> None:
    ids = [journal.begin(replace(START, connection=name)) for name in "abaab"]
    assert [run.id for run in journal.runs("a")] == [ids[3], ids[2], ids[0]]
    assert [run.id for run in journal.runs("a", limit=1, before=ids[3])] == [ids[2]]
    assert journal.connections() == ("a", "b")


def test_refused_runs_do_not_turn_the_clock(journal: Journal) -> None:
    journal.refused(replace(START, connection="c", as_of="2030"), (), "later")
    problem = Diagnostic(Span("x"), Severity.ERROR, "R160", "none")
    journal.refused(replace(START, connection="d", as_of="2030"), (problem,), "later")
    assert journal.latest("d") is None
    latest = journal.latest("c")
    assert latest is not None
    assert latest.as_of == "2030"


def test_old_runs_are_forgotten_but_not_what_is_needed(journal: Journal) -> None:
    """Unsettled runs stay, the last of each connection, and the last that knew its source."""
    kept, gone = {}, []
    for number in range(6):
        run = journal.begin(replace(START, connection="c"), packed((b"plan",)), {"source": b"x"})
        journal.ended(run, action("a"), End(Ending.DONE))
        sized = 9 if number == 2 else None
        journal.finish(run, {"done": 1}, f"2026-01-0{number + 1}", sized, sized)
        gone.append(run)
    kept["sized"], kept["last"] = gone.pop(2), gone.pop()
    kept["unsettled"] = journal.begin(replace(START, connection="d"))
    journal.intended(kept["unsettled"], action("b"), "token")
    journal.finish(kept["unsettled"], {}, "2026-01-01")
    kept["open"] = journal.begin(replace(START, connection="d"))
    assert journal.prune("2026-01-04") == 2
    assert journal.prune("2027-01-01") == 2
    assert {run.id for run in journal.runs(limit=50)} == set(kept.values())
    assert journal.last_sizes("c") == (9, 9)
    assert all(journal.entries(run) == () and not journal.stored_data(run) for run in gone)
    assert journal.stored_data(kept["last"]).keys() == {"plan", "source"}
