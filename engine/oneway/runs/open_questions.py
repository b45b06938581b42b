"""The open questions of a mapping: shown with a plan, which is not applied while one is open."""

from collections.abc import Iterable

from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.mapping.open_questions import BEFORE, UNANSWERED, left_open
from oneway.mapping.spec import MappingSpec
from oneway.planning.plan import Plan, Reason


def remarks_on(spec: MappingSpec) -> tuple[Reason, ...]:
    """Return the open questions of a mapping, as remarks for a plan."""
    return tuple(
        Reason(each.code, each.summary, each.span if each.span.line else None, warning=True)
        for each in left_open(spec)
    )


def refuse_open_questions(spec: MappingSpec) -> None:
    """Raise `Refused` with each open question of a mapping, which may not write before."""
    _refuse((each.span, each.about, each.text) for each in spec.unanswered)


def is_open(plan: Plan) -> bool:
    """Return whether a question about a plan's mapping was open when it was made."""
    return any(each.code == UNANSWERED for each in plan.remarks)


def refuse_open_plan(plan: Plan) -> None:
    """Raise `Refused` for a plan whose mapping had open questions when it was made."""
    _refuse(
        (each.place or Span(plan.mapping_file), "", each.text)
        for each in plan.remarks
        if each.code == UNANSWERED
    )


def _refuse(found: Iterable[tuple[Span, str, str]]) -> None:
    errors = [
        Diagnostic(place, Severity.ERROR, "P118", _question(about, text), BEFORE)
        for place, about, text in found
    ]
    if errors:
        raise Refused(errors)


def _question(about: str, text: str) -> str:
    return f"a question is open: {about}: {text}" if about else text
