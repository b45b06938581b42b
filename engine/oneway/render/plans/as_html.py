"""Renders a plan as one HTML page, for those who approve it."""

from oneway.history.memory import Memory
from oneway.planning.breach import Verdict
from oneway.planning.plan import Plan


def page_text(plan: Plan, verdict: Verdict, memory: Memory) -> str:
    """Return a plan as HTML in ASCII, which every output encoding can represent."""
    # Imported here because the template library is slow to import.
    from oneway.render.report.document import html
    from oneway.render.report.planned import planned_page

    page = html(planned_page(plan, verdict, memory))
    return page.encode("ascii", "xmlcharrefreplace").decode("ascii")
