"""`oneway resume`."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import click

from oneway.cli.apply import beginning_of, print_if_interrupted, say_held
from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit, worst
from oneway.cli.notices import delivering, starting, telling
from oneway.cli.options import FOLDERS, connected, consoled, limited, remembering, state_of, user
from oneway.cli.printing import exit_of, print_results
from oneway.connections.environment import from_environment
from oneway.core.connector_errors import ConnectorError
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.core.instants import moment
from oneway.history.journal import Journal
from oneway.runs.approval import Approval
from oneway.runs.plan import judge_plan, load_memory
from oneway.runs.planned_again import limited_by_new_plan
from oneway.runs.prepare.request import RunRequest
from oneway.runs.reopen import program_for, reopen_plan
from oneway.runs.resume import Interrupted, exclusive_run, find_interrupted, resume_run
from oneway.runs.session import Operator, RunSession
from oneway.runs.sync import problems_of, recording_refusals, run_of
from oneway.state.folder import StateFolder


@click.command("resume")
@telling
@connected
@remembering
@limited
@consoled
def command(
    *, console: Console, options: Mapping[str, str], state: Path, limit: int | None
) -> Exit:
    """Finish an interrupted run.

    It looks up the writes in flight in the target before it sends anything again, so that no
    record is created twice. Then it applies the rest of the approved plan.

    \b
    Example:
      oneway resume
    """
    operator = Operator(user(), state_of(state), now)
    left = _interrupted(operator.state)
    if not left:
        console.out("Nothing to resume: every run has ended.")
        return Exit.DONE
    ends: list[Exit] = []
    wrong: list[Diagnostic] = []
    for each in left:
        try:
            ends.append(_resume(console, each, operator, options, limit))
        except (Refused, ConnectorError) as error:  # one that cannot go on holds up no other
            wrong += problems_of(error)
    if wrong:
        raise Refused(wrong)
    return worst(*ends)


def _resume(
    console: Console,
    run: Interrupted,
    operator: Operator,
    options: Mapping[str, str],
    limit: int | None,
) -> Exit:
    plan = run.plan
    request = RunRequest(
        plan.mapping_file, now(), from_environment, options=options, folders=FOLDERS
    )
    state = operator.state.path
    with starting(console, beginning_of(plan), state, more=bool(options)):
        prepared = reopen_plan(plan, request)
    with (
        delivering(console, prepared.request.connection, state),
        RunSession(prepared, operator) as session,
        exclusive_run(session),
        ExitStack() as stack,
        console.progress() as progress,
    ):
        with recording_refusals(session):
            stack.enter_context(session.systems)
            left = _still(session, run)
            if left is None:
                console.note(f"run {run.run.id} of {plan.mapping} has ended meanwhile")
                return Exit.DONE
            _introduce(console, left)
            memory = load_memory(session, plan)
            verdict = judge_plan(session, plan, memory, resuming=left.run.id)
            approved, reverted = left.run.start.fingerprint, memory.reverted
            approval = Approval(approved, verdict, memory.postponed, reverted=reverted)
            approval = limited_by_new_plan(session, plan, approval, progress)
            program = program_for(session, progress)
            steps = resume_run(session, left, approval, program, progress)
        ended = print_if_interrupted(console, plan, session, steps)
        resumed = run_of(session, left.run.id)
    print_results(console, ended, plan, resumed, limit=limit)
    say_held(console, approval.verdict)
    return exit_of(ended, approval.verdict, resumed)


def _interrupted(state: StateFolder) -> tuple[Interrupted, ...]:
    if not state.has_journal:
        return ()
    with Journal.open(state.journal) as journal:
        return find_interrupted(journal)


def _still(session: RunSession, run: Interrupted) -> Interrupted | None:
    """Return a run as it is now that we hold its lock; None if it has ended."""
    left = find_interrupted(session.past)
    return next((each for each in left if each.run.id == run.run.id), None)


def _introduce(console: Console, left: Interrupted) -> None:
    start = left.run.start
    console.note(
        f"run {left.run.id} of {left.plan.mapping}, begun {moment(start.started, start.zone)}: "
        f"{left.begun} of {len(left.plan.actions)} actions begun, "
        f"{len(left.in_flight)} in flight"
    )
