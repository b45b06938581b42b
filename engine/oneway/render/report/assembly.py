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


def page(past: PastRun) -> Page:
    """Return the report of a run. Pure."""
    found = report_actions(past)
    urgent, written, other = attention(past, found), done(found), informational(past, found)
    said = heading(past, found, urgent)
    now, how = stoppage(past), tone(past, found, urgent)
    # The present comes first: the page of a good run must not reassure if later runs failed.
    first, then = (now, f"{said}.") if now else (said, "")
    parts = (
        ReportPart("attention", "For you to look at", urgent),
        ReportPart("done", "What was done", written),
        ReportPart("informational", "Good to know", other),
    )
    of = day(past.run.start.started, past.run.start.zone)
    return Page(
        title=f"{text(connection(past))}, {of}: {first}",
        heading=first,
        lead=" ".join(filter(None, (then, lead(past), access(past)))),
        status=status(past, how),
        tone=how,
        facts=facts(past),
        figures=figures(past, found, (*urgent, *written, *other)),
        parts=tuple(part for part in parts if part.sections),
        chart=chart(past.earlier, past.run.id, sum(each.open for each in found)),
        foot=foot(past),
    )
