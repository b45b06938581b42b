"""A sensitive value decides which of a person's records counts, and would be shown."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.paths import path_of
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    code = subject.code.one_per
    for expression in (code.current, code.latest_by) if code is not None else ():
        if expression is not None and expression.reads_any(subject.code.marked):
            summary = "a sensitive field would decide which record counts"
            yield LintFinding(expression.span, summary, "use a status and a date")
    absent = subject.code.absent_when
    secret = frozenset(
        path_of(path) for path, each in subject.target.fields.items() if each.sensitive
    ) | {rule.keys for rule in subject.code.policy.fields if rule.sensitive}
    if absent is not None and absent.reads_any(secret):
        summary = "a sensitive field would decide whose absence counts"
        yield LintFinding(absent.span, summary, "use another field to say whose absence counts")


RULE = LintRule(
    code="M133",
    severity=Severity.ERROR,
    title="a sensitive field decides which record of a person counts, or whose absence does",
    advice="Use another field.",
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
