"""`oneway sync`."""

from pathlib import Path

import click

from oneway.cli.apply import applied, settle
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import (
    allowing,
    consoled,
    formatted,
    limited,
    now,
    remembering,
    requesting,
    retrying,
    user,
)
from oneway.cli.printing import (
    exit_of,
    introduce,
    print_plan,
    print_results,
    refuse_errors,
)
from oneway.plan_file import fingerprint
from oneway.render import plans, results
from oneway.runs import (
    Approval,
    Operator,
    Request,
    Systems,
    alone,
    compiled,
    health,
    judged,
    planned,
    refuse_turned_back,
    remembered,
)
from oneway.state import State


@click.command("sync")
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
    request: Request,
    retry_now: bool,
    state: Path,
    format: str,
    limit: int | None,
) -> Exit:
    """Plan and apply in one go, with all guards on.

    Prints the plan, who does not sync and why, and how each write ended.

    \b
    Example:
      oneway sync mappings/staffology-to-expensein.yaml
    """
    prepared = compiled(request)
    introduce(console, prepared)
    operator = Operator(user(), State(state), now)
    with (
        alone(prepared, operator),
        Systems(prepared) as systems,
        console.progress() as progress,
    ):
        refuse_turned_back(prepared, operator, request.as_of)
        settle(console, prepared, systems, operator)
        plan, found = planned(prepared, systems, operator.state.seal(), progress)
        refuse_errors(console, health(prepared, found, plan))
        verdict = judged(prepared, plan, operator.state)
        memory = remembered(plan, operator.state, retry_now=retry_now)
        if format == "text":
            print_plan(console, plan, verdict, memory, format, limit=limit)
        approval = Approval(fingerprint(plan), verdict, memory.postponed)
        ended = applied(console, plan, approval, found.program, systems, operator, progress)
    if format == "json":
        console.json({"plan": plans.as_json(plan, verdict, memory), **results.as_json(ended)})
    else:
        console.out("\n")
        print_results(console, ended, plan, limit=limit)
    return exit_of(ended, verdict)
