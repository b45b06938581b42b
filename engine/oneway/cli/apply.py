"""`oneway apply`."""

from collections.abc import Mapping
from pathlib import Path

import click

from oneway.apply import Result
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import (
    FOLDERS,
    connected,
    consoled,
    formatted,
    limited,
    now,
    remembering,
    user,
)
from oneway.cli.printing import exit_of, introduce, print_results
from oneway.connections import from_environment
from oneway.connector import Progress
from oneway.guards import Verdict
from oneway.plan import Plan
from oneway.plan_file import MAX_SIZE, fingerprint, load
from oneway.program import Program
from oneway.render import results
from oneway.runs import (
    Approval,
    Operator,
    Prepared,
    Request,
    Systems,
    alone,
    apply_plan,
    judged,
    program_for,
    read_file,
    reopened,
    settled,
)
from oneway.state import State

_SHORTEST = 12
"""Hex digits of a fingerprint that are enough to approve by."""


@click.command("apply")
@click.argument("plan_file", metavar="PLAN", type=click.Path())
@click.option("--approve", metavar="FINGERPRINT", help="Apply only the plan with this fingerprint.")
@connected
@remembering
@formatted("text", "json")
@limited
@consoled
def command(
    *,
    console: Console,
    plan_file: str,
    approve: str | None,
    options: Mapping[str, str],
    state: Path,
    format: str,
    limit: int | None,
) -> Exit:
    """Apply a reviewed plan, and nothing else.

    The plan must be as it was saved, its mapping as it was then. Each record is looked at
    again before it is written: one that has changed since is stale, and left alone. What a
    guard holds back is not applied.

    \b
    Example:
      oneway apply plan.json
      oneway apply plan.json --approve 3f9c0a7d12e4
    """
    plan = load(read_file(plan_file, MAX_SIZE + 1), plan_file)
    request = Request(plan.mapping_file, now(), from_environment, options=options, folders=FOLDERS)
    prepared = reopened(plan, request)
    introduce(console, prepared)
    operator = Operator(user(), State(state), now)
    with (
        alone(prepared, operator),
        Systems(prepared) as systems,
        console.progress() as progress,
    ):
        settle(console, prepared, systems, operator)
        verdict = judged(prepared, plan, operator.state)
        program = program_for(prepared, plan, systems, progress)
        approval = Approval(_approved(plan, approve), verdict)
        ended = applied(console, plan, approval, program, systems, operator, progress)
    if format == "json":
        console.json({"fingerprint": fingerprint(plan), **results.as_json(ended)})
    else:
        print_results(console, ended, plan, limit=limit)
    say_held(console, verdict)
    return exit_of(ended, verdict)


def settle(console: Console, prepared: Prepared, systems: Systems, operator: Operator) -> None:
    """Find out what became of what an interrupted run left in flight, and say so."""
    ended = settled(prepared, systems, operator)
    if ended:
        console.note("An earlier run was interrupted; what was in flight was looked up:")
        console.note(results.text(ended, console.style))


def applied(
    console: Console,
    plan: Plan,
    approval: Approval,
    program: Program,
    systems: Systems,
    operator: Operator,
    progress: Progress,
) -> list[Result]:
    """Apply a plan and return how each action ended; where interrupted, print that first."""
    ended: list[Result] = []
    try:
        for result in apply_plan(plan, approval, program, systems, operator, progress):
            ended.append(result)
    except BaseException:
        if ended:
            console.tell(results.text(ended, console.style, plan))
        raise
    return ended


def say_held(console: Console, verdict: Verdict) -> None:
    """Say which guard holds what back, and how a person lets it through."""
    for breach in verdict.breaches:
        console.tell(f"! {breach.text}\n  to let it through, plan again with {breach.allow}\n")


def _approved(plan: Plan, given: str | None) -> str:
    """Return the fingerprint that is approved: whoever names no other approves the file's."""
    own = fingerprint(plan)
    if given is None or (len(given) >= _SHORTEST and own.startswith(given.lower())):
        return own
    return given
