"""A run that did not get to its end is no success anywhere, however far it came and whatever
was settled afterwards; and everybody who tells of it tells the same."""

import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_journal_laws import NOW, Night, _systems, journal_of, nights

from oneway.applying.apply import apply
from oneway.applying.result import Approved, Earlier
from oneway.applying.watch import Stopped, Watch
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.history.journal import Journal, Run, RunState, Why
from oneway.history.journal.discrepancies import stored_discrepancies
from oneway.history.journal.run_counts import run_counts
from oneway.history.journal.schedule_claims import ClaimedDue, run_of
from oneway.history.name_digests import NameDigests
from oneway.notices.causes import DIED, run_problems
from oneway.planning.plan_file import fingerprint
from oneway.render import Style, history, past_run, status
from oneway.render.record_histories import Past, record_histories
from oneway.render.report.actions import report_actions
from oneway.render.report.page import Tone
from oneway.render.report.summary import heading, tone
from oneway.runs.approval import Approval
from oneway.runs.past.past_run import load_past_run
from oneway.runs.past.status import connection_statuses
from oneway.runs.prepare.prepared import connection_of
from oneway.runs.run_log import RunLog, start_of_none
from oneway.runs.session import Operator
from oneway.scheduling.health_state import HealthState
from oneway.scheduling.metrics import metrics
from oneway.state.lock import LOCKS, locked

DIED_OF = Diagnostic(Span("acme.yaml"), Severity.ERROR, "F140", "the run died: killed", "look")


def interrupted(night: Night, journal: Journal, operator: Operator, stops: int) -> RunLog:
    """Apply a night's plan up to where it is stopped, and leave it there."""
    by_schedule = replace(operator, why=Why.SCHEDULE)
    approval = Approval(fingerprint(night.plan), night.verdict, night.postponed)
    log = RunLog(
        journal, night.plan, by_schedule, approval, NameDigests(operator.state.seal(), None)
    )
    asked = count()
    watch = Watch(stopping=lambda: next(asked) >= stops)
    try:
        for _ in apply(
            night.plan, approval.of(Earlier()), _systems(night).of(night.world), log, watch
        ):
            pass
    except Stopped:
        pass
    assert log.run  # even with nothing to do, it died before it could say so
    return log


def refuse_success(journal: Journal, run: Run) -> None:
    """Fail where anything that tells of runs takes one that was interrupted for a success."""
    name = run.start.connection
    assert run.state is RunState.INTERRUPTED
    told = history.as_json([run], run_counts(journal, [run]))[0]
    assert told["state"] == "interrupted"
    assert "interrupted" in history.text([run], run_counts(journal, [run]), Style(width=200))
    found = load_past_run(journal, run)
    past = Past(run, found.plan, found.entries)
    said = past_run.text(past, record_histories(past), Style(width=200))
    assert ": interrupted" in said
    assert "interrupted" in heading(found, report_actions(found), ())
    assert tone(found, report_actions(found), ()) is Tone.TROUBLE
    (standing,) = connection_statuses((), journal, NOW)
    assert standing.last == run
    assert standing.last_done is None
    line = status.text([standing], Style(width=400)).splitlines()[0]
    assert "interrupted" in line
    assert "never done in full yet" in line
    assert not run_problems(run, {}).whole
    assert DIED in run_problems(run, {}).failing
    page = metrics(lambda: journal, HealthState())().decode()
    assert f'last_success_timestamp_seconds{{connection="{name}"}}' not in page
    assert 'state="done' not in page
    taken = ClaimedDue(name, "", "", "", after=0)
    assert run_of(journal, taken) is None  # a due does not end with it


@given(nights(), st.integers(0, 4), st.booleans())
@settings(deadline=None)
def test_a_run_that_was_interrupted_is_no_success_anywhere(
    night: Night, stops: int, settled: bool
) -> None:
    with TemporaryDirectory() as folder, journal_of(Path(folder)) as (journal, operator):
        log = interrupted(night, journal, operator, stops)
        if settled:
            log.not_begun("the run was interrupted before it began this action")
            log.end_recovered()
        run = journal.run(log.run)
        assert run is not None
        refuse_success(journal, run)
        # Every planned action is counted once: by its ending, or as one without.
        assert run.planned == len(night.plan.actions)
        assert sum(run.counts.values()) + (run.left or 0) == run.planned
        assert run.left == (0 if settled else run.planned - len(_ended(journal, run.id)))
        assert json.loads(json.dumps(history.ends_as_json(run)))["planned"] == run.planned
        # Nothing is compared with it: what guards made of it is not known.
        assert journal.last_sizes(run.start.connection) == (None, None)


@given(nights(), st.integers(0, 4))
@settings(deadline=None, max_examples=25)
def test_a_run_goes_on_while_its_lock_is_held_and_no_longer(night: Night, stops: int) -> None:
    with TemporaryDirectory() as folder, journal_of(Path(folder)) as (journal, operator):
        older = interrupted(night, journal, operator, stops).run
        log = interrupted(night, journal, operator, stops)
        name = connection_of(night.plan, operator.state.path)

        def states() -> list[RunState]:
            return [run.state for id in (older, log.run) if (run := journal.run(id))]

        assert states() == [RunState.INTERRUPTED, RunState.INTERRUPTED]
        with locked(Path(folder) / LOCKS, "another", since="2026-11-22T04:00:00Z"):
            assert states() == [RunState.INTERRUPTED, RunState.INTERRUPTED]
        with locked(Path(folder) / LOCKS, name, since="2026-11-22T04:00:00Z"):
            assert states() == [RunState.INTERRUPTED, RunState.RUNNING]
            (standing,) = connection_statuses((), journal, NOW)
            assert standing.last is not None
            assert standing.last.state is RunState.RUNNING
            assert standing.ended is not None
            assert standing.ended.id == older
            log.finish()
            assert states()[1] not in (RunState.RUNNING, RunState.INTERRUPTED)


@given(nights())
@settings(deadline=None, max_examples=5)
def test_a_resume_that_is_refused_or_stopped_at_once_leaves_its_run_as_it_was(
    night: Night,
) -> None:
    with TemporaryDirectory() as folder, journal_of(Path(folder)) as (journal, operator):
        log = interrupted(night, journal, operator, len(night.plan.actions) + 1)
        log.finish(night.verdict)
        ended = journal.run(log.run)
        assert ended is not None
        assert ended.state is not RunState.INTERRUPTED
        told = stored_discrepancies(journal, log.run)
        name = connection_of(night.plan, operator.state.path)
        approval, names = (
            Approval(fingerprint(night.plan), night.verdict),
            NameDigests(operator.state.seal(), None),
        )
        resumed = RunLog(journal, night.plan, operator, log.run, names, resuming=approval)
        systems = _systems(night).of(night.world)
        with pytest.raises(Refused):
            list(apply(night.plan, Approved("another"), systems, resumed))
        if night.plan.actions:
            watch = Watch(stopping=lambda: True)
            with pytest.raises(Stopped):
                list(apply(night.plan, approval.of(Earlier()), systems, resumed, watch))
        assert (journal.run(log.run), stored_discrepancies(journal, log.run)) == (ended, told)
        with locked(Path(folder) / LOCKS, name, since="2026-11-22T04:00:00Z"):
            resumed.ended(())
            running = journal.run(log.run)
            assert running is not None
            assert running.state is RunState.RUNNING


def test_a_run_that_died_before_it_had_a_plan_is_interrupted(tmp_path: Path) -> None:
    with journal_of(tmp_path) as (journal, operator):
        start = start_of_none(replace(operator, why=Why.SCHEDULE), "acme.yaml", "acme")
        run = journal.run(journal.died(start, (DIED_OF,), "2026-11-22T04:00:00Z"))
        assert run is not None
        refuse_success(journal, run)
        assert not run.knows_access


def _ended(journal: Journal, run: int) -> list[object]:
    return [each for each in journal.entries(run) if each.end is not None]
