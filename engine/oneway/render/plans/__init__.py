"""Renders a plan and its verdict as text, as Markdown and as data."""

from oneway.render.plans.as_data import as_json
from oneway.render.plans.as_markdown import markdown
from oneway.render.plans.as_text import text
from oneway.render.plans.content import STILL_IN, sticking, still_in_line

__all__ = ["STILL_IN", "as_json", "markdown", "sticking", "still_in_line", "text"]
