"""What a mapping leaves open: to be known before anybody approves a plan that it makes."""

from collections.abc import Iterable, Iterator

from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.mapping.lint import LEAVERLESS, UNANSWERED
from oneway.mapping.spec import MappingSpec
from oneway.planning.plan import Plan, Reason

_BEFORE = "answer it in the mapping, or strike it out of `questions`; nothing is applied before"


def left_open(spec: MappingSpec) -> Iterator[Diagnostic]:
    """Yield a warning for each open question of a mapping, and for one that lets nobody leave."""
    yield from _leaverless(spec)
    for each in spec.unanswered:
        summary = f"a question is open: {each.about}: {each.text}"
        yield Diagnostic(each.span, Severity.WARNING, UNANSWERED, summary, _BEFORE)


def _leaverless(spec: MappingSpec) -> Iterator[Diagnostic]:
    """Yield a warning for a mapping that gives people access and never takes it away."""
    if spec.leavers is not None or not spec.joiners.create:
        return
    place = Span(spec.file)
    if any(entry.covers(LEAVERLESS, place) for entry in spec.lint):
        return
    help = "say under `leavers` who has left and what is written then (docs/language.md)"
    summary = "no leavers are defined: nobody loses access"
    yield Diagnostic(place, Severity.WARNING, LEAVERLESS, summary, help)


def remarks_on(spec: MappingSpec) -> tuple[Reason, ...]:
    """Return what a mapping leaves open, as a plan holds it."""
    return tuple(
        Reason(each.code, each.summary, each.span if each.span.line else None, warning=True)
        for each in left_open(spec)
    )


def refuse_open_questions(spec: MappingSpec) -> None:
    """Raise `Refused` with each open question of a mapping, which must not write until then."""
    _refuse((each.span, each.about, each.text) for each in spec.unanswered)


def refuse_open_plan(plan: Plan) -> None:
    """Raise `Refused` for a plan whose mapping had open questions when it was made."""
    _refuse(
        (each.place or Span(plan.mapping_file), "", each.text)
        for each in plan.remarks
        if each.code == UNANSWERED
    )


def _refuse(found: Iterable[tuple[Span, str, str]]) -> None:
    errors = [
        Diagnostic(place, Severity.ERROR, "P118", _question(about, text), _BEFORE)
        for place, about, text in found
    ]
    if errors:
        raise Refused(errors)


def _question(about: str, text: str) -> str:
    return f"a question is open: {about}: {text}" if about else text
