"""Output that several commands share."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from oneway.cli.console import Console
from oneway.cli.exits import Exit, worst
from oneway.cli.quoting import quoted
from oneway.core.description import Assumption
from oneway.core.diagnostics import Diagnostic, Refused, Severity
from oneway.core.outputs import ERROR, OUT, lost
from oneway.core.phrases import count
from oneway.history.journal import Run
from oneway.history.memory import Memory
from oneway.planning.breach import Verdict
from oneway.planning.endings import Ending
from oneway.planning.plan import Plan
from oneway.render import plans
from oneway.render.sanitize import harmless
from oneway.runs.prepare.prepared import PreparedRun

if TYPE_CHECKING:
    from oneway.applying.result import Result

_FAILED = frozenset(set(Ending) - {Ending.DONE, Ending.HELD})


def introduce(console: Console, prepared: PreparedRun) -> None:
    """Print the notes before a run: who is not notified, warnings, assumptions about systems."""
    note_unnotified(console, prepared)
    note_warnings(console, prepared)
    for name, found in assumed(prepared).items():
        console.note(
            f"note: {count(len(found), 'thing')} about {harmless(name)} could not be confirmed: "
            f"oneway check {quoted(prepared.request.name)}"
        )


def note_unnotified(console: Console, prepared: PreparedRun) -> None:
    """Print the mistakes in the connection's `notify`: the run goes on with its other channels."""
    connection = prepared.request.connection
    found = connection.mistakes if connection is not None else ()
    console.report([replace(each, severity=Severity.WARNING) for each in found])


def note_warnings(console: Console, prepared: PreparedRun) -> None:
    """Print how many warnings there are about the mapping, and the command that shows them.

    Names fields that look sensitive and whose values are about to be shown and stored.
    """
    mapping = prepared.request.mapping
    warnings = len(prepared.compiled.warnings)
    for each in prepared.compiled.warnings:
        if each.code == "M221":
            console.note(f"note: {each.span}: {harmless(each.summary)}: {each.help} [M221]")
    if warnings:
        console.note(
            f"note: {count(warnings, 'warning')} on the mapping: oneway validate {quoted(mapping)}"
        )


def assumed(prepared: PreparedRun) -> dict[str, Sequence[Assumption]]:
    """Return the assumptions about each connector in use."""
    used = {each.connector for each in prepared.inputs.values()}
    return {
        description.title: description.assumptions
        for name, description in prepared.catalogue.items()
        if name in used and description.assumptions
    }


def refuse_errors(console: Console, found: Sequence[Diagnostic]) -> None:
    """Print findings; raise `Refused` with all of them if any is an error."""
    if any(each.severity is Severity.ERROR for each in found):
        raise Refused(found)
    console.report(found)


def print_plan(
    console: Console,
    plan: Plan,
    verdict: Verdict,
    memory: Memory,
    format: str,
    *,
    limit: int | None,
) -> None:
    """Print a plan in one of its formats."""
    console.out(plans.FORMATS[format](plan, verdict, memory, console.style, limit))


def print_results(
    console: Console, ended: Sequence["Result"], plan: Plan, run: Run, *, limit: int | None
) -> None:
    """Print leavers who can still get in, then the results of an apply."""
    from oneway.render import results

    console.out(results.text(ended, console.style, plan, run.still_in, limit=limit))
    if ERROR in lost():
        console.out(_LOST.format(ERROR, run.id))
    say_lost(console, run)


def say_lost(console: Console, run: Run) -> None:
    """Print to standard error that the results of a run could not be printed."""
    if OUT in lost():
        console.tell(_LOST.format(OUT, run.id))


_LOST = """\
! {} could not be written to its end: its reader is gone, or its disk is full
  the run went on all the same: oneway runs show {}
"""


def exit_of(ended: Sequence["Result"], verdict: Verdict, run: Run) -> Exit:
    """Return the exit of an apply: never `done` while a leaver can still get in."""
    endings = {each.ending for each in ended}
    held = verdict.fired or Ending.HELD in endings
    return worst(
        Exit.BLOCKED if held else Exit.DONE,
        Exit.FAILED if endings & _FAILED or run.still_in else Exit.DONE,
    )
