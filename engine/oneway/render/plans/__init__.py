"""Renders a plan and its verdict as text, as Markdown, as a page and as data.

`FORMATS` is what `oneway plan --format` offers: a new format is a module here and an entry there.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from oneway.history.memory import Memory
from oneway.planning.guards import Verdict
from oneway.planning.plan import Plan
from oneway.render.plans.as_data import as_json, as_json_text, remarks_as_json
from oneway.render.plans.as_html import page_text
from oneway.render.plans.as_markdown import markdown
from oneway.render.plans.as_text import text
from oneway.render.plans.content import (
    remark,
    split,
    sticking,
    still_in_line,
    still_in_title,
    who_left,
)
from oneway.render.style import Style

__all__ = [
    "FORMATS",
    "as_json",
    "markdown",
    "remark",
    "remarks_as_json",
    "split",
    "sticking",
    "still_in_line",
    "still_in_title",
    "text",
    "who_left",
]

Renderer: TypeAlias = Callable[[Plan, Verdict, Memory, Style, int | None], str]

FORMATS: Mapping[str, Renderer] = {
    "text": lambda plan, verdict, memory, style, limit: text(
        plan, verdict, style, memory, limit=limit
    ),
    "json": lambda plan, verdict, memory, *_: as_json_text(plan, verdict, memory),
    "markdown": lambda plan, verdict, memory, *_: markdown(plan, verdict, memory),
    "html": lambda plan, verdict, memory, *_: page_text(plan, verdict, memory),
}
"""How a plan is rendered in each format; only text depends on the style and the limit."""
