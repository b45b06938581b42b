"""`oneway apply`."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import click

from oneway.applying.result import Result
from oneway.applying.watch import Stopped
from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.notices import delivering, notifying, starting
from oneway.cli.options import (
    FOLDERS,
    connected,
    consoled,
    formatted,
    limited,
    remembering,
    retrying,
    state_of,
    user,
)
from oneway.cli.printing import exit_of, introduce, print_results, say_lost
from oneway.cli.prompts import Asking, is_terminal
from oneway.cli.quoting import quoted
from oneway.cli.signal_handling import patient
from oneway.connections.environment import from_environment
from oneway.core.diagnostics import Refused, refusal
from oneway.core.phrases import count
from oneway.history.memory import Memory
from oneway.planning.breach import Verdict
from oneway.planning.plan import Plan
from oneway.planning.plan_file import MAX_SIZE, fingerprint, load_proven
from oneway.render import history, plans, results
from oneway.render.layout import wrap
from oneway.render.sanitize import harmless
from oneway.runs.already_applied import AppliedBefore, applied_before
from oneway.runs.notices import PendingRun
from oneway.runs.open_questions import refuse_open_plan
from oneway.runs.prepare.compilation import read_file
from oneway.runs.prepare.request import RunRequest, parse_instant
from oneway.runs.proof import OLDEST, refuse_old, refuse_unproven
from oneway.runs.ready import ReadyRun
from oneway.runs.reopen import reopen_plan
from oneway.runs.resume import find_interrupted
from oneway.runs.saved import open_apply
from oneway.runs.session import Operator, RunSession
from oneway.state import STATE
from oneway.state.folder import StateFolder

_SHORTEST = 12
"""How many hex digits of a fingerprint approve a plan at least."""


@click.command("apply")
@notifying
@click.argument("plan_file", metavar="PLAN", type=click.Path())
@click.option(
    "--approve",
    metavar="FINGERPRINT",
    help="Apply the plan only if this is its fingerprint; without it, ask on the terminal.",
)
@click.option(
    "--max-age",
    type=click.IntRange(min=1, max=3650),
    default=OLDEST.days,
    show_default=True,
    metavar="DAYS",
    help="Refuse a plan that was made longer ago.",
)
@connected
@retrying
@remembering
@formatted("text", "json")
@limited
@consoled
def command(
    *,
    console: Console,
    plan_file: str,
    approve: str | None,
    max_age: int,
    options: Mapping[str, str],
    retry_now: bool,
    state: Path,
    format: str,
    limit: int | None,
) -> Exit:
    """Apply a reviewed plan, and nothing else.

    The plan must be unchanged since it was saved here, at most a week ago, and so must its
    mapping, manifests and options. Both systems are read again: what a plan made
    now would not do, or would hold by identities, is stale, and left alone. So is a record that
    changes just before it is written. Actions that a guard holds back are not applied.

    \b
    Example:
      oneway apply plan.json --approve 3f9c0a7d12e4
    """
    folder = state_of(state)
    plan = _trusted(plan_file, folder, timedelta(days=max_age))
    for each in plan.remarks:
        console.tell(f"! {plans.remark(each)}\n")
    if approve is None and (before := _done_before(plan, folder, options)) is not None:
        return _said_applied(console, plan, before, format)
    approved = _approved(console, plan, approve)
    with starting(console, beginning_of(plan), state, more=bool(options)):
        prepared = reopen_plan(plan, _request(plan, options))
    introduce(console, prepared)
    operator = Operator(user(), folder, now)
    with (
        delivering(console, prepared.request.connection, state),
        RunSession(prepared, operator) as session,
    ):
        # Only reads, so it takes no lock and writes no journal.
        before = applied_before(session, plan) if approved == fingerprint(plan) else None
        if before is not None:
            with session.systems:
                return _said_applied(console, plan, before, format)
        return _applied(console, session, plan, approved, retry_now, (format, limit))


def _applied(
    console: Console,
    session: RunSession,
    plan: Plan,
    approved: str,
    retry_now: bool,
    shown: tuple[str, int | None],
) -> Exit:
    """Apply a plan as a run, and print its results."""
    with console.progress() as progress, ExitStack() as stack:
        with printing_recovered(console, session):
            opened = open_apply(session, plan, approved, retry_now=retry_now, progress=progress)
            ready = stack.enter_context(opened)
        older = _is_older(session, plan)
        ended = print_if_interrupted(console, ready)
        run = ready.run()
    format, limit = shown
    if format == "json":
        ends = results.as_json(ended, run.still_in)
        noted = plans.remarks_as_json(plan)
        console.json({"fingerprint": approved, "remarks": noted, **ends})
        say_lost(console, run)
    else:
        print_results(console, ended, plan, run, limit=limit)
    say_held(console, ready.verdict, older=older)
    say_sticking(console, plan, ready.memory.but(ready.approval.stale))
    return exit_of(ended, ready.verdict, run)


def _done_before(
    plan: Plan, folder: StateFolder, options: Mapping[str, str]
) -> AppliedBefore | None:
    """Return the run that applied a plan, or None if the plan needs a new approval.

    Problems that prevent applying it are reported after the approval.
    """
    try:
        prepared = reopen_plan(plan, _request(plan, options))
        with RunSession(prepared, Operator(user(), folder, now)) as session, session.systems:
            return applied_before(session, plan)
    except Refused:
        return None


def beginning_of(plan: Plan) -> PendingRun | None:
    """Return the run that a plan will have, or None for a rehearsal or without a connection."""
    made_for = plan.connection
    if made_for is None or made_for.rehearsed:
        return None
    return PendingRun(made_for.file, made_for.name, plan.mapping_file)


def _request(plan: Plan, options: Mapping[str, str]) -> RunRequest:
    return RunRequest(plan.mapping_file, now(), from_environment, options=options, folders=FOLDERS)


def _said_applied(console: Console, plan: Plan, before: AppliedBefore, format: str) -> Exit:
    """Print which run applied a plan before; raise `Refused` if some of it was not done."""
    run = before.run
    said = f"applied in run {run.id} on {history.when(run.start.started, run.start.zone)}"
    if before.left:
        summary = (
            f"{said}, and {before.left:,} of its {count(len(plan.actions), 'change')} not done"
        )
        raise refusal("P117", plan.mapping, summary, "plan again for the rest; nothing was sent")
    if format == "json":
        ends = results.as_json((), run.still_in)
        console.json({"fingerprint": run.start.fingerprint, "applied_in": run.id, **ends})
    else:
        still = results.still_in(run.still_in, console.style)
        console.out("\n".join([*still, f"{said}; nothing left to do"]))
    return Exit.FAILED if run.still_in else Exit.DONE


def _trusted(plan_file: str, folder: StateFolder, oldest: timedelta) -> Plan:
    """Return a plan that was saved here recently; raise `Refused` for any other."""
    plan, proof = load_proven(read_file(plan_file, MAX_SIZE + 1), plan_file)
    refuse_unproven(plan, proof, folder, plan_file)
    refuse_open_plan(plan)
    assert proof is not None
    refuse_old(proof, now(), oldest, plan_file)
    return plan


@contextmanager
def printing_recovered(console: Console, session: RunSession) -> Iterator[None]:
    """After the block, which opens the run, print how writes left in flight ended.

    An interrupted run left them. They are printed even if the block is refused.
    """
    try:
        yield
    finally:
        if session.recovered:
            console.note("What an earlier run had sent, without a known end, was looked up:")
            console.note(results.text(session.recovered, console.style))


def print_if_interrupted(console: Console, ready: ReadyRun) -> list[Result]:
    """Apply a run and return the results of its actions; if interrupted, print them first.

    The first Ctrl-C lets the writes in flight end, then raises `KeyboardInterrupt`.
    """
    ended: list[Result] = []
    try:
        with patient() as interruption:
            ready.session.stop_when(interruption.stopping)
            for result in ready.apply():
                ended.append(result)  # one by one, so that an error loses none before it
    except BaseException as error:
        if ended:
            console.tell(results.text(ended, console.style, ready.plan))
        if not isinstance(error, Stopped | KeyboardInterrupt):
            raise
        _say_interrupted(console, ready.session)
        raise KeyboardInterrupt from None
    return ended


_OLDER = "this plan was made before the last run, and counts what was there then: plan again"


def say_held(console: Console, verdict: Verdict, *, older: bool = False) -> None:
    """Print each guard that holds something back, and the option that allows it.

    `older`: the plan was made before the last run, so its counts are out of date.
    """
    for breach in verdict.breaches:
        said, allow = harmless(breach.text), harmless(breach.allow)
        help = _OLDER if older and breach.shrank else f"to let it through, plan again with {allow}"
        console.tell(f"! {said}\n  {help}\n")


def _is_older(session: RunSession, plan: Plan) -> bool:
    """Return whether a run of the plan's connection came after the plan was made."""
    last = session.past.latest(session.name) if session.past is not None else None
    return last is not None and parse_instant(last.as_of) > parse_instant(plan.as_of)


def say_sticking(console: Console, plan: Plan, memory: Memory) -> None:
    """Print the changes that the target undid after each of the last runs."""
    for line in plans.flapping(plan, memory):
        console.tell(f"! not sticking: {line}\n")


def _say_interrupted(console: Console, session: RunSession) -> None:
    if not find_interrupted(session.past):
        console.tell("nothing was being written\n")
        return
    folder = session.state.path
    where = "" if folder == Path(STATE) else f" --state {quoted(folder)}"
    text = (
        f"`oneway resume{where}` continues this plan; the next `oneway sync` looks up the "
        "writes in flight and plans again"
    )
    console.tell("\n".join(wrap(text, console.style)) + "\n")


def _approved(console: Console, plan: Plan, given: str | None) -> str:
    """Return the approved fingerprint, as given or asked for; raise `Refused` without approval."""
    own = fingerprint(plan)
    if given is None:
        short = own[:_SHORTEST]
        if not is_terminal():
            summary = "the plan is not approved, and there is no terminal to ask in"
            raise refusal("P116", plan.mapping, summary, f"review it, then give --approve {short}")
        number = count(len(plan.actions), "change")
        changes = f"{number} to {plan.inputs['target'].text} ({plans.split(plan.actions)})"
        if not Asking(console).yes(harmless(f"Apply {short}: {changes}?"), default=False):
            raise refusal("P116", plan.mapping, "the plan was not approved", "nothing was written")
        return own
    if len(given) >= _SHORTEST and own.startswith(given.lower()):
        return own
    summary = f"'{harmless(given)}' does not approve this plan, which is {own[:_SHORTEST]}"
    help = (
        "nothing was sent; give --approve as `oneway plan` printed it, once you have reviewed "
        "the plan that is in this file"
    )
    raise refusal("P106", plan.mapping, summary, help)
