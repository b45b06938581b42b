"""Renders one run as a self-contained HTML page.

    page        what is shown, as data
    assembly    the page of a run; the modules beside it each make a part
    document    the page as HTML, by the template `page.html.j2`

All text in a `Page` is harmless; the template escapes it once more, for HTML. Nothing
sensitive can be in it, for neither plans nor journals hold any.
"""

from oneway.render.report.assembly import page
from oneway.render.report.document import html
from oneway.render.report.page import Page

__all__ = ["Page", "html", "page"]
