"""Renders one run as a self-contained HTML page.

    page        what is shown, as data
    assembly    the page of a run; the modules beside it each make a part
    document    the page as HTML, by the template `page.html.j2`

All text in a `Page` is harmless, and the template escapes it for HTML. It contains no sensitive
values, because neither plans nor journals do.
"""

from collections.abc import Callable

from oneway.core.diagnostics import Refused
from oneway.history.journal import Journal
from oneway.render.report.assembly import page
from oneway.render.report.document import html
from oneway.render.report.page import Page

__all__ = ["Page", "html", "page", "pages"]


def pages(journal: Journal) -> Callable[[int], str | None]:
    """Return a function that gives a run's page by its number, or None if nothing is stored."""
    from oneway.runs.past.past_run import load_past_run

    def found(number: int) -> str | None:
        run = journal.run(number)
        try:
            return None if run is None else html(page(load_past_run(journal, run)))
        except Refused:  # the stored data is damaged; the notice is sent without a page
            return None

    return found
