"""Renders every subject for people and programs: pure functions to text, one module each.

    diagnostics    findings about files, as compilers print them
    plans          a plan and what the guards say of it: text, Markdown, JSON
    results        how an apply ended
    report         one run as an HTML page
    explanations   one person, step by step
    checks         the set-up of a mapping
    functions      the expression library

Everything that comes from a file or a system passes `harmless`; everything fits
`Style.width`; colour adds nothing that a marker or a word does not say too.
"""

from oneway.render.style import Ink, Style

__all__ = ["Ink", "Style"]
