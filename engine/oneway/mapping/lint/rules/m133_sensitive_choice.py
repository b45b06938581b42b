"""A sensitive value decides which of a person's records counts, and would be shown."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    code = subject.code.one_per
    for expression in (code.current, code.latest_by) if code is not None else ():
        if expression is not None and expression.reads_any(subject.code.marked):
            summary = "a sensitive field would decide which record counts"
            yield LintFinding(expression.span, summary, "use a status and a date")


RULE = LintRule(
    code="M133",
    severity=Severity.ERROR,
    title="a sensitive field decides which of a person's records counts",
    advice="Use a status and a date.",
    check=check,
    failing="""\
source:
  connector: staffology
  resource: employees
  one_per: {person: employmentDetails.payrollCode, latest_by: bankDetails.accountNumber}
""",
    passing="""\
source:
  connector: staffology
  resource: employees
  one_per:
    person: employmentDetails.payrollCode
    latest_by: employmentDetails.leaverDetails.leaveDate
""",
)
