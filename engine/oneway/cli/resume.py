"""`oneway resume`."""

from collections.abc import Mapping
from pathlib import Path

import click

from oneway.cli.apply import beginning_of, print_if_interrupted, say_held
from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit, worst
from oneway.cli.notices import delivering, notifying, starting
from oneway.cli.options import FOLDERS, connected, consoled, limited, remembering, state_of, user
from oneway.cli.printing import exit_of, note_unnotified, print_results
from oneway.connections.environment import from_environment
from oneway.core.connector_errors import ConnectorError
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.core.instants import moment
from oneway.history.journal import Journal
from oneway.runs.prepare.request import RunRequest
from oneway.runs.reopen import reopen_plan
from oneway.runs.resume import Interrupted, find_interrupted
from oneway.runs.saved import open_resume
from oneway.runs.session import Operator, RunSession
from oneway.runs.sync import problems_of
from oneway.state.folder import StateFolder


@click.command("resume")
@notifying
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
        except (Refused, ConnectorError) as error:  # continue with the next run
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
    _introduce(console, run)
    run.refuse_earlier_format()
    with starting(console, beginning_of(plan), state, more=bool(options)):
        prepared = reopen_plan(plan, request)
    note_unnotified(console, prepared)
    with (
        delivering(console, prepared.request.connection, state),
        RunSession(prepared, operator) as session,
        console.progress() as progress,
        open_resume(session, run, progress=progress) as ready,
    ):
        if ready is None:
            console.note(f"run {run.run.id} of {plan.mapping} has ended meanwhile")
            return Exit.DONE
        ended = print_if_interrupted(console, ready)
        resumed = ready.run()
    print_results(console, ended, plan, resumed, limit=limit)
    say_held(console, ready.verdict)
    return exit_of(ended, ready.verdict, resumed)


def _interrupted(state: StateFolder) -> tuple[Interrupted, ...]:
    if not state.has_journal:
        return ()
    with Journal.open(state.journal) as journal:
        return find_interrupted(journal)


def _introduce(console: Console, left: Interrupted) -> None:
    start = left.run.start
    console.note(
        f"run {left.run.id} of {left.plan.mapping}, begun {moment(start.started, start.zone)}: "
        f"{left.begun} of {len(left.plan.actions)} actions begun, "
        f"{len(left.in_flight)} in flight"
    )
