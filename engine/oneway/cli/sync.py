"""`oneway sync`."""

from contextlib import ExitStack
from pathlib import Path

import click

from oneway.cli.apply import print_if_interrupted, printing_recovered
from oneway.cli.clock import now
from oneway.cli.console import Console, ProgressLine
from oneway.cli.exits import Exit
from oneway.cli.notices import delivering, notifying, starting
from oneway.cli.options import (
    allowing,
    consoled,
    formatted,
    limited,
    remembering,
    requesting,
    retrying,
    state_of,
    user,
)
from oneway.cli.printing import exit_of, introduce, print_plan, print_results, say_lost
from oneway.planning.endings import Ending
from oneway.render import plans, results
from oneway.runs.notices import PendingRun
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.request import RunRequest
from oneway.runs.session import Operator, RunSession
from oneway.runs.sync import open_sync


@click.command("sync")
@notifying
@requesting
@allowing
@retrying
@remembering
@formatted("text", "json")
@limited
@consoled
def command(
    *,
    console: Console,
    request: RunRequest,
    retry_now: bool,
    state: Path,
    format: str,
    limit: int | None,
) -> Exit:
    """Plan and apply in one go, with all guards on.

    Prints the plan, who does not sync and why, and how each write ended.

    \b
    Example:
      oneway sync mapping.yaml
      oneway sync acme --quiet
    """
    # With options that replace systems or settings, these may be the cause, so nobody is notified.
    more = bool(request.source or request.target or request.references)
    more = more or bool(request.settings or request.options)
    with starting(console, _beginning(request), state, more=more):
        prepared = prepare_run(request)
    introduce(console, prepared)
    line = ProgressLine()
    with delivering(console, request.connection, state), ExitStack() as stack:
        operator = Operator(user(), state_of(state), now)
        session = stack.enter_context(RunSession(prepared, operator))
        with printing_recovered(console, session), line.of(console):
            ready = stack.enter_context(open_sync(session, retry_now=retry_now, progress=line))
        console.report(ready.warnings)
        plan, verdict, memory = ready.plan, ready.verdict, ready.memory
        if format == "text":
            print_plan(console, plan, verdict, memory, format, limit=limit)
        with line.of(console):
            ended = print_if_interrupted(console, ready)
        run = ready.run()
    if format == "json":
        ends = results.as_json(ended, run.still_in)
        console.json({"plan": plans.as_json(plan, verdict, memory), **ends})
        say_lost(console, run)
    else:
        console.out("\n")
        print_results(console, ended, plan, run, limit=limit)
    # A write in flight has neither failed nor succeeded, so the run has not ended.
    open_still = [each for each in session.recovered if each.ending is Ending.UNKNOWN]
    return exit_of([*open_still, *ended], verdict, run)


def _beginning(request: RunRequest) -> PendingRun | None:
    return None if request.connection is None else PendingRun(request.connection.file)
