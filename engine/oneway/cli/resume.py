"""`oneway resume`."""

from collections.abc import Mapping
from pathlib import Path

import click

from oneway.apply import Result
from oneway.cli.apply import say_held
from oneway.cli.console import Console
from oneway.cli.exits import Exit, worst
from oneway.cli.options import FOLDERS, connected, consoled, limited, now, remembering, user
from oneway.cli.printing import exit_of, print_results
from oneway.connections import from_environment
from oneway.runs import (
    Interrupted,
    Operator,
    Request,
    Systems,
    alone,
    interrupted,
    judged,
    program_for,
    reopened,
    resumed,
)
from oneway.state import State


@click.command("resume")
@connected
@remembering
@limited
@consoled
def command(
    *, console: Console, options: Mapping[str, str], state: Path, limit: int | None
) -> Exit:
    """Go on with what an interrupted run left undone.

    What was in flight is looked up in the target before anything is sent again: a record
    that was created is not created twice. Then the rest of the approved plan is applied.

    \b
    Example:
      oneway resume
    """
    operator = Operator(user(), State(state), now)
    left = interrupted(operator)
    if not left:
        console.out("Nothing to resume: every run has ended.")
        return Exit.DONE
    return worst(*(_go_on(console, each, operator, options, limit) for each in left))


def _go_on(
    console: Console,
    left: Interrupted,
    operator: Operator,
    options: Mapping[str, str],
    limit: int | None,
) -> Exit:
    plan = left.plan
    request = Request(plan.mapping_file, now(), from_environment, options=options, folders=FOLDERS)
    prepared = reopened(plan, request)
    count, flying = len(plan.actions), len(left.in_flight)
    console.note(
        f"run {left.run.id} of {plan.mapping}, begun {left.run.start.started}: "
        f"{len(left.entries)} of {count} actions begun, {flying} in flight"
    )
    verdict = judged(prepared, plan, operator.state, resuming=left.run.id)
    ended: list[Result] = []
    with alone(prepared, operator), Systems(prepared) as systems, console.progress() as progress:
        program = program_for(prepared, plan, systems, progress)
        for result in resumed(left, verdict, program, systems, operator, progress):
            ended.append(result)
    print_results(console, ended, plan, limit=limit)
    say_held(console, verdict)
    return exit_of(ended, verdict)
