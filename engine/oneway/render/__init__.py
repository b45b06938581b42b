"""Renders every subject for people and programs: pure functions to text, one module each.

    diagnostics    findings about files, as compilers print them
    plans          a plan and the verdict of guards: text, Markdown, JSON, HTML
    results        how an apply ended
    report         one run as an HTML page
    explanations   one person, step by step
    checks         the set-up of a mapping
    functions      the expression library

Everything from a file or a system passes through `harmless`. Everything fits `Style.width`. Colour
only repeats what a marker or a word says.
"""

from oneway.render.style import Ink, Style

__all__ = ["Ink", "Style"]
