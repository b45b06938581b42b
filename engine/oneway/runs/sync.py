"""Runs a sync from lock to last write, and journals what stops it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from oneway.core.connector_errors import ConnectorError
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.core.progress import Progress, silent
from oneway.core.telemetry import note
from oneway.history.baseline.pairs import discard_baseline
from oneway.history.journal import Run, RunState
from oneway.history.journal.links import learn, links
from oneway.history.journal.refused_leavers import store_leavers
from oneway.history.links import beyond_doubt, labels_of
from oneway.planning.access import still_in
from oneway.planning.plan import Plan
from oneway.planning.plan_file import fingerprint
from oneway.runs.approval import Approval
from oneway.runs.as_of import plan_after_last_run, refuse_yet_to_come
from oneway.runs.compare.capture import not_stored, snapshots_of
from oneway.runs.completeness import Readings, input_problems
from oneway.runs.evidence.remembered import recall
from oneway.runs.judge import judge_plan, load_memory
from oneway.runs.open_questions import refuse_open_questions
from oneway.runs.past.retention import days_kept, forget_old
from oneway.runs.past.whose_history import note_database
from oneway.runs.past.without_connection import arguments_of, store_arguments
from oneway.runs.plan import plan_run
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import instant_text
from oneway.runs.ready import ReadyRun
from oneway.runs.resume import exclusive_run, recover_in_flight
from oneway.runs.run_log import start_of_none
from oneway.runs.session import Operator, RunSession
from oneway.runs.unrecorded import noted, record_dead_run

_PART = "the connection has `only_changed: true`: not all of it is read"


def run_sync(prepared: PreparedRun, operator: Operator) -> Run:
    """Plan and apply in one go with all guards on, and return the run.

    Raises as `open_sync` and `apply_plan` do.
    """
    with RunSession(prepared, operator) as session, open_sync(session) as ready:
        for _ in ready.apply():
            pass
        return ready.run()


@contextmanager
def open_sync(
    session: RunSession, *, retry_now: bool = False, progress: Progress = silent
) -> Iterator[ReadyRun]:
    """Plan a run under its lock, and give it to the block.

    Raises `Refused` if another run holds the lock, if a system cannot be read, or if the inputs
    are not complete enough to apply. The journal records a refused run and its reason.
    """
    prepared = session.prepared
    with exclusive_run(session), recording_refusals(session), session.systems:
        refuse_open_questions(prepared.spec)
        days = days_kept(prepared.request.lookup)
        plan_after_last_run(session)
        began = instant_text(session.now())
        refuse_yet_to_come(session, prepared.request.as_of)
        session.recovered = recover_in_flight(session)
        remembered = recall(session)
        capture = not session.only_changed
        if capture:
            discard_baseline(session.state, session.name)
        plan, found = plan_run(session, progress, capture=capture, remembered=remembered)
        warnings = check_inputs(session, found, plan)
        note_database(session)
        memory = load_memory(session, plan, retry_now=retry_now)
        verdict = judge_plan(session, plan, memory)
        snapshots = (
            snapshots_of(prepared, found, plan, session.seal) if capture else not_stored(_PART)
        )
        approved, reverted = fingerprint(plan), memory.reverted
        approval = Approval(
            approved, verdict, memory.postponed, snapshots, began, reverted=reverted
        )
        program = found.program
        del found  # the rows of large inputs
        yield ReadyRun(session, plan, memory, approval, program, progress, warnings)
        forget_old(session.journal, session.name, session.now(), days)


@contextmanager
def recording_refusals(session: RunSession) -> Iterator[None]:
    """Journal what stops a run within the block before its first write.

    A run that has begun to write counts as interrupted, and can be resumed.
    """
    record_dead_run(session)
    began, before = instant_text(session.now()), _newest(session)
    try:
        with noted(session, before):
            yield
    except (Refused, ConnectorError) as error:
        with suppress(Refused):  # the user must see what stopped the run
            if _newest(session) == before:
                _record_refusal(session, began, error)
        raise


def problems_of(error: Refused | ConnectorError) -> tuple[Diagnostic, ...]:
    """Return what an error says, as diagnostics."""
    if isinstance(error, Refused):
        return error.diagnostics
    where = Span("oneway")
    return (Diagnostic(where, Severity.ERROR, error.code, error.summary, error.help),)


def _newest(session: RunSession) -> int:
    """Return the number of the connection's last run; 0 before the first."""
    runs = session.past.runs(session.name, limit=1) if session.past is not None else ()
    return runs[0].id if runs else 0


def _record_refusal(session: RunSession, began: str, error: Refused | ConnectorError) -> None:
    prepared, journal = session.prepared, session.journal
    start = start_of_none(session.operator, prepared.spec.name, session.name)
    begun = replace(
        start,
        started=began,
        digest=prepared.spec.digest,
        as_of=instant_text(prepared.request.as_of),
        allowed=prepared.request.allowed,
    )
    problems = tuple(replace(each, quote="") for each in problems_of(error))
    run = journal.refused(begun, problems, instant_text(session.now()))
    store_arguments(journal, run, arguments_of(prepared))
    if session.leaving:
        linked = links(journal, session.name).targets.keys()
        store_leavers(journal, run, session.leaving & linked)
    note("run", run=run, state=RunState.REFUSED.value)


def check_inputs(session: RunSession, read: Readings, plan: Plan) -> tuple[Diagnostic, ...]:
    """Return the warnings about a plan's inputs; raise `Refused` with all if any is an error.

    Certain links are stored even then.
    """
    found = input_problems(session.prepared, read, plan)
    if any(each.severity is Severity.ERROR for each in found):
        names = session.names
        seen = beyond_doubt(plan, instant_text(session.now()), names)
        learn(session.journal, session.name, seen, names.in_full(lambda: labels_of(plan)))
        access = still_in(plan, {})
        sure = read.tallies["source"].tells_who_left()
        seen_leaving = (each for each in access if sure or not each.may_have_left)
        session.leaving = frozenset(each.source_id for each in seen_leaving if each.source_id)
        raise Refused(found)
    return found
