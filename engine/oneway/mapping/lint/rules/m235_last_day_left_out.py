"""A last day that is today, with which a record neither has left nor is due to leave."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.leaving import day_left_out
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    scheduled = subject.code.scheduled
    path = day_left_out(subject.code) if scheduled is not None else ""
    if scheduled is not None and path:
        summary = (
            f"if '{path}' is today, a record neither has `left` nor is `scheduled` to leave: on "
            "that day a leave that the source has withdrawn is not told, and then access ends"
        )
        yield LintFinding(
            scheduled.span, summary, f"write `is_present({path}) && !is_past({path})`"
        )


RULE = LintRule(
    code="M235",
    severity=Severity.WARNING,
    title="on their last day, a record neither has left nor is due to leave",
    advice="Let `scheduled` hold until the last day is over, or leave it out.",
    check=check,
    failing="""\
leavers:
  when: status == 'Former'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
  scheduled: is_future(leaveDate)
""",
    passing="""\
leavers:
  when: status == 'Former'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
  scheduled: is_present(leaveDate) && !is_past(leaveDate)
""",
)
