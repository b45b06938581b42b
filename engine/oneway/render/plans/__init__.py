"""Renders a plan and its verdict as text, as Markdown, as a page and as data.

`FORMATS` is what `oneway plan --format` offers: a new format is a module here and an entry there.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from oneway.core.lazy import lazily
from oneway.history.memory import Memory
from oneway.planning.breach import Verdict
from oneway.planning.plan import Plan
from oneway.render.access_list import still_in_line, still_in_title, who_left
from oneway.render.plan_changes import flapping, remark
from oneway.render.plan_content import split
from oneway.render.plans.as_text import text
from oneway.render.style import Style

if TYPE_CHECKING:
    from oneway.render.plans.as_data import as_json, remarks_as_json
    from oneway.render.plans.as_markdown import markdown

__all__ = [
    "FORMATS",
    "as_json",
    "flapping",
    "markdown",
    "remark",
    "remarks_as_json",
    "split",
    "still_in_line",
    "still_in_title",
    "text",
    "who_left",
]

__getattr__ = lazily(
    __name__, {"as_data": ("as_json", "remarks_as_json"), "as_markdown": ("markdown",)}
)

Renderer: TypeAlias = Callable[[Plan, Verdict, Memory, Style, int | None], str]


def _as_json(plan: Plan, verdict: Verdict, memory: Memory, *_: object) -> str:
    from oneway.render.plans.as_data import as_json_text

    return as_json_text(plan, verdict, memory)


def _as_markdown(plan: Plan, verdict: Verdict, memory: Memory, *_: object) -> str:
    from oneway.render.plans.as_markdown import markdown

    return markdown(plan, verdict, memory)


def _as_html(plan: Plan, verdict: Verdict, memory: Memory, *_: object) -> str:
    from oneway.render.plans.as_html import page_text

    return page_text(plan, verdict, memory)


FORMATS: Mapping[str, Renderer] = {
    "text": lambda plan, verdict, memory, style, limit: text(
        plan, verdict, style, memory, limit=limit
    ),
    "json": _as_json,
    "markdown": _as_markdown,
    "html": _as_html,
}
"""The renderer of each format; only text depends on the style and the limit."""
