"""A value that changes every day is written every day."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, daily, fields


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, expression, leaving in daily(subject):
        if not (expression.constant or leaving):
            continue
        help = "use `write: on_create` or `if_empty`"
        if leaving and subject.code.left is None:
            help = "say under `leavers.left` how a record shows that it has left"
        elif leaving:
            help = (
                "leave out `write: overwrite`: the day of the night on which they leave then stays"
            )
        summary = f"'{field.path}' takes another value every day, and is written every day"
        yield LintFinding(expression.span, summary, help)


RULE = LintRule(
    code="M124",
    severity=Severity.ERROR,
    title="a field gets another value every day",
    advice="Use `write: on_create`, or compare dates of the data.",
    check=check,
    failing=fields("leaveDate: today()"),
    passing=fields("leaveDate: {from: today(), write: on_create}"),
)
