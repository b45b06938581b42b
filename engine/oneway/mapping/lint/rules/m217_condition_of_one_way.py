"""A condition with the same result for every record that the record schema allows."""

from collections.abc import Iterator

from oneway.core.description import Resource
from oneway.core.diagnostics import Severity
from oneway.mapping.expressions import Expression
from oneway.mapping.lint.reach import answers
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    for what, expression, resource, either in _conditions(subject):
        found = answers(expression, resource, subject.spec)
        if found is None:
            continue
        if not found.holds:
            yield LintFinding(expression.span, f"this never holds, so {what}", _HELP)
        elif either and not found.fails:
            yield LintFinding(expression.span, "this holds for every record", _HELP)


_HELP = "correct it, or remove what depends on it"


def _conditions(
    subject: Subject,
) -> Iterator[tuple[str, Expression, Resource, bool]]:
    """Yield each condition, its effect if it never holds, and whether it must go both ways."""
    code, source, target = subject.code, subject.source, subject.target
    yield from (("no record is in scope", each, source, False) for each in code.only)
    yield from (("no record takes part", each, source, False) for each in code.rules)
    for field, compiled in subject.fields:
        if compiled.when is not None:
            yield f"'{field.path}' is never written", compiled.when, source, False
    if code.leaver is not None:
        yield "nobody leaves", code.leaver, source, True
    if code.left is not None:
        yield "no target record has left", code.left, target, True
    if code.scheduled is not None:
        yield "no target record is to leave", code.scheduled, target, True


RULE = LintRule(
    code="M217",
    severity=Severity.WARNING,
    title="a condition has the same answer for every record",
    advice="Correct the condition, or remove what depends on it.",
    check=check,
    failing="""\
leavers:
  when: status == 'Former' && status == 'Current'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
    passing="""\
leavers:
  when: status == 'Former'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
    waits=True,
)
