"""Finds what a mapping leaves open: who has left, and unanswered questions."""

from collections.abc import Iterator

from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.mapping.spec import MappingSpec

LEAVERLESS = "M254"
"""The warning that nobody loses access."""
UNANSWERED = "M255"
"""The warning that a question about the mapping is open."""
BEFORE = "answer it in the mapping, or strike it out of `questions`; nothing is applied before"
"""What to do about an open question."""


def left_open(spec: MappingSpec) -> Iterator[Diagnostic]:
    """Yield a warning for each open question of a mapping, and for one that lets nobody leave."""
    yield from _leaverless(spec)
    for each in spec.unanswered:
        summary = f"a question is open: {each.about}: {each.text}"
        yield Diagnostic(each.span, Severity.WARNING, UNANSWERED, summary, BEFORE)


def _leaverless(spec: MappingSpec) -> Iterator[Diagnostic]:
    """Yield a warning for a mapping that gives people access and never takes it away."""
    if spec.leavers is not None or not spec.joiners.create:
        return
    place = Span(spec.file)
    if any(entry.covers(LEAVERLESS, place) for entry in spec.lint):
        return
    help = "say under `leavers` who has left and what is written then: `oneway docs language`"
    summary = "no leavers are defined: nobody loses access"
    yield Diagnostic(place, Severity.WARNING, LEAVERLESS, summary, help)
