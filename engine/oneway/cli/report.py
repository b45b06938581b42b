"""`oneway report`."""

import sys
from os.path import isfile
from pathlib import Path

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled, remembering, state_of, user
from oneway.cli.quoting import quoted
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.core.instants import instant_text
from oneway.state import STATE
from oneway.state.files import save
from oneway.state.folder import StateFolder


@click.command("report")
@click.argument("run")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the page to this file, readable by its owner only; replaces an existing file.",
)
@remembering
@consoled
def command(*, console: Console, run: str, out: Path | None, state: Path) -> Exit:
    """Write a page about one run or one saved plan, for people.

    It shows who was created, changed or left, who was not, and why. RUN is a run's number,
    `latest`, a connection or mapping for its last run (its name or file), or the file of a plan
    for what it would do. The page is one HTML file without script, which fetches nothing: it can
    be mailed and printed. It names people, as a staff list does; sensitive values are not on it.

    \b
    Example:
      oneway report acme --out report.html
      oneway report plan.json --out plan.html
      oneway report 71 > report.html
    """
    if out is None and sys.stdout.isatty():
        raise click.UsageError("A terminal cannot show the page: name a file with --out.")
    if isfile(run) and not run.endswith((".yaml", ".yml")):
        text = _page_of_plan(state_of(state), run)
    else:
        text = _page(state_of(state, make=False), run)
    if out is None:
        # With character references, every output encoding can represent the page.
        console.out(text.encode("ascii", "xmlcharrefreplace").decode("ascii"))
    else:
        save(out, text.encode(), "the report", "F122")
        console.note(f"The report is in {quoted(out)}.")
    return Exit.DONE


def _page(state: StateFolder, name: str) -> str:
    # Imported here because the template and store libraries are slow to import.
    from oneway.notices.sent_alarms import SentAlarms
    from oneway.render.report import html, page
    from oneway.runs.past.find_run import journal_to_read, run_named
    from oneway.runs.past.past_run import load_past_run

    options = "" if state.path == Path(STATE) else f"--state {quoted(state.path)}"
    with journal_to_read(state) as journal:
        alarms = {code: instant_text(at) for code, at in SentAlarms(state.path).all().items()}
        run = run_named(journal, name)
        unnotified = _unnotified(run.start.connection)
        found = load_past_run(journal, run, options, alarms, unnotified)
    return html(page(found))


def _unnotified(connection: str) -> tuple[Diagnostic, ...]:
    """Return the mistakes in the `notify` of a connection's file, if it has a file that runs."""
    from oneway.connections.folder import connection_at, path_of

    try:
        return connection_at(path_of(connection)).mistakes
    except Refused:
        return ()


def _page_of_plan(folder: StateFolder, file: str) -> str:
    """Return the page of a saved plan, without reading a system.

    Raises `Refused` for any other file, or if the plan cannot be applied because its mapping has
    changed.
    """
    from oneway.connections.environment import from_environment
    from oneway.planning.plan_file import MAX_SIZE, load
    from oneway.render.plans.as_html import page_text
    from oneway.runs.judge import judge_plan, load_memory
    from oneway.runs.prepare.compilation import read_file
    from oneway.runs.prepare.request import RunRequest
    from oneway.runs.reopen import reopen_plan
    from oneway.runs.session import Operator, RunSession

    plan = load(read_file(file, MAX_SIZE + 1), file)
    request = RunRequest(plan.mapping_file, now(), from_environment, folders=FOLDERS)
    operator = Operator(user(), folder, now)
    with RunSession(reopen_plan(plan, request), operator, looks=True) as session:
        memory = load_memory(session, plan)
        return page_text(plan, judge_plan(session, plan, memory), memory)
