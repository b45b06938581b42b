"""A value that depends on the day of the run may be written every day."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, daily, fields


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, expression, leaving in daily(subject):
        if expression.constant or leaving:
            continue
        summary = f"'{field.path}' depends on the day of the run and may be written every day"
        help = "compare dates of the data, or use `write: on_create`"
        yield LintFinding(expression.span, summary, help)


RULE = LintRule(
    code="M212",
    severity=Severity.WARNING,
    title="a field depends on the day of the run",
    advice="Compare dates of the data, or use `write: on_create`.",
    check=check,
    failing=fields("leaveDate: employmentDetails.leaverDetails.leaveDate || today()"),
    passing=fields(
        "leaveDate: {from: employmentDetails.leaverDetails.leaveDate || today(), write: on_create}"
    ),
)
