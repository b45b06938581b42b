"""Opens runs of plans that were made before: a saved plan, or that of an interrupted run."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from oneway.core.progress import Progress, silent
from oneway.planning.plan import Plan
from oneway.runs.already_applied import done_before
from oneway.runs.approval import Approval
from oneway.runs.as_of import apply_after_last_run, refuse_yet_to_come
from oneway.runs.judge import judge_plan, load_memory
from oneway.runs.planned_again import limited_by_new_plan
from oneway.runs.prepare.request import parse_instant
from oneway.runs.ready import ReadyRun
from oneway.runs.reopen import program_for
from oneway.runs.resume import Interrupted, exclusive_run, find_interrupted, recover_in_flight
from oneway.runs.session import RunSession
from oneway.runs.sync import recording_refusals


@contextmanager
def open_apply(
    session: RunSession,
    plan: Plan,
    approved: str,
    *,
    retry_now: bool = False,
    progress: Progress = silent,
) -> Iterator[ReadyRun]:
    """Open a run that applies a saved plan, under the lock of its connection.

    `session` is that of the reopened plan; `approved` is the fingerprint that was approved. Raises
    `Refused` if another run holds the lock, or if a new plan could not be applied.
    """
    with exclusive_run(session), recording_refusals(session), session.systems:
        apply_after_last_run(session)
        refuse_yet_to_come(session, parse_instant(plan.as_of))
        session.recovered = recover_in_flight(session)
        program = program_for(session, progress)
        memory = load_memory(session, plan, retry_now=retry_now)
        verdict = judge_plan(session, plan, memory)
        approval = Approval(approved, verdict, memory.postponed, reverted=memory.reverted)
        approval = limited_by_new_plan(session, plan, approval, progress)
        before = done_before(session, plan, approval.stale)
        approval = replace(approval, done_before=before)
        yield ReadyRun(session, plan, memory, approval, program, progress)


@contextmanager
def open_resume(
    session: RunSession, interrupted: Interrupted, *, progress: Progress = silent
) -> Iterator[ReadyRun | None]:
    """Open an interrupted run again, under the lock of its connection; None if it has ended since.

    `session` is that of its reopened plan. Raises as `open_apply` does.
    """
    with exclusive_run(session), ExitStack() as stack:
        # Not around the block: the run has begun, so what stops it there is no refusal.
        with recording_refusals(session):
            stack.enter_context(session.systems)
            ready = _ready_to_resume(session, interrupted, progress)
        yield ready


def _ready_to_resume(
    session: RunSession, interrupted: Interrupted, progress: Progress
) -> ReadyRun | None:
    id = interrupted.run.id
    left = next((each for each in find_interrupted(session.past) if each.run.id == id), None)
    if left is None:
        return None
    apply_after_last_run(session)
    memory = load_memory(session, left.plan)
    verdict = judge_plan(session, left.plan, memory, resuming=id)
    approved = left.run.start.fingerprint
    approval = Approval(approved, verdict, memory.postponed, reverted=memory.reverted)
    approval = limited_by_new_plan(session, left.plan, approval, progress)
    program = program_for(session, progress)
    return ReadyRun(session, left.plan, memory, approval, program, progress, resumes=left)
