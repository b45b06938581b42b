"""`oneway plan`."""

from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit, worst
from oneway.cli.options import (
    allowing,
    consoled,
    formatted,
    limited,
    now,
    remembering,
    requesting,
    retrying,
    state_of,
    user,
)
from oneway.cli.printing import introduce, print_plan, refuse_errors
from oneway.cli.quoting import quoted
from oneway.planning.plan import Plan
from oneway.planning.plan_file import fingerprint, save
from oneway.render.plans import FORMATS
from oneway.render.plans.content import access
from oneway.runs import (
    Operator,
    RunRequest,
    RunSession,
    judge_plan,
    load_memory,
    plan_run,
    prepare_run,
    recall,
)
from oneway.runs.health import health
from oneway.runs.proof import prove
from oneway.runs.remarks import is_open

_EXIT_CODE = (
    "End with 3 where changes are pending, and with 5 where people who have left, or may have, can "
    "still get in once the plan is applied."
)


@click.command("plan")
@requesting
@allowing
@retrying
@remembering
@click.option("--out", type=click.Path(path_type=Path), metavar="PLAN", help="Save the plan.")
@formatted(*FORMATS)
@click.option("--exit-code", is_flag=True, help=_EXIT_CODE)
@limited
@consoled
def command(
    *,
    console: Console,
    request: RunRequest,
    retry_now: bool,
    state: Path,
    out: Path | None,
    format: str,
    exit_code: bool,
    limit: int | None,
) -> Exit:
    """Show what a sync would change, and why; write nothing.

    Reads both systems (or files in their place), and prints the changes with the expression
    and place that each value comes from, who does not sync and why, and what the guards say.

    \b
    Example:
      oneway plan mapping.yaml --out plan.json
      oneway plan mapping.yaml --source other-people.csv --limit 5
    """
    prepared = prepare_run(request)
    introduce(console, prepared)
    kept = state_of(state)
    with RunSession(prepared, Operator(user(), kept, now)) as session:
        with session.systems, console.progress() as progress:
            plan, found = plan_run(session, progress, remembered=recall(session))
        refuse_errors(console, health(prepared, found, plan))
        del found  # the rows of large inputs; the plan holds everything that is shown
        memory = load_memory(session, plan, retry_now=retry_now)
        verdict = judge_plan(session, plan, memory)
    if out is not None:
        save(plan, out, prove(plan, kept, now()))
    print_plan(console, plan, verdict, memory, format, limit=limit)
    _next(console, plan, request, out, retry_now=retry_now)
    return worst(
        Exit.BLOCKED if verdict.fired else Exit.DONE,
        Exit.FAILED if exit_code and access(plan, verdict, memory) else Exit.DONE,
        Exit.PENDING if exit_code and plan.actions else Exit.DONE,
    )


def _next(
    console: Console, plan: Plan, request: RunRequest, out: Path | None, *, retry_now: bool
) -> None:
    """Print the command that applies the plan."""
    if not plan.actions or is_open(plan):
        return
    if out is None:
        console.note("to apply it, save it first: give --out plan.json")
        return
    options = "".join(f" --option {quoted(f'{k}={v}')}" for k, v in request.options.items())
    approve = f" --approve {fingerprint(plan)[:12]}{' --retry-now' if retry_now else ''}"
    console.note(f"saved; apply it with: oneway apply {quoted(out)}{approve}{options}")
