"""The first sync of a new or renewed connection: shows the plan, asks, applies."""

from contextlib import ExitStack
from pathlib import Path

import click

from oneway.applying.result import Result
from oneway.cli.apply import print_if_interrupted, printing_recovered
from oneway.cli.clock import now
from oneway.cli.console import Console, ProgressLine
from oneway.cli.exits import Exit
from oneway.cli.notices import delivering, starting
from oneway.cli.options import FOLDERS, state_of, user
from oneway.cli.printing import exit_of, introduce, print_plan, print_results
from oneway.cli.prompts import Asking
from oneway.connections.connection import Connection
from oneway.core.dataclass import dataclass
from oneway.core.phrases import count
from oneway.history.journal import Run, Why
from oneway.render import plans, results
from oneway.runs.notices import PendingRun
from oneway.runs.prepare.connection_request import request_for
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.ready import ReadyRun
from oneway.runs.session import Operator, RunSession
from oneway.runs.sync import open_sync


@dataclass(frozen=True, slots=True)
class FirstSync:
    """The plan, and how each of its actions ended."""

    draft: ReadyRun
    ended: tuple[Result, ...]
    run: Run

    @property
    def exit(self) -> Exit:
        """The exit of the command."""
        return exit_of(self.ended, self.draft.verdict, self.run)

    def as_data(self) -> dict[str, object]:
        """Return both as data, in the form of `oneway sync --format json`."""
        plan = plans.as_json(self.draft.plan, self.draft.verdict, self.draft.memory)
        return {"plan": plan, **results.as_json(self.ended, self.run.still_in)}


def first_sync(
    console: Console,
    asking: Asking | None,
    connection: Connection,
    state: Path,
    *,
    yes: bool,
    limit: int | None,
) -> FirstSync | None:
    """Plan, show the plan, ask, and apply; return None if the user declines.

    The connection remains saved either way.
    """
    with starting(console, PendingRun(connection.file), state):
        prepared = prepare_run(request_for(connection, now(), folders=FOLDERS))
    console.note("\nThe first sync: this is what would change. Nothing is written yet.")
    introduce(console, prepared)
    operator = Operator(user(), state_of(state), now, why=Why.CONNECT)
    line = ProgressLine()
    with ExitStack() as stack:
        stack.enter_context(delivering(console, connection, state))
        session = stack.enter_context(RunSession(prepared, operator))
        with printing_recovered(console, session), line.of(console):
            draft = stack.enter_context(open_sync(session, progress=line))
        _show(console, draft, limit=limit)
        if not _agreed(asking, draft, yes=yes):
            by_hand = f"oneway sync {connection.name}"
            console.tell(f"Nothing was written. The first sync is: {by_hand}\n")
            return None
        with line.of(console):
            ended = print_if_interrupted(console, draft)
        run = draft.run()
    console.out("\n")
    print_results(console, ended, draft.plan, run, limit=limit)
    return FirstSync(draft, tuple(ended), run)


def _show(console: Console, draft: ReadyRun, *, limit: int | None) -> None:
    console.report(draft.warnings)
    print_plan(console, draft.plan, draft.verdict, draft.memory, "text", limit=limit)


def _agreed(asking: Asking | None, draft: ReadyRun, *, yes: bool) -> bool:
    """Return whether to apply a plan; one that changes nothing needs no confirmation."""
    waiting = draft.verdict.blocked | set(draft.memory.postponed)
    sent = [action for action in draft.plan.actions if action.id not in waiting]
    changes = len(sent)
    if yes or not changes:
        return True
    if asking is None:
        return False
    asking.say()
    these = "this change" if changes == 1 else f"these {count(changes, 'change')}"
    try:
        return asking.yes(f"{plans.split(sent)}. Apply {these}?", default=False)
    except (KeyboardInterrupt, click.Abort):
        asking.console.tell("\n")
        return False
