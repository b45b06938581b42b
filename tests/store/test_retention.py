"""What a list of runs counts, and which runs may be forgotten: in both stores."""

from dataclasses import replace

from kept import START, action

from oneway.history.journal import End, Journal
from oneway.history.journal.packed import packed
from oneway.history.journal.retention import prunable, stored_names
from oneway.history.journal.run_counts import RunCounts, run_counts
from oneway.history.journal.side_effects import let_through, side_effects, store_side_effect
from oneway.planning.endings import Ending
from oneway.planning.plan import Verb

VERBS = {
    "a": (Verb.CREATE, Ending.DONE),
    "b": (Verb.UPDATE, Ending.DONE),
    "c": (Verb.REACTIVATE, Ending.DONE),
    "d": (Verb.LEAVE, Ending.DONE),
    "e": (Verb.DEACTIVATE, Ending.DONE),
    "f": (Verb.UPDATE, Ending.REJECTED),
}
UNASKED = End(Ending.UNKNOWN, "t", "W117", "the update of target record t changed more, unsent")


def test_what_was_done_is_counted_by_verb_and_the_rest_as_failed_or_held(journal: Journal) -> None:
    run = journal.begin(START)
    for id, (verb, ending) in VERBS.items():
        journal.ended(run, action(id, verb), End(ending, "t"))
    journal.finish(run, {"done": 5, "rejected": 1, "postponed": 2, "held": 4}, "2026-04-01")
    empty = journal.begin(START)
    found = run_counts(journal, journal.runs())
    assert found == {
        run: RunCounts(created=1, changed=2, left=2, failed=3, held=4),
        empty: RunCounts(),
    }
    assert run_counts(journal, ()) == {}


def test_names_of_what_is_kept_are_known_without_reading_it(journal: Journal) -> None:
    run = journal.begin(START, packed((b"a plan",)), {"inputs": b"x"})
    assert stored_names(journal, run) == {"plan", "inputs"}
    assert stored_names(journal, run + 1) == frozenset()


def test_runs_of_one_connection_are_forgotten_and_of_no_other(journal: Journal) -> None:
    runs = {}
    for name in ("acme", "acme", "globex", "globex"):
        run = journal.begin(replace(START, connection=name))
        journal.finish(run, {}, "2026-01-01")
        runs.setdefault(name, []).append(run)
    assert prunable(journal, "2026-02-01") == (runs["acme"][0], runs["globex"][0])
    assert prunable(journal, "2025-12-31") == ()
    assert journal.prune("2026-02-01", "acme") == 1
    assert prunable(journal, "2026-02-01") == (runs["globex"][0],)


def test_a_run_with_side_effects_is_kept_until_a_plan_lets_them_through(journal: Journal) -> None:
    run = journal.begin(START)
    for id in ("a", "b", "c"):
        journal.ended(run, replace(action(id, Verb.UPDATE), target_id=f"t{id}"), UNASKED)
    store_side_effect(journal, run, "a")
    store_side_effect(journal, run, "c")
    for id in ("a", "b", "c"):  # whatever is found out of them later
        journal.ended(run, action(id, Verb.UPDATE), End(Ending.DONE, f"t{id}"))
    for each in (run, last := journal.begin(START)):
        journal.finish(each, {}, "2026-01-01")
    assert prunable(journal, "2026-02-01") == ()
    assert side_effects(journal, START.connection) == {"ta", "tc"}
    assert side_effects(journal, "another") == frozenset()
    let_through(journal, START.connection, run)  # a run lets nothing of itself through
    assert side_effects(journal, START.connection) == {"ta", "tc"}
    let_through(journal, START.connection, last)
    assert side_effects(journal, START.connection) == frozenset()
    assert prunable(journal, "2026-02-01") == (run,)
