"""The sections on problems of a run, of its connection since, and of its notices."""

from collections.abc import Sequence

from oneway.core.diagnostics import Diagnostic
from oneway.history.journal.rows import RunState
from oneway.notices.remedies import remedy_of
from oneway.notices.remedies_of_codes import DIED
from oneway.render import remedies
from oneway.render.report.page import (
    Cell,
    ReportSection,
    ReportTable,
    ReportText,
    Tone,
)
from oneway.render.report.phrases import moment, text
from oneway.runs.past.past_run import PastRun
from oneway.runs.past.without_connection import sync_arguments_of_run


def stopped_since(past: PastRun) -> ReportSection | None:
    """Return what has stopped the connection since this run, with the steps and the files."""
    found = past.stoppage
    if found is None:
        return None
    since = f", since {moment(found.since, past.run.start.zone)}" if found.since else ""
    about = (
        "This page shows an earlier run. The problem below keeps the connection from "
        f"running{since}."
    )
    rows = tuple(
        (*_row(past, each), ReportText(tuple(map(text, found.files.get(each, ())))))
        for each in found.about
    )
    title = "What has stopped the connection"
    columns = ("What is wrong", _TO_DO, "Where")
    return ReportTable(title, columns, rows).section("standing", Tone.TROUBLE, about)


def run_problems(past: PastRun) -> ReportSection | None:
    """Return what stopped the run, and who does what about it."""
    about = "Nothing was written after this. What is left waits for a run that finishes."
    table = _mistakes(past, "Why the run was stopped", past.run.problems)
    return table.section("problems", Tone.TROUBLE, about)


def unnotified(past: PastRun) -> ReportSection | None:
    """Return the mistakes because of which notices may not arrive."""
    about = "The connection runs. Channels with a mistake are sent nothing until it is corrected."
    table = _mistakes(past, "Who may not be notified", past.unnotified)
    return table.section("unnotified", Tone.CAUTION, about)


def interrupted(past: PastRun) -> ReportSection | None:
    """Return the advice on a run that died, until another run has looked up its writes."""
    if past.run.state is not RunState.INTERRUPTED or past.run.ended is not None:
        return None
    about = "What it had written stays. Nothing was written after this."
    rows = (_row(past, DIED),)
    title = "The run was interrupted"
    return ReportTable(title, ("What is wrong", _TO_DO), rows).section(
        "interrupted", Tone.TROUBLE, about
    )


def _mistakes(past: PastRun, caption: str, found: Sequence[Diagnostic]) -> ReportTable:
    connection = past.run.start.connection
    mapping = sync_arguments_of_run(past.run, past.plan, past.given)
    rows = tuple(
        (
            ReportText((text(each.summary),), text(each.code)),
            ReportText(_remedy(each, connection, mapping)),
            ReportText((text(str(each.span)),)),
        )
        for each in found
    )
    return ReportTable(caption, ("What is wrong", "What to do", "Where"), rows)


def _row(past: PastRun, name: str) -> tuple[Cell, Cell]:
    """Return the cells for a code or guard: what it means, and who does what about it."""
    connection = past.run.start.connection
    mapping = sync_arguments_of_run(past.run, past.plan, past.given)
    known = remedy_of(name)
    what = ReportText((text(known.title), text(known.looks)), "" if name == DIED else text(name))
    steps = remedies.for_code(name, connection, _system(past, name), mapping)
    return what, ReportText((text(steps),))


def _remedy(problem: Diagnostic, connection: str, mapping: str) -> tuple[str, ...]:
    who = remedy_of(problem.code, problem.span.file).by
    return (f"For {who}:", *map(text, remedies.steps_for(problem, connection, mapping)))


def _system(past: PastRun, name: str) -> str:
    """Return the system that a code or guard is about, in words, or "" if unknown."""
    if name.startswith("R") and name not in _OF_TARGET:
        source = past.plan.inputs.get("source") if past.plan is not None else None
        return f"the source ({source.text})" if source is not None and name in _OF_SOURCE else ""
    return f"the target ({past.target})" if past.target else ""


_OF_SOURCE, _OF_TARGET = frozenset({"R160", "R161"}), frozenset({"R162"})

_TO_DO = "What to do"
