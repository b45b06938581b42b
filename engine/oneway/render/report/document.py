"""Renders a page as one HTML document, with a template that escapes everything."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from oneway.render.report.page import Page

SHOWN = 12
"""How many rows of a table are shown; the others open on a click, and in print."""


def html(page: Page) -> str:
    """Return a page as HTML, without scripts or external resources."""
    return _template().render(page=page, shown=SHOWN) + "\n"


@cache
def _template() -> Template:
    made = Environment(
        loader=PackageLoader("oneway.render.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("page.html.j2")
