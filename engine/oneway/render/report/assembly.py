"""Assembles a report from its sections."""

from oneway.render.report.actions import report_actions
from oneway.render.report.attention import attention
from oneway.render.report.chart import chart
from oneway.render.report.done import done
from oneway.render.report.informational import informational
from oneway.render.report.page import Page, ReportPart
from oneway.render.report.phrases import day, text
from oneway.render.report.summary import (
    access,
    connection,
    facts,
    figures,
    foot,
    heading,
    lead,
    status,
    stoppage,
    tone,
)
from oneway.runs.past.past_run import PastRun


def page(told: PastRun) -> Page:
    """Return what the report of a run shows; a pure function."""
    found = report_actions(told)
    urgent, written, other = attention(told, found), done(found), informational(told, found)
    said = heading(told, found, urgent)
    now, how = stoppage(told), tone(told, found, urgent)
    # The present comes first: the page of a good run must not reassure if later runs fail.
    first, then = (now, f"{said}.") if now else (said, "")
    parts = (
        ReportPart("attention", "For you to look at", urgent),
        ReportPart("done", "What was done", written),
        ReportPart("informational", "Good to know", other),
    )
    of = day(told.run.start.started, told.run.start.zone)
    return Page(
        title=f"{text(connection(told))}, {of}: {first}",
        heading=first,
        lead=" ".join(filter(None, (then, lead(told), access(told)))),
        status=status(told, how),
        tone=how,
        facts=facts(told),
        figures=figures(told, found, (*urgent, *written, *other)),
        parts=tuple(part for part in parts if part.sections),
        chart=chart(told.earlier, told.run.id, sum(each.open for each in found)),
        foot=foot(told),
    )
